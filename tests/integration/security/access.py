"""Who may call what: the allow-list that the whole application is compared with, route by route.

Every route is called by everyone about an object of the household `home`. Whoever is in `may` gets through;
whoever is in `hidden` is told 404, because the object is not theirs; all others are refused at the door.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from services.kit.ids import new_id

if TYPE_CHECKING:
    from tests.integration.security.conftest import Town

HOUSEHOLDS = frozenset({"resident", "neighbour", "resident_abroad"})
CALLERS = HOUSEHOLDS | {
    "anyone", "caretaker", "staff", "staff_abroad", "operator", "operator_abroad", "platform",
}  # fmt: skip
STAFF = frozenset({"staff", "staff_abroad"})
OPERATORS = frozenset({"operator", "operator_abroad", "platform"})
TEAM = STAFF | {"caretaker"}
ABROAD = frozenset({"resident_abroad", "staff_abroad", "operator_abroad"})
NOT_THEIRS = ABROAD | {"neighbour"}
CURVE = frozenset({"resident", "operator", "platform"})

Fill = Callable[["Town", str], dict[str, Any]]
"""(town, caller) to a body, a form or a query."""


@dataclass(frozen=True)
class Access:
    may: frozenset[str]
    hidden: frozenset[str] = frozenset()
    body: Fill | None = None
    """JSON of the API; form of a page."""
    query: dict[str, str] = field(default_factory=dict)
    is_shut: bool = False
    """The address itself is a secret and the test's is wrong: 404 whoever calls."""


def only(*roles: frozenset[str] | str, hidden: frozenset[str] = frozenset(), **more: Any) -> Access:
    """`may` is the union of `roles`, less those to whom the object is another's."""
    may = frozenset[str]().union(*(role if isinstance(role, frozenset) else {role} for role in roles))
    return Access(may - hidden, hidden, **more)


def theirs(*roles: frozenset[str] | str, **more: Any) -> Access:
    """Of one household: those roles, but 404 for neighbours and other cooperatives."""
    found = only(*roles, **more)
    return Access(found.may - NOT_THEIRS, found.may & NOT_THEIRS, found.body, found.query)


def of_coop(*roles: frozenset[str] | str, **more: Any) -> Access:
    """Of one cooperative: those roles, but 404 for other cooperatives."""
    found = only(*roles, **more)
    return Access(found.may - ABROAD, found.may & ABROAD, found.body, found.query)


SHUT = Access(frozenset(), CALLERS, is_shut=True)
EVERYBODY = Access(CALLERS)
SIGNED_IN = only(HOUSEHOLDS, TEAM, OPERATORS)


def form(**fields: str) -> Fill:
    return lambda town, caller: dict(fields)


def _commons(town: Town) -> dict[str, str]:
    return town.things[town.home.coop]


def _dwelling(town: Town) -> dict[str, Any]:
    return {
        "coop": town.home.coop, "ref": new_id("ref"), "residence": "Les Aulnes", "floor_area_m2": 50,
        "heating": "electric", "postcode": "69100",
    }  # fmt: skip


def _move_in(town: Town, caller: str) -> dict[str, Any]:
    holder = {"name": "Foyer 9", "email": "foyer9@foyer.test", "right": "holder"}
    return {
        "coop": town.home.coop, "dwelling": _dwelling(town), "household": [holder], "tenure": "tenant",
        "moved_in_on": "2026-03-01",
    }  # fmt: skip


def _consent(town: Town, caller: str) -> dict[str, Any]:
    paper = (
        {"channel": "paper", "witness": "Accueil 3"} if caller.startswith("staff") else {"channel": "self"}
    )
    return {"granted": True, "by": town.home.person, "text_version": "2026-01", **paper}


def _ticket(town: Town, caller: str) -> dict[str, Any]:
    words = {"place": "kitchen", "element": "tap", "symptom": "leak", "description": "Ça goutte"}
    return {"occupancy": town.home.occupancy, **words}


def _edit(town: Town) -> dict[str, Any]:
    return {"day": "2026-02-01", "from_slot": 2, "to_slot": 3, "kind": "confirm", "why": "Vu sur place"}


def _window(town: Town, caller: str) -> dict[str, Any]:
    return {"starts_at": "2099-02-02T08:00:00Z", "ends_at": "2099-02-02T10:00:00Z"}


def _hours(town: Town, caller: str) -> dict[str, Any]:
    return {"host": "plumbing", "weekday": 1, "starts": "08:00", "ends": "10:00"}


def _person(town: Town, caller: str) -> dict[str, Any]:
    return {"name": "Foyer 9", "email": "foyer9@foyer.test"}


def _term(town: Town, caller: str) -> dict[str, Any]:
    return {
        "code": "acoustique", "tenure": "brs", "applies": True, "basis": "Acte", "valid_from": "2026-01-01",
    }  # fmt: skip


def _equipment(town: Town, caller: str) -> dict[str, Any]:
    return {"element": "shutter", "installed_on": "2026-02-01"}


API: dict[str, Access] = {
    # cooperatives, homes, devices
    "POST /coops": only("platform", body=lambda t, c: {"slug": f"c{new_id('x')[-12:]}", "name": "Neuve"}),
    "POST /coops/{slug}/clock": of_coop(OPERATORS, body=lambda t, c: {"now": "2026-03-01T00:00:00Z"}),
    "DELETE /coops/{slug}": Access(frozenset({"platform"}), OPERATORS - {"platform"}),
    "POST /buildings": of_coop(
        STAFF,
        OPERATORS,
        body=lambda t, c: {"coop": t.home.coop, "ref": new_id("bld"), "residence": "Les Aulnes"},
    ),
    "GET /residences": only(STAFF),
    "PUT /residences": only(
        STAFF, body=lambda t, c: {"residence": "Les Aulnes", "street": "1 rue de l’Exemple"}
    ),
    "POST /dwellings": of_coop(STAFF, OPERATORS, body=lambda t, c: _dwelling(t)),
    "POST /move-ins": of_coop(STAFF, OPERATORS, body=_move_in),
    "POST /move-outs": of_coop(
        STAFF,
        OPERATORS,
        body=lambda t, c: {"occupancy": t.home.occupancy, "moved_out_on": "2026-12-31"},
    ),
    "GET /occupancies/{occupancy}": theirs(HOUSEHOLDS, STAFF, OPERATORS),
    "PUT /occupancies/{occupancy}/residents/{person}": of_coop(
        STAFF, OPERATORS, body=lambda t, c: {"right": "holder"}
    ),
    "PUT /occupancies/{occupancy}/consents/{purpose}": theirs(HOUSEHOLDS, STAFF, body=_consent),
    "POST /gateways": of_coop(STAFF, OPERATORS, body=lambda t, c: {"coop": t.home.coop, "codec": "zlinky"}),
    "PUT /gateways/{gateway}/channels": of_coop(
        STAFF, OPERATORS, body=lambda t, c: {"channels": {"a": t.home.meter}}
    ),
    "POST /gateways/{gateway}/credential": of_coop(STAFF, OPERATORS),
    "DELETE /gateways/{gateway}/credential": of_coop(STAFF, OPERATORS),
    "PUT /meters/{meter}/contract": of_coop(
        STAFF, OPERATORS, body=lambda t, c: {"valid_from": "2026-02-01", "tariff": "base"}
    ),
    "POST /meters": of_coop(
        STAFF,
        OPERATORS,
        body=lambda t, c: {"coop": t.home.coop, "dwelling": t.home.dwelling, "fluid": "water"},
    ),
    "POST /meters/{meter}/exchange": of_coop(STAFF, OPERATORS, body=lambda t, c: {"on": "2026-02-02"}),
    "GET /meters/{meter}/exchanges": of_coop(STAFF, OPERATORS),
    "POST /exchanges/{exchange}/actions": of_coop(
        STAFF, OPERATORS, body=lambda t, c: {"action": "undo", "why": "Erreur de saisie"}
    ),
    "POST /meters/{meter}/credential": of_coop(STAFF, OPERATORS),
    "DELETE /meters/{meter}/credential": of_coop(STAFF, OPERATORS),
    # persons
    "GET /persons/{person}": theirs(HOUSEHOLDS, STAFF, OPERATORS),
    "PUT /persons/{person}": theirs(HOUSEHOLDS, STAFF, OPERATORS, body=_person),
    "POST /persons/{person}/exports": theirs(HOUSEHOLDS, STAFF, OPERATORS),
    "DELETE /persons/{person}/data": theirs(HOUSEHOLDS, STAFF, OPERATORS),
    # consumption: staff are let in to be told 404
    "GET /meters/{meter}/days": Access(
        CURVE, NOT_THEIRS | STAFF, query={"from": "2026-02-01", "to": "2026-02-01"}
    ),
    "GET /meters/{meter}/curve": Access(CURVE, NOT_THEIRS | STAFF, query={"day": "2026-02-01"}),
    "POST /meters/{meter}/edits": Access(
        OPERATORS - ABROAD, (OPERATORS & ABROAD) | TEAM, lambda t, c: _edit(t)
    ),
    "GET /meters/{meter}/edits": Access(CURVE, NOT_THEIRS | TEAM),
    "POST /edits/{edit}/actions": Access(
        OPERATORS - ABROAD,
        (OPERATORS & ABROAD) | TEAM,
        lambda t, c: {"action": "undo", "why": "Erreur de saisie"},
    ),
    "POST /meters/{meter}/imports": theirs(HOUSEHOLDS, OPERATORS, body=lambda t, c: {"value": 1}),
    "GET /meters/{meter}/imports": theirs(HOUSEHOLDS, OPERATORS),
    "GET /imports/{file_import}": theirs(HOUSEHOLDS, OPERATORS),
    "POST /imports/{file_import}/actions": theirs(
        HOUSEHOLDS, OPERATORS, body=lambda t, c: {"action": "undo"}
    ),
    "GET /occupancies/{occupancy}/data-uses": theirs(HOUSEHOLDS),
    "GET /operations/overview": only(OPERATORS),
    "GET /operations/rejected": only(OPERATORS),
    "POST /operations/rejected/actions": only(
        OPERATORS, body=lambda t, c: {"action": "retry", "reason": "not_json"}
    ),
    "GET /operations/rejected/{id}": of_coop(OPERATORS),
    "POST /operations/rejected/{id}/retry": of_coop(OPERATORS),
    "POST /operations/rejected/{id}/discard": of_coop(OPERATORS),
    # advice: operators read simulated homes' tips only, and this cooperative is real
    "GET /occupancies/{occupancy}/tips": Access(frozenset({"resident"}), OPERATORS | NOT_THEIRS - STAFF),
    "POST /tips/{tip}/feedback": theirs(HOUSEHOLDS, body=lambda t, c: {"answer": "done"}),
    # feeds and replays
    "POST /feeds": only(OPERATORS, body=lambda t, c: {"value": 1}),
    "GET /feeds": only(OPERATORS),
    "GET /feeds/{feed}": of_coop(OPERATORS),
    "DELETE /feeds/{feed}": of_coop(OPERATORS),
    "POST /recordings": of_coop(OPERATORS, body=lambda t, c: {"coop": t.home.coop}),
    "POST /recordings/{recording}/stop": of_coop(OPERATORS),
    "POST /replays": of_coop(OPERATORS, body=lambda t, c: {"feed": _commons(t)["feed"], "speed": "max"}),
    "GET /replays": only(OPERATORS),
    "GET /replays/{replay}": of_coop(OPERATORS),
    "POST /replays/{replay}/actions": of_coop(OPERATORS, body=lambda t, c: {"action": "resume"}),
    # requests
    "GET /taxonomy": SIGNED_IN,
    "GET /responsibility-rules": only(STAFF),
    "POST /responsibility-rules": only(
        STAFF,
        body=lambda t, c: {"responsible": "cooperative", "basis": "Bail", "valid_from": "2026-01-01"},
    ),
    "DELETE /responsibility-rules/{rule}": of_coop(STAFF),
    "PUT /aftersales-settings/heating_period": only(
        STAFF, body=lambda t, c: {"from": "10-15", "to": "04-15"}
    ),
    "PUT /aftersales-settings/calendar": only(STAFF, body=lambda t, c: {"closed_on": ["2026-12-25"]}),
    "PUT /aftersales-settings/teams": only(STAFF, body=lambda t, c: {}),
    "PUT /aftersales-settings/emergency_numbers": only(STAFF, body=lambda t, c: {"lift": "01 00 00 00 01"}),
    "POST /tickets/proposals": only(HOUSEHOLDS, TEAM, body=lambda t, c: {"text": "Le robinet fuit"}),
    "PUT /aftersales-settings/copropriete": only(STAFF, body=lambda t, c: {}),
    "PUT /aftersales-settings/approval": only(STAFF, body=lambda t, c: {"above_cents": 50_000}),
    "PUT /aftersales-settings/terms": only(STAFF, body=_term),
    "GET /aftersales-settings/changes": only(STAFF),
    "GET /aftersales-settings/public_contact": only(TEAM),
    "PUT /aftersales-settings/public_contact": only(STAFF, body=lambda t, c: {"name": "Accueil"}),
    "PUT /tickets/{ticket}/opinion": theirs(HOUSEHOLDS, TEAM, body=lambda t, c: {"verdict": "good"}),
    "GET /tickets/{ticket}/opinions": theirs(HOUSEHOLDS, TEAM),
    "GET /reports/opinions": only(HOUSEHOLDS, TEAM),
    "GET /reports/aftersales": only(STAFF, query={"from": "2026-01-01", "to": "2026-02-01"}),
    # the dwelling's file
    "GET /occupancies/{occupancy}/windows": theirs(HOUSEHOLDS, TEAM),
    "POST /occupancies/{occupancy}/legal-dates": of_coop(
        STAFF, body=lambda t, c: {"kind": "etat_des_lieux", "on": "2026-01-06"}
    ),
    "GET /dwellings/{dwelling}/windows": of_coop(TEAM),
    "POST /dwellings/{dwelling}/reception": of_coop(STAFF, body=lambda t, c: {"on": "2025-12-01"}),
    "POST /buildings/{building}/reception": of_coop(STAFF, body=lambda t, c: {"on": "2025-12-01"}),
    "GET /dwellings/{dwelling}/equipment": theirs(HOUSEHOLDS, TEAM),
    "POST /dwellings/{dwelling}/equipment": of_coop(STAFF, body=_equipment),
    "PATCH /dwellings/{dwelling}/equipment/{piece}": of_coop(STAFF, body=lambda t, c: {"serial": "A"}),
    "POST /dwellings/{dwelling}/equipment/{piece}": of_coop(STAFF, body=lambda t, c: {"serial": "A"}),
    "GET /buildings/{building}/equipment": of_coop(TEAM),
    "POST /buildings/{building}/equipment": of_coop(STAFF, body=_equipment),
    # the piece is a dwelling's: no building has it
    "PATCH /buildings/{building}/equipment/{piece}": Access(frozenset(), STAFF, lambda t, c: {"serial": "A"}),
    "POST /buildings/{building}/equipment/{piece}": Access(frozenset(), STAFF, lambda t, c: {"serial": "A"}),
    "GET /occupancies/{occupancy}/check-ins": theirs(HOUSEHOLDS, TEAM),
    "POST /check-ins/{check_in}/answer": theirs(HOUSEHOLDS, body=lambda t, c: {"answer": "fine"}),
    "POST /tickets": theirs(HOUSEHOLDS, TEAM, body=_ticket),
    "GET /occupancies/{occupancy}/known": theirs(HOUSEHOLDS, TEAM, query={"element": "radiator"}),
    "GET /incidents": only(HOUSEHOLDS, TEAM),
    "POST /incidents": only(STAFF, body=lambda t, c: {"family": "heating", "scope": "residence:x"}),
    "GET /incidents/suggestions": only(TEAM),
    "GET /incidents/{incident}": theirs(HOUSEHOLDS, TEAM),
    "POST /incidents/{incident}/actions": of_coop(STAFF, body=lambda t, c: {"action": "confirm"}),
    "POST /incidents/{incident}/follow": theirs(HOUSEHOLDS, body=lambda t, c: {}),
    "POST /incidents/{incident}/answer": theirs(HOUSEHOLDS, body=lambda t, c: {"is_back": True}),
    "GET /plants": only(TEAM),
    "PUT /plants/{ref}": only(STAFF, body=lambda t, c: {"families": ["nonsense"], "buildings": []}),
    "DELETE /plants/{ref}": of_coop(STAFF),
    "GET /meter-proposals": only(TEAM),
    "GET /meter-proposals/{proposal}": of_coop(TEAM),
    "POST /meter-proposals/{proposal}/actions": of_coop(STAFF, body=lambda t, c: {"action": "dismiss"}),
    "GET /tickets": only(HOUSEHOLDS, TEAM),
    "GET /tickets/{ticket}": theirs(HOUSEHOLDS, TEAM),
    "GET /tickets/{ticket}/history": theirs(HOUSEHOLDS, TEAM),
    "POST /tickets/{ticket}/actions": theirs(
        HOUSEHOLDS, TEAM, body=lambda t, c: {"action": "cancel", "reason": "no_longer_needed"}
    ),
    "GET /tickets/{ticket}/messages": theirs(HOUSEHOLDS, TEAM),
    "POST /tickets/{ticket}/messages": theirs(HOUSEHOLDS, TEAM, body=lambda t, c: {"body": "Merci"}),
    "GET /tickets/{ticket}/notices": theirs(HOUSEHOLDS, TEAM),
    "POST /tickets/{ticket}/notices": of_coop(STAFF, body=lambda t, c: {"kind": "notice"}),
    "GET /notices/{notice}.pdf": theirs(HOUSEHOLDS, TEAM),
    "GET /notices/{notice}/annexes/{number}": theirs(HOUSEHOLDS, TEAM),
    "POST /notices/{notice}/proofs": of_coop(
        STAFF, body=lambda t, c: {"kind": "registered", "on": "2026-02-01", "reference": "1A 1"}
    ),
    "POST /tickets/{ticket}/photos": theirs(HOUSEHOLDS, TEAM, body=lambda t, c: {"no": "photo"}),
    "GET /tickets/{ticket}/photos": theirs(HOUSEHOLDS, TEAM),
    "GET /tickets/{ticket}/photos/{photo}": theirs(HOUSEHOLDS, TEAM),
    "DELETE /tickets/{ticket}/photos/{photo}": theirs(HOUSEHOLDS, TEAM),
    # partners, routing, appointments
    "GET /parties": only(TEAM),
    "POST /parties": only(STAFF, body=lambda t, c: {"kind": "syndic", "name": "Syndic 9"}),
    "GET /parties/{party}": of_coop(TEAM),
    "PATCH /parties/{party}": of_coop(STAFF, body=lambda t, c: {"phone": "01 00 00 00 09"}),
    "POST /parties/{party}/link": of_coop(STAFF),
    "DELETE /parties/{party}/link": of_coop(STAFF),
    "GET /parties/{party}/links": of_coop(STAFF),
    "POST /parties/{party}/links/{link}/renew": of_coop(STAFF),
    "DELETE /parties/{party}/links/{link}": of_coop(STAFF),
    "GET /parties/{party}/letters": of_coop(STAFF),
    "GET /routing-rules": only(STAFF),
    "POST /routing-rules": only(STAFF, body=lambda t, c: {"valid_from": "2026-01-01", "team": "building"}),
    "PATCH /routing-rules/{routing_rule}": of_coop(STAFF, body=lambda t, c: {"valid_to": "2026-12-31"}),
    "POST /letters/{letter}/returned": of_coop(STAFF, body=lambda t, c: {"why": "5.1.1"}),
    "POST /operations/letters/returned": only(OPERATORS, body=lambda t, c: {"report": "x"}),
    "GET /tickets/{ticket}/routing": of_coop(TEAM),
    "GET /tickets/{ticket}/slots": theirs(HOUSEHOLDS, TEAM),
    "POST /tickets/{ticket}/slots": of_coop(TEAM, body=_window),
    "GET /tickets/{ticket}/visits": theirs(HOUSEHOLDS, TEAM),
    "POST /tickets/{ticket}/visits": theirs(HOUSEHOLDS, TEAM, body=lambda t, c: {"slot": "slt_none"}),
    "POST /tickets/{ticket}/visits/{visit}/cancel": theirs(HOUSEHOLDS, TEAM, body=lambda t, c: {}),
    "POST /tickets/{ticket}/visits/{visit}/missed": theirs(
        HOUSEHOLDS, TEAM, body=lambda t, c: {"side": "cooperative"}
    ),
    "POST /tickets/{ticket}/visits/{visit}/was-there": theirs(HOUSEHOLDS, body=lambda t, c: {}),
    "GET /visits": only(TEAM, query={"since": "2026-01-01", "until": "2026-02-01"}),
    "GET /availability": only(TEAM, query={"host": "plumbing"}),
    "POST /availability": only(TEAM, body=_hours),
    "DELETE /availability/{hours}": of_coop(TEAM),
    "GET /aftersales-settings/visits": only(TEAM),
    "PUT /aftersales-settings/visits": only(STAFF, body=lambda t, c: {"change_until_hours": 48}),
    "GET /occupancies/{occupancy}/inspections": theirs(HOUSEHOLDS, TEAM),
    "GET /inspections/{inspection}/documents/{document}": theirs(HOUSEHOLDS, TEAM),
    "POST /occupancies/{occupancy}/inspection": of_coop(
        TEAM, body=lambda t, c: {"kind": "etat_des_lieux", "on": "2026-01-05", "findings": []}
    ),
    # notifications: everyone's own only
    "GET /persons/{person}/notifications": Access(frozenset({"resident"}), CALLERS - {"resident", "anyone"}),
    "POST /notifications/{notification}/read": Access(
        frozenset({"resident"}), CALLERS - {"resident", "anyone"}
    ),
    "GET /persons/{person}/preferences": Access(frozenset({"resident"}), CALLERS - {"resident", "anyone"}),
    "PUT /persons/{person}/preferences": Access(
        frozenset({"resident"}), (HOUSEHOLDS | TEAM) - {"resident"}, body=lambda t, c: {"preferences": []}
    ),
    "GET /unsubscribe/{token}": SHUT,
    "POST /unsubscribe/{token}": SHUT,
    "GET /letters": only(STAFF),
    "POST /letters/{delivery}/posted": of_coop(STAFF),
}

PAGES: dict[str, Access] = {
    "GET /": EVERYBODY,
    "GET /home": only(HOUSEHOLDS),
    "GET /fleet": only(OPERATORS),
    "GET /contact": EVERYBODY,
    "GET /mailbox": only(OPERATORS),
    "GET /mailbox/{key}": Access(frozenset({"platform"}), OPERATORS - {"platform"}),
    "POST /language": Access(CALLERS, body=form(language="fr")),
    "GET /api/v1/openapi.json": EVERYBODY,
    "MOUNT /static": EVERYBODY,
    # ways in and out
    "GET /sign-in": EVERYBODY,
    "POST /sign-in": Access(CALLERS, body=form(email="nobody@foyer.test")),
    "POST /sign-in/staff": Access(
        frozenset(), CALLERS, form(email="nobody@coop.test", password="x", code="0"), is_shut=True
    ),
    "GET /sign-in/confirm": EVERYBODY,
    "POST /sign-in/confirm": Access(frozenset(), CALLERS, form(token="wrong"), is_shut=True),
    "GET /demo/sign-in/{role}/{coop}/{subject}/{seal}": SHUT,
    "POST /sign-out": EVERYBODY,
    "GET /invitation/{token}": SHUT,
    "POST /invitation/{token}": Access(frozenset(), CALLERS, form(password="x", code="0"), is_shut=True),
    "GET /account": SIGNED_IN,
    "POST /account": SIGNED_IN,
    "POST /account/sign-out": SIGNED_IN,
    # households' own data
    "GET /data": only(HOUSEHOLDS),
    "GET /data/uses": only(HOUSEHOLDS),
    "GET /data/kept": only(HOUSEHOLDS),
    "POST /data/{occupancy}/{purpose}": theirs(HOUSEHOLDS, body=form(granted="true")),
    "GET /consumption": only(HOUSEHOLDS),
    "GET /consumption/month": only(HOUSEHOLDS),
    "GET /consumption/download": only(HOUSEHOLDS),
    "GET /fragments/consumption": only(HOUSEHOLDS),
    "GET /imports": only(HOUSEHOLDS, OPERATORS),
    "POST /imports": only(HOUSEHOLDS, OPERATORS, body=form(dry_run="true")),
    "GET /imports/{file_import}": theirs(HOUSEHOLDS, OPERATORS),
    "POST /imports/{file_import}/{action}": theirs(HOUSEHOLDS, OPERATORS),
    "GET /tips": only(HOUSEHOLDS),
    "GET /fragments/tips": only(HOUSEHOLDS),
    "POST /tips/{tip}/answer": theirs(HOUSEHOLDS, body=form(answer="done")),
    "POST /tips/{tip}/undo": theirs(HOUSEHOLDS),
    # homes
    "GET /homes": only(STAFF),
    "GET /homes/residences": only(STAFF),
    "POST /homes/residences": only(STAFF, body=form(residence="Les Aulnes", street="1 rue de l’Exemple")),
    "POST /homes/move-outs": of_coop(
        STAFF, body=lambda t, c: {"occupancy": t.home.occupancy, "moved_out_on": "2026-12-31"}
    ),
    "GET /homes/{place}/meters": of_coop(STAFF),
    "POST /homes/meters/{meter}/exchange": of_coop(STAFF, body=form(on="2026-02-02")),
    "POST /homes/exchanges/{exchange}/undo": of_coop(STAFF, body=form(why="Erreur de saisie")),
    "GET /move-ins": only(STAFF),
    "POST /move-ins": only(STAFF, body=form(dwelling="dwl_wrong")),
    # meters
    "GET /fragments/flow": only(OPERATORS),
    "GET /fragments/meters": only(OPERATORS),
    "GET /fragments/quarantine": only(OPERATORS),
    "GET /quarantine": only(OPERATORS),
    "POST /quarantine": only(
        OPERATORS, body=form(action="retry", reason="not_json", until="2026-02-01T00:00:00Z")
    ),
    "GET /fleet/meters": only(OPERATORS),
    "GET /fleet/held": only(OPERATORS),
    "GET /fleet/meters/{meter}": of_coop(OPERATORS, query={"day": "2026-02-01"}),
    "POST /fleet/meters/{meter}/edits": of_coop(
        OPERATORS,
        body=form(
            day="2026-02-01", quantity="energy_import", kind="set", from_slot="0", to_slot="1",
            amounts="200", why="Vu sur place",
        ),
    ),
    "POST /fleet/edits/{edit}/undo": of_coop(OPERATORS, body=form(why="Erreur de saisie")),
    "GET /quarantine/{id}": of_coop(OPERATORS),
    "POST /quarantine/{id}/retry": of_coop(OPERATORS),
    "POST /quarantine/{id}/discard": of_coop(OPERATORS),
    "GET /replays": only(OPERATORS),
    "POST /replays/feeds": only(OPERATORS, body=form(file="none")),
    "POST /replays/scenarios": only(OPERATORS, body=form(homes="2", days="2")),
    "POST /replays/recordings": of_coop(OPERATORS, body=lambda t, c: {"coop": t.home.coop, "minutes": "5"}),
    "GET /replays/feeds/{feed}": of_coop(OPERATORS),
    "POST /replays/feeds/{feed}/play": of_coop(OPERATORS, body=form(speed="max")),
    "POST /replays/feeds/{feed}/stop": of_coop(OPERATORS),
    "POST /replays/feeds/{feed}/delete": of_coop(OPERATORS),
    "GET /replays/{replay}": of_coop(OPERATORS),
    "GET /replays/{replay}/now": of_coop(OPERATORS),
    "POST /replays/{replay}/actions": of_coop(OPERATORS, body=form(action="resume")),
    # requests
    "GET /desk": only(TEAM),
    "POST /desk/bulk": only(TEAM, body=form(action="acknowledge")),
    "POST /desk/views": only(TEAM, body=form(name="À moi", view="show=mine")),
    "POST /desk/views/{view}/forget": only(TEAM, body=form()),
    "GET /desk/residences": only(TEAM),
    "GET /desk/{ticket}/meanwhile": of_coop(TEAM, query={"version": "1"}),
    "GET /desk/{ticket}": of_coop(TEAM),
    "POST /desk/{ticket}/actions": of_coop(TEAM, body=form(action="acknowledge", version="1")),
    "POST /desk/{ticket}/messages": of_coop(TEAM, body=form(body="Bonjour")),
    "POST /desk/{ticket}/notices": of_coop(STAFF, body=form(kind="notice")),
    "POST /desk/{ticket}/notices/{notice}/proofs": of_coop(STAFF, body=form(kind="answer", on="2026-02-01")),
    # partners, contractors by their link, appointments
    "GET /parties": only(STAFF),
    "GET /parties/new": only(STAFF),
    "POST /parties": only(STAFF, body=form(kind="syndic", name="Syndic 9")),
    "GET /parties/{party}": of_coop(STAFF),
    "POST /parties/{party}": of_coop(STAFF, body=form(name="Syndic 9")),
    "POST /parties/{party}/link": of_coop(STAFF),
    "POST /parties/{party}/revoke": of_coop(STAFF),
    "POST /parties/{party}/links/{link}/renew": of_coop(STAFF),
    "POST /parties/{party}/links/{link}/end": of_coop(STAFF),
    "POST /parties/letters/{letter}/returned": of_coop(STAFF, body=form(why="5.1.1")),
    "POST /parties/letters/{letter}/seen": of_coop(STAFF),
    "GET /routing": only(STAFF),
    "POST /routing": only(STAFF, body=form(valid_from="2026-01-01", to="building")),
    "POST /routing/{routing_rule}/end": of_coop(STAFF),
    "GET /desk/{ticket}/route": of_coop(STAFF),
    "POST /desk/{ticket}/route": of_coop(STAFF, body=form(to="plumbing")),
    "POST /desk/{ticket}/route/rule": of_coop(STAFF, body=form(everywhere="true")),
    "POST /desk/{ticket}/party-messages": of_coop(TEAM, body=form(body="Bonjour")),
    "GET /desk/{ticket}/visit": of_coop(TEAM),
    "POST /desk/{ticket}/visit": of_coop(TEAM, body=form(slot="slt_none")),
    "POST /desk/{ticket}/visit/propose": of_coop(
        TEAM, body=form(day="2026-02-02", start="08:00", end="10:00")
    ),
    "POST /desk/{ticket}/visit/{what}": of_coop(TEAM),
    "GET /calendar": only(TEAM),
    "GET /calendar/hours": only(TEAM),
    "POST /calendar/hours": only(TEAM, body=form(host="plumbing", weekday="1", start="08:00", end="10:00")),
    "POST /calendar/hours/{hours}/drop": of_coop(TEAM, body=form(host="plumbing")),
    "GET /tickets/{ticket}/visit": theirs(HOUSEHOLDS),
    "POST /tickets/{ticket}/visit": theirs(HOUSEHOLDS, body=form(slot="slt_none")),
    "POST /tickets/{ticket}/visit/cancel": theirs(HOUSEHOLDS),
    "POST /tickets/{ticket}/visit/missed": theirs(HOUSEHOLDS),
    "POST /tickets/{ticket}/visit/was-there": theirs(HOUSEHOLDS),
    "GET /tickets/{ticket}/visit.ics": theirs(HOUSEHOLDS, TEAM),
    "POST /calendar-link": only(HOUSEHOLDS),
    "POST /calendar-link/revoke": only(HOUSEHOLDS),
    "GET /calendar-feed/{token}": SHUT,
    **{f"GET /contractor/{{token}}{path}": SHUT for path in (
        "", "/hours", "/calendar.ics", "/jobs/{ticket}", "/jobs/{ticket}/visit.ics",
        "/jobs/{ticket}/photos/{photo}", "/jobs/{ticket}/photos/{photo}/small",
        "/jobs/{ticket}/notices/{notice}",
        "/notices/{notice}", "/notices/{notice}/letter.pdf", "/notices/{notice}/annexes/{number}",
    )},
    **{f"POST /contractor/{{token}}{path}": SHUT for path in (
        "/jobs/{ticket}/opinion",
        "/hours", "/hours/{hours}/drop", "/jobs/{ticket}/slots", "/jobs/{ticket}/slots/{slot}/withdraw",
        "/jobs/{ticket}/agreed", "/jobs/{ticket}/on-the-way", "/jobs/{ticket}/start",
        "/jobs/{ticket}/cannot-come", "/jobs/{ticket}/finish", "/jobs/{ticket}/photos",
        "/jobs/{ticket}/messages",
    )},
    "POST /contractor/{token}/ask": EVERYBODY,
    "GET /fragments/incidents": only(HOUSEHOLDS),
    "GET /incidents/known": only(HOUSEHOLDS, query={"element": "radiator"}),
    "GET /incidents": only(TEAM),
    "POST /incidents/declare": only(STAFF, body=form(family="heating", scope="residence:x")),
    "GET /incidents/{incident}": theirs(HOUSEHOLDS, TEAM),
    "POST /incidents/{incident}/actions": of_coop(STAFF, body=form(action="confirm", version="1")),
    "POST /incidents/{incident}/follow": theirs(HOUSEHOLDS, body=form()),
    "POST /incidents/{incident}/answer": theirs(HOUSEHOLDS, body=form(is_back="true")),
    "GET /incidents/meters/{proposal}": of_coop(TEAM),
    "POST /incidents/meters/{proposal}": of_coop(STAFF, body=form(action="dismiss")),
    "GET /tickets": only(HOUSEHOLDS),
    "GET /fragments/tickets": only(HOUSEHOLDS),
    "GET /fragments/home-file": only(HOUSEHOLDS),
    "GET /home/file": only(HOUSEHOLDS),
    "GET /settings/aftersales": only(STAFF),
    "GET /settings/visits": only(STAFF),
    "POST /settings/visits/{part}": only(STAFF, body=form()),
    "GET /settings/contact": only(STAFF),
    "POST /settings/contact": only(STAFF, body=form(name="Accueil")),
    "GET /settings/plants": only(STAFF),
    "POST /settings/plants": only(STAFF, body=form(ref="Chaufferie 9")),
    "POST /settings/plants/drop": Access(frozenset(), STAFF, form(ref="Chaufferie 9")),  # there is none
    "POST /settings/plants/buildings/{building}": of_coop(STAFF, body=form(element="lift")),
    # as above: no building has the piece
    "POST /settings/plants/buildings/{building}/{piece}": Access(
        frozenset(), STAFF, form(ended_on="2026-03-01")
    ),
    "POST /settings/aftersales/{section}": only(STAFF, body=form()),
    "GET /reports/aftersales": only(STAFF),
    "POST /tickets/{ticket}/opinion": theirs(HOUSEHOLDS, TEAM, body=form(verdict="good")),
    "GET /check-ins/{check_in}": theirs(HOUSEHOLDS),
    "POST /check-ins/{check_in}": theirs(HOUSEHOLDS, body=form(answer="fine")),
    "GET /dwellings/{dwelling}/file": of_coop(TEAM),
    "POST /dwellings/{dwelling}/file/dates": of_coop(STAFF, body=form(kind="reception", on="2025-12-01")),
    "POST /dwellings/{dwelling}/file/equipment": of_coop(
        STAFF, body=form(element="shutter", installed_on="2026-02-01")
    ),
    "POST /dwellings/{dwelling}/file/equipment/{piece}": of_coop(STAFF, body=form(ended_on="2026-03-01")),
    "GET /tickets/new": only(HOUSEHOLDS),
    "POST /tickets/new/start": only(HOUSEHOLDS),
    "GET /tickets/new/danger/{code}": only(HOUSEHOLDS),
    "POST /tickets/new/danger/{code}": Access(
        frozenset({"resident"}), NOT_THEIRS & HOUSEHOLDS, lambda t, c: {"occupancy": t.home.occupancy}
    ),
    "POST /tickets/new/danger/{code}/none": theirs(HOUSEHOLDS, body=lambda t, c: {"draft": t.home.draft}),
    "GET /tickets/new/{draft}": theirs(HOUSEHOLDS),
    "POST /tickets/new/{draft}": theirs(HOUSEHOLDS, body=form(text="Le robinet fuit")),
    "GET /tickets/new/{draft}/understood": theirs(HOUSEHOLDS),
    "GET /tickets/new/{draft}/later": theirs(HOUSEHOLDS),
    "GET /tickets/new/{draft}/what": theirs(HOUSEHOLDS, query={"place": "kitchen"}),
    "GET /tickets/new/{draft}/wrong": theirs(HOUSEHOLDS, query={"place": "kitchen", "element": "tap"}),
    "GET /tickets/new/{draft}/last": theirs(HOUSEHOLDS, query={"problem": "kitchen.tap.leak"}),
    "POST /tickets/new/{draft}/send": theirs(HOUSEHOLDS, body=form(problem="kitchen.tap.leak")),
    "GET /desk/new": only(TEAM),
    "POST /desk/new": only(TEAM, body=form(q="Foyer")),
    "GET /desk/new/{home}": of_coop(TEAM),
    "POST /desk/new/{home}": of_coop(TEAM, body=form(text="Le robinet fuit", understand="true")),
    # the team is sent on to its desk, whatever the address
    "GET /tickets/{ticket}": Access(TEAM | {"resident"}, NOT_THEIRS & HOUSEHOLDS),
    "POST /tickets/{ticket}/actions": theirs(HOUSEHOLDS, body=form(action="cancel")),
    "POST /tickets/{ticket}/messages": theirs(HOUSEHOLDS, body=form(body="Merci")),
    "POST /tickets/{ticket}/photos": theirs(HOUSEHOLDS, TEAM),
    "GET /photos/{photo}": theirs(HOUSEHOLDS, TEAM),
    "GET /photos/{photo}/small": theirs(HOUSEHOLDS, TEAM),
    "POST /photos/{photo}/take-back": theirs(HOUSEHOLDS, TEAM),
    # inspections; the address of a room, finding or document is the test's own
    "GET /inspections": only(HOUSEHOLDS, TEAM),
    "GET /fragments/inspections": only(HOUSEHOLDS),
    "GET /occupancies/{occupancy}/inspection": of_coop(TEAM),
    "GET /dwellings/{dwelling}/inspection": of_coop(TEAM),
    "POST /occupancies/{occupancy}/inspection": of_coop(TEAM, body=form(kind="etat_des_lieux")),
    "GET /inspections/{inspection}": theirs(HOUSEHOLDS, TEAM),
    "GET /inspections/{inspection}/rooms/{item}": theirs(HOUSEHOLDS, TEAM),
    "POST /inspections/{inspection}/rooms": of_coop(TEAM, body=form(place="bedroom")),
    "POST /inspections/{inspection}/rooms/{item}": of_coop(TEAM, body=form(action="nothing_wrong")),
    "POST /inspections/{inspection}/rooms/{item}/state": of_coop(TEAM, body=form(all="good")),
    "POST /inspections/{inspection}/rooms/{item}/photos": theirs(
        HOUSEHOLDS, TEAM, body=form(element="tap", symptom="leak", note="Ça goutte")
    ),
    "POST /inspections/{inspection}/findings/{item}/remove": of_coop(TEAM),
    "POST /inspections/{inspection}/meters": of_coop(TEAM, body=form(fluid="water", index="12")),
    "POST /inspections/{inspection}/keys": of_coop(TEAM, body=form(what="Porte", count="2")),
    "POST /inspections/{inspection}/remarks": of_coop(TEAM, body=form(remarks="Rien")),
    "GET /inspections/{inspection}/sign": theirs(HOUSEHOLDS, TEAM),
    "POST /inspections/{inspection}/sign": theirs(
        HOUSEHOLDS, TEAM, body=form(side="household", name="x", agreed="true", read="x")
    ),
    "GET /inspections/{inspection}/documents/{document}": theirs(HOUSEHOLDS, TEAM),
    "GET /inspections/{inspection}/documents/{document}/page": theirs(HOUSEHOLDS, TEAM),
    "GET /locked-inspections/{locked}": of_coop(STAFF),
    "POST /locked-inspections/{locked}/{paper}/claim": of_coop(STAFF, body=form(reason="x")),
    "GET /inspections/{inspection}/forgotten": theirs(HOUSEHOLDS),
    "POST /inspections/{inspection}/forgotten/photos": theirs(
        HOUSEHOLDS, body=form(place="kitchen", element="tap", symptom="leak")
    ),
    "POST /inspections/{inspection}/amendments/{amendment}": of_coop(TEAM),
    "GET /demandes": only(HOUSEHOLDS),
    "GET /demandes/{rest}": only(HOUSEHOLDS, TEAM),
    # messages
    "GET /messages": SIGNED_IN,
    "GET /fragments/messages": SIGNED_IN,
    "GET /fragments/alarms": only(TEAM),
    "POST /messages/read": SIGNED_IN,
    "GET /messages/{message}": Access(frozenset({"resident"}), CALLERS - {"resident", "anyone"}),
    "GET /preferences": SIGNED_IN,
    "POST /preferences": Access(SIGNED_IN.may - {"platform"}, frozenset({"platform"})),
}  # fmt: skip

NOT_CALLED = {"GET /live": "a stream without end; tests/unit/portal/test_live.py and test_audience.py"}

ACCESS = PAGES | {key.replace(" /", " /api/v1/", 1): access for key, access in API.items()}


def parameters(town: Town) -> dict[str, str]:
    """The objects of `home`, by the name of the path parameter."""
    home, commons = town.home, _commons(town)
    return {
        "slug": home.coop, "occupancy": home.occupancy, "person": home.person, "purpose": "daily",
        "meter": home.meter, "ticket": home.ticket, "tip": home.tip, "notification": home.notification,
        "message": home.notification, "delivery": home.delivery, "gateway": commons["gateway"],
        "feed": commons["feed"], "recording": commons["recording"], "replay": commons["replay"],
        "rule": commons["rule"], "id": commons["rejected"], "key": commons["letter"], "rest": home.ticket,
        "exchange": home.exchange, "edit": home.edit, "file_import": home.file_import, "action": "undo",
        "place": home.dwelling, "photo": home.photo, "inspection": home.inspection,
        "item": "room-kitchen", "document": home.document, "amendment": home.amendment,
        "locked": home.locked, "paper": home.paper,
        "dwelling": home.dwelling, "building": commons["building"], "piece": home.piece,
        "check_in": home.check_in, "section": "teams", "notice": home.notice, "number": "1",
        "view": "vew_none",
        "incident": home.incident, "proposal": home.proposal, "ref": commons["ref"],
        "party": commons["party"], "letter": commons["party_letter"], "hours": commons["hours"],
        "link": commons["party_link"], "part": "visits",
        "routing_rule": commons["routing_rule"], "visit": home.visit, "slot": "slt_none", "what": "cancel",
        "draft": home.draft, "code": "gas", "home": home.occupancy,
        "token": "wrong", "role": "staff", "coop": home.coop, "subject": home.person, "seal": "wrong",
    }  # fmt: skip
