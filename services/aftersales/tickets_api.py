"""Requests over HTTP: open, find, follow, act, write; inspections; the taxonomy."""

from typing import Annotated

from fastapi import Depends, Query, Request

from contracts.codes import Priority, Responsible, Role
from services.aftersales import actions, queries, registry, urgency, views
from services.aftersales.actions import Changes, NewTicket
from services.aftersales.api_base import router
from services.aftersales.bodies import (
    REASON_CODES,
    ActionIn,
    InspectionIn,
    InspectionOut,
    MessageIn,
    StateCode,
    TeamCode,
    TicketIn,
)
from services.aftersales.bodies_shown import (
    HistoryOut,
    MessageOut,
    MessagesOut,
    TaxonomyOut,
    TicketOut,
    TicketSummary,
)
from services.aftersales.changes import CORRECTIONS
from services.aftersales.choices import check_codes, taxonomy_out
from services.aftersales.inspections import recording
from services.aftersales.intake import access, limits, reporter
from services.aftersales.intake.access import Access
from services.aftersales.lifecycle import STATES
from services.aftersales.past_days import check_not_ancient
from services.aftersales.priority import priority_of
from services.aftersales.registry import Home
from services.aftersales.telling import Actor
from services.aftersales.words import codes
from services.kit.i18n import language_of
from services.kit.registry import local_today, zone_of
from services.kit.unit import Unit
from services.kit.web import (
    Page,
    PageQuery,
    Principal,
    RoomUnit,
    Who,
    invalid,
    not_found,
    page_of,
    roles,
)

KEPT = ("side", "outcome", "cost_cents", "secured_by", "debtor", "kind", "agreed_how", "no_photo")
"""What a step keeps beside its words."""
PEOPLE = ("resident", "caretaker", "staff")


@router.get("/taxonomy", **roles("resident", "caretaker", "staff", "operator"))
async def taxonomy(request: Request) -> TaxonomyOut:
    """Every closed list, with labels in the reader's language (`Accept-Language`)."""
    return taxonomy_out(language_of(request))


@router.post(
    "/tickets",
    status_code=201,
    responses={429: {"description": "Very many requests of one household; `Retry-After` says when."}},
    **roles(*PEOPLE),
)
async def open_ticket(body: TicketIn, request: Request, unit: RoomUnit, who: Who) -> TicketOut:
    """A resident reports for its own household; the cooperative's people for any home or building.

    429 with `Retry-After` for a household that opens very many; a danger is opened all the same.
    """
    check_codes("", place=body.place, element=body.element, symptom=body.symptom)
    home = await _home(unit, who, body.occupancy, body.building)
    today = await local_today(unit)
    if body.since is not None and body.since > today:
        raise invalid("/since", "in_the_future", "It cannot have begun after today.")
    new = NewTicket(
        place=body.place,
        element=body.element,
        symptom=body.symptom,
        description=body.description,
        channel=body.channel,
        noticed_on=body.since,
        reported_by=body.reported_by,
        urgent=urgency.known(body.urgency),
    )
    if unknown := set(body.availability) - set(codes("availability")):
        raise invalid(
            "/availability", "unknown_code", "Not known here: %(codes)s.", codes=", ".join(sorted(unknown))
        )
    if unknown := set(body.urgency) - set(urgency.factors()):
        raise invalid(
            "/urgency", "unknown_code", "Not known here: %(codes)s.", codes=", ".join(sorted(unknown))
        )
    await reporter.check(unit, who, home, body.reported_by)
    asked = priority_of(body.element, body.symptom, today)
    if wait := await limits.wait_to_open(unit, who, home.occupancy, [asked]):
        raise limits.too_many(wait)
    opened = await actions.open_whole(unit, home, new, _actor(who))
    ticket, known = opened.ticket, opened.known
    if body.availability or body.access_note:
        await access.keep(unit, ticket, Access(access.known(body.availability), body.access_note))
        known = None
    return await views.ticket_out(unit, ticket, who.role, language_of(request), who.id, known)


@router.get("/tickets", **roles(*PEOPLE))
async def tickets(
    request: Request,
    unit: RoomUnit,
    who: Who,
    page: Annotated[PageQuery, Depends()],
    state: Annotated[list[StateCode] | None, Query()] = None,
    team: TeamCode | None = None,
    residence: str | None = None,
    overdue: bool | None = None,
    priority: Priority | None = None,
    responsible: Responsible | None = None,
    occupancy: str | None = None,
    building: str | None = None,
    open: bool | None = None,
) -> Page[TicketSummary]:
    """By next deadline. `state` may be repeated; a resident sees its own household's only."""
    if unknown := set(state or ()) - set(STATES):
        raise invalid(
            "/state", "unknown_code", "Not known here: %(codes)s.", codes=", ".join(sorted(unknown))
        )
    filters = queries.Filters(
        state, team, residence, overdue, priority, responsible, occupancy, building, is_open=open
    )
    found = await queries.listed(unit, who, filters, page.limit, queries.position(page))
    zone, language = await zone_of(unit), language_of(request)
    items = [views.summary_out(row.ticket, row.residence, row.is_overdue, zone, language) for row in found]
    return page_of(items, page, queries.position_of)


@router.get("/tickets/{ticket}", **roles(*PEOPLE))
async def one(ticket: str, request: Request, unit: RoomUnit, who: Who) -> TicketOut:
    found = await queries.visible(unit, ticket, who)
    return await views.ticket_out(unit, found, who.role, language_of(request), who.id)


@router.get("/tickets/{ticket}/history", **roles(*PEOPLE))
async def history(ticket: str, request: Request, unit: RoomUnit, who: Who) -> HistoryOut:
    """Every action, oldest first, the same for household and cooperative."""
    found = await queries.visible(unit, ticket, who)
    return HistoryOut(events=await views.history_out(unit, found, language_of(request)))


@router.post("/tickets/{ticket}/actions", **roles(*PEOPLE))
async def act(ticket: str, body: ActionIn, request: Request, unit: RoomUnit, who: Who) -> TicketOut:
    """409 lists the legal actions; 422 names what the action needs, or the actions there are. Corrections are
    staff's."""
    await queries.visible(unit, ticket, who)
    if body.reason is not None and body.reason not in REASON_CODES:
        raise invalid("/reason", "unknown_code", "Use one of: %(codes)s.", codes=", ".join(REASON_CODES))
    facts = body.model_dump(include={*CORRECTIONS, *KEPT}, exclude_none=True)
    check_codes("", **{name: facts[name] for name in ("place", "element", "symptom") if name in facts})
    changes = Changes(
        **body.model_dump(
            include={
                "reason", "comment", "appointment_at", "assignee", "team", "party", "priority", "responsible",
                "basis", "version", "occurred_at", "by",
            }
        ),
        facts=facts,
        key=_key(request, who),
    )  # fmt: skip
    actor = Actor(who.id, who.role.value, body.channel or "api")
    changed = await actions.act(unit, ticket, body.action, actor, changes)
    return await views.ticket_out(unit, changed, who.role, language_of(request), who.id)


@router.get("/tickets/{ticket}/messages", **roles(*PEOPLE))
async def messages(ticket: str, unit: RoomUnit, who: Who) -> MessagesOut:
    found = await queries.visible(unit, ticket, who)
    return MessagesOut(messages=await views.messages_out(unit, found))


@router.post("/tickets/{ticket}/messages", status_code=201, **roles(*PEOPLE))
async def write(ticket: str, body: MessageIn, unit: RoomUnit, who: Who) -> MessageOut:
    """A household's answer also ends a wait for it."""
    found = await queries.visible(unit, ticket, who)
    message = await actions.write_message(unit, found.id, _actor(who), body.body)
    await unit.session.flush()
    shown = {one.id: one for one in await views.messages_out(unit, found)}
    return shown[message.id]


@router.post("/occupancies/{occupancy}/inspection", status_code=202, **roles("caretaker", "staff"))
async def inspection(occupancy: str, body: InspectionIn, unit: RoomUnit, who: Who) -> InspectionOut:
    """Findings become requests: of an état des lieux with a tenant, or a livraison with a buyer. Told again,
    an inspection of that kind and day answers with the same requests; only further findings open new ones."""
    for index, finding in enumerate(body.findings):
        check_codes(
            f"/findings/{index}", place=finding.place, element=finding.element, symptom=finding.symptom
        )
    home = await _home(unit, who, occupancy, None)
    if body.on > await local_today(unit):
        raise invalid("/on", "in_the_future", "Record it once it has been held.")
    check_not_ancient("/on", body.on)
    findings = [
        NewTicket(finding.place, finding.element, finding.symptom, finding.note, "inspection")
        for finding in body.findings
    ]
    opened = await recording.record_paper(unit, home, body.kind, body.on, findings, _actor(who))
    return InspectionOut(tickets=opened)


async def _home(unit: Unit, who: Principal, occupancy: str | None, building: str | None) -> Home:
    if (occupancy is None) == (building is None):
        raise invalid("/occupancy", "one_of", "Name either an occupancy or a building.")
    if who.role is Role.RESIDENT and occupancy not in await registry.own_occupancies(unit, who.person):
        raise not_found()
    home = None
    if occupancy is not None:
        home = await registry.home_of_occupancy(unit, occupancy)
    elif building is not None:
        home = await registry.home_of_building(unit, building)
    if home is None:
        raise not_found()
    return home


def _key(request: Request, who: Principal) -> str | None:
    key = request.headers.get("idempotency-key")
    return f"{who.id}:{key}"[:200] if key else None


def _actor(who: Principal) -> Actor:
    return Actor(who.id, who.role.value)
