"""Two cooperatives with everything in them, made through the API, and everyone who might call."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.routing import BaseRoute

from contracts.codes import Quality, Role
from deploy.engines import Engines, mail
from services.kit.ids import new_id
from services.kit.mail import keep
from services.kit.principal import SESSION_COOKIE, Principal
from services.metering.day_rows import body
from services.metering.packing import pack
from services.metering.settle import Slot, Source
from tests.conftest import OpenUnit
from tests.pictures import photo as taken

CSRF = "anti-forgery-token-of-the-session"
_DAYS = {
    "prices_from": "2026-02-01",
    "price_eur_kwh": "0.2016",
    "nights_left_out": 1,
    "share_percent": 40,
    "saved_w": 60,
    "data_from": "2026-02-01",
    "data_to": "2026-02-20",
}
_SLOT = Slot(88, Quality.MEASURED, Source.REGISTER)
SITE = "https://palier.test"


class Rehearsal:
    """A room's database whose requests are undone when they have been answered."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self.has_written = False
        """Whether the last request changed anything, before it was undone."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        async with self._database.engine.connect() as connection:
            outer = await connection.begin()
            self.has_written = False
            async with AsyncSession(
                bind=connection, join_transaction_mode="rollback_only", expire_on_commit=False
            ) as session:
                yield session
            if outer.is_active:
                writing = await connection.execute(
                    text("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
                )
                self.has_written = bool(writing.scalar_one())
                await outer.rollback()


@dataclass
class Identity:
    """Callers are who the test says they are, by token and by session alike."""

    known: dict[str, Principal] = field(default_factory=dict)

    async def of_token(self, token: str) -> Principal | None:
        return self.known.get(token)

    async def of_session(self, cookie: str) -> Principal | None:
        who = self.known.get(cookie)
        return who and Principal(who.id, who.role, who.coop, "Nom affiché", "fr", CSRF)


@dataclass(frozen=True)
class Household:
    """One home with what belongs to it. `marks` are words that nobody else may read."""

    coop: str
    occupancy: str
    person: str
    dwelling: str
    meter: str
    ticket: str
    tip: str
    notification: str
    delivery: str
    exchange: str
    edit: str
    file_import: str
    draft: str
    photo: str
    inspection: str
    document: str
    amendment: str
    locked: str
    """An inspection of a household that was erased."""
    paper: str
    piece: str
    """Equipment of the dwelling."""
    check_in: str
    notice: str
    """Written about the request, to whoever owes the repair."""
    incident: str
    proposal: str
    """Of a fault that its meter shows."""
    visit: str
    marks: frozenset[str]


_FACTS = {
    "coop": "Les Aulnes", "residence": "Les Tilleuls", "ref": "A12", "household": ["Foyer 12"],
    "language": "fr", "zone": "Europe/Paris", "record_sha256": "x",
}  # fmt: skip
"""Of a sealed inspection, as its page says them."""


@dataclass
class Town:
    """`home` and `next_door` are of one cooperative, `abroad` is of another; each has one of everything."""

    client: httpx.AsyncClient
    app: FastAPI
    home: Household
    next_door: Household
    abroad: Household
    things: dict[str, dict[str, str]]
    """Per cooperative, its objects that belong to no household: building, gateway, rule, …"""
    tokens: dict[str, str]
    """Caller's name to token."""

    def program(self, caller: str) -> dict[str, str]:
        """Headers of a caller of the API."""
        return {"Authorization": f"Bearer {self.tokens[caller]}"} if caller in self.tokens else {}

    def browser(self, caller: str) -> dict[str, str]:
        """Headers of a caller's page: session, anti-forgery token, same origin."""
        same_site = {"Origin": SITE, "Sec-Fetch-Site": "same-origin"}
        if caller not in self.tokens:
            return same_site
        return same_site | {"Cookie": f"{SESSION_COOKIE}={self.tokens[caller]}", "X-CSRF-Token": CSRF}


def routes_of(routes: list[BaseRoute]) -> Iterator[tuple[str, Any]]:
    """Every `METHOD /path` that the application answers, with its route."""
    for route in routes:
        nested = getattr(route, "original_router", None)
        if nested is not None:
            yield from routes_of(nested.routes)
        elif getattr(route, "methods", None):
            for method in sorted(route.methods - {"HEAD"}):  # type: ignore[attr-defined]
                yield f"{method} {route.path}", route  # type: ignore[attr-defined]
        else:
            yield f"MOUNT {route.path}", route  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
async def town(engines: Engines, room_unit: OpenUnit) -> AsyncIterator[Town]:
    from deploy.web import build  # imports every room

    identity = Identity()
    app = build(engines.settings, engines.secrets, identity=identity)

    async def intake_listens() -> bool:
        return True

    app.state.is_intake_ready = intake_listens
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=SITE) as client,
    ):
        yield await _settle(app, client, identity, engines, room_unit)


async def _settle(
    app: FastAPI, client: httpx.AsyncClient, identity: Identity, engines: Engines, room_unit: OpenUnit
) -> Town:
    def enrol(name: str, role: Role, coop: str, person: str | None = None) -> None:
        tokens[name] = new_id("tok")
        identity.known[tokens[name]] = Principal(person or new_id("per"), role, coop)

    tokens: dict[str, str] = {}
    alder, birch = f"alder-{new_id('x')[-8:]}", f"birch-{new_id('x')[-8:]}"
    enrol("platform", Role.OPERATOR, "*")
    for suffix, coop in (("", alder), ("_abroad", birch)):
        enrol(f"staff{suffix}", Role.STAFF, coop)
        enrol(f"operator{suffix}", Role.OPERATOR, coop)
    enrol("caretaker", Role.CARETAKER, alder)
    office = _Office(client, tokens, room_unit)
    things = {}
    for coop, staff in ((alder, "staff"), (birch, "staff_abroad")):
        await office.made(
            "platform", "/coops", {"slug": coop, "name": f"Coop {coop}", "zone": "Europe/Paris"}
        )
        things[coop] = await office.commons(coop, staff)
    home = await office.household(alder, "staff")
    next_door = await office.household(alder, "staff")
    abroad = await office.household(birch, "staff_abroad")
    enrol("resident", Role.RESIDENT, alder, home.person)
    enrol("neighbour", Role.RESIDENT, alder, next_door.person)
    enrol("resident_abroad", Role.RESIDENT, birch, abroad.person)
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "a@palier.test", "b@foyer.test", new_id("letter")
    await keep(engines.settings.data_dir, letter)
    kept = mail.letters(engines.settings.data_dir)
    things[alder]["letter"] = next(one.key for one in kept if one.subject == letter["Subject"])
    for room in list(app.state.databases):
        app.state.databases[room] = Rehearsal(app.state.databases[room])
    return Town(client, app, home, next_door, abroad, things, tokens)


@dataclass
class _Office:
    client: httpx.AsyncClient
    tokens: dict[str, str]
    room_unit: OpenUnit

    async def made(self, caller: str, path: str, body: dict[str, Any]) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens[caller]}"}
        answer = await self.client.post(f"/api/v1{path}", json=body, headers=headers)
        assert answer.status_code in (201, 202), answer.text
        return answer.json()

    async def commons(self, coop: str, staff: str) -> dict[str, str]:
        ref = new_id("bld")
        building = await self.made(
            staff, "/buildings", {"coop": coop, "ref": ref, "residence": f"Résidence {ref}"}
        )
        gateway = await self.made(staff, "/gateways", {"coop": coop, "codec": "zlinky"})
        rule = {"responsible": "cooperative", "basis": "Règlement intérieur", "valid_from": "2026-01-01"}
        rejected = new_id("rej")
        await self._insert(
            "metering",
            "INSERT INTO metering.quarantine"
            " (id, coop, reason, detail, topic, codec, payload, received_at, status) VALUES"
            " (:id, :coop, 'unknown_topic', 'x', 'meters/x', 'senml', 'x', now(), 'waiting')",
            id=rejected, coop=coop,
        )  # fmt: skip
        feeds = {"feed": new_id("fee"), "recording": new_id("fee")}
        for feed, state in zip(feeds.values(), ("ready", "recording"), strict=True):
            await self._insert(
                "metering",
                "INSERT INTO metering.feed"
                " (id, coop, name, origin, state, zone, made_by, made_at, expires_at) VALUES"
                " (:id, :coop, 'x', 'upload', :state, 'Europe/Paris', 'x', now(), now() + interval '1 d')",
                id=feed, coop=coop, state=state,
            )  # fmt: skip
        plant = new_id("plt")
        await self._insert(
            "aftersales",
            "INSERT INTO aftersales.plant (id, coop, ref, families, buildings)"
            " VALUES (:id, :coop, :id, '[\"heating\"]', '[]')",
            id=plant, coop=coop,
        )  # fmt: skip
        party, letter, hours = new_id("pty"), new_id("ltr"), new_id("avl")
        await self._insert(
            "aftersales",
            "INSERT INTO aftersales.party (id, coop, kind, name, email, language, trades, buildings,"
            " warranties) VALUES (:id, :coop, 'contractor', :id, 'firm@firm.test', 'fr', '[]', '[]', '[]')",
            id=party, coop=coop,
        )  # fmt: skip
        await self._insert(
            "aftersales",
            "INSERT INTO aftersales.letter (id, coop, party, about, language, subject, paragraphs, state,"
            " attempts, not_before, queued_at, failed_at, news) VALUES (:id, :coop, :party, :party, 'fr',"
            " :id, '[]', 'failed', 1, now(), now(), now(), false)",
            id=letter, coop=coop, party=party,
        )  # fmt: skip
        link = new_id("x").ljust(64, "0")
        await self._insert(
            "aftersales",
            "INSERT INTO aftersales.party_link (token_hash, coop, party, made_at, expires_at)"
            " VALUES (:id, :coop, :party, now(), now() + interval '30 days')",
            id=link, coop=coop, party=party,
        )  # fmt: skip
        await self._insert(
            "aftersales",
            "INSERT INTO aftersales.availability (id, coop, host, weekday, starts, ends, window_minutes,"
            " capacity, valid_from) VALUES (:id, :coop, 'plumbing', 0, '08:00', '12:00', 120, 1, now())",
            id=hours, coop=coop,
        )  # fmt: skip
        routing = {"valid_from": "2026-01-01", "trade": "gas", "party": party, "note": party}
        replay = new_id("rpl")
        await self._insert(
            "metering",
            "INSERT INTO metering.replay (id, coop, feed, state, made_by, made_at)"
            " VALUES (:id, :coop, 'fee_other', 'paused', 'x', now())",
            id=replay, coop=coop,
        )  # fmt: skip
        return feeds | {
            "ref": plant,
            "replay": replay,
            "party": party,
            "party_letter": letter,
            "party_link": f"lnk_{link[:24]}",
            "hours": hours,
            "routing_rule": (await self.made(staff, "/routing-rules", routing))["id"],
            "slug": coop,
            "building": building["id"],
            "gateway": gateway["id"],
            "rule": (await self.made(staff, "/responsibility-rules", rule))["id"],
            "rejected": rejected,
        }

    async def household(self, coop: str, staff: str) -> Household:
        name = f"Foyer {new_id('f')}"
        email = f"{name.split()[1]}@foyer.test"
        dwelling = {
            "coop": coop, "ref": new_id("ref"), "residence": "Les Aulnes", "floor_area_m2": 62,
            "heating": "electric", "postcode": "69100",
            "meters": [{"fluid": "electricity", "tariff": "base", "subscribed_kva": 6}],
        }  # fmt: skip
        moved = await self.made(
            staff,
            "/move-ins",
            {
                "coop": coop, "dwelling": dwelling, "tenure": "tenant", "moved_in_on": "2026-01-05",
                "household": [{"name": name, "email": email, "right": "holder"}],
            },
        )  # fmt: skip
        person, occupancy, meter = moved["persons"][0]["id"], moved["occupancy"], moved["meters"][0]["id"]
        words = f"secret {new_id('w')}"
        ticket = await self.made(
            staff,
            "/tickets",
            {
                "occupancy": occupancy, "place": "kitchen", "element": "tap", "symptom": "leak",
                "description": words, "channel": "phone",
            },
        )  # fmt: skip
        tip, notification = new_id("tip"), new_id("ntf")
        await self._insert(
            "metering",
            "WITH s AS (INSERT INTO metering.series (coop, meter, quantity, occupancy)"
            " VALUES (:coop, :meter, 'energy_import', :occupancy) RETURNING id)"
            " INSERT INTO metering.day_row (series, day, value, closed_s, revision, body)"
            " SELECT id, '2026-02-01', 4242, 0, 1, :body FROM s",
            meter=meter, coop=coop, occupancy=occupancy,
            body=body(
                slots=48, peak_va=None, digest=b"", packed=pack([_SLOT] * 48), cost_reason=None
            ),
        )  # fmt: skip
        edit = new_id("edt")
        await self._insert(
            "metering",
            "INSERT INTO metering.edit (id, coop, meter, quantity, day, occupancy, first_slot, last_slot,"
            " kind, why, made_by, made_at) VALUES (:id, :coop, :meter, 'energy_import', '2026-02-01',"
            " :occupancy, 0, 1, 'confirm', :why, :id, now())",
            id=edit, coop=coop, meter=meter, occupancy=occupancy, why=f"motif {edit}",
        )  # fmt: skip
        file_import = new_id("imp")
        found = {
            "format": "enedis_csv", "quantity": "energy_import", "unit": "W", "stamp": "end", "zone": None,
            "kind": "interval", "step_s": 1800, "rests_upon": [], "columns": [], "missing": [],
        }  # fmt: skip
        await self._insert(
            "metering",
            "INSERT INTO metering.file_import (id, coop, meter, bounds, made_by, by_operator, dry_run, state,"
            " found, options, bytes_total, rows, accepted, created_at) VALUES (:id, :coop, :meter, :bounds,"
            " :person, false, false, 'done', :found, '{}', 9, 1, 1, now())",
            id=file_import, coop=coop, meter=meter, bounds=json.dumps([occupancy]), person=person,
            found=json.dumps(found),
        )  # fmt: skip
        exchange = await self.made(staff, f"/meters/{meter}/exchange", {"on": "2026-02-01"})
        evidence = {"night_floor_w": 120, "nights": 20, "typical_w": 60, "cost_eur_year": "200"} | _DAYS
        await self._insert(
            "advice",
            "INSERT INTO advice.tip (id, coop, occupancy, meter, rule, variant, evidence, kwh_year, eur_year,"
            " kg_co2_year, raised_on, expires_on, status) VALUES (:id, :coop, :occupancy, :meter,"
            " 'standby_load', 'strong', :evidence, 300, 60, 18, current_date, current_date + 60, 'open')",
            id=tip, coop=coop, occupancy=occupancy, meter=meter, evidence=json.dumps(evidence),
        )  # fmt: skip
        await self._insert(
            "notifications",
            "INSERT INTO notifications.intent (id, coop, person, category, template, about, facts, dedup_key,"
            " created_at) VALUES (:id, :coop, :person, 'account', 'welcome', :occupancy, :facts, :id, now())",
            id=notification, coop=coop, person=person, occupancy=occupancy,
            facts=json.dumps({"occupancy": occupancy, "moved_in_on": "2026-01-05"}),
        )  # fmt: skip
        delivery = new_id("dlv")
        await self._insert(
            "notifications",
            "INSERT INTO notifications.delivery (id, coop, intent, channel, state, attempts, is_uncertain,"
            " not_before) VALUES (:id, :coop, :intent, 'post', 'staff_task', 0, false, now())",
            id=delivery, coop=coop, intent=notification,
        )  # fmt: skip
        marks = {name, email, words, occupancy, person, ticket["id"], tip, notification, delivery, meter}
        marks |= {exchange["id"], edit, file_import}
        return Household(
            coop,
            occupancy,
            person,
            moved["dwelling"],
            meter,
            ticket["id"],
            tip,
            notification,
            delivery,
            exchange["id"],
            edit,
            file_import,
            await self._begun(coop, person, words),
            *await self._inspected(coop, occupancy, ticket["id"], person),
            *await self._filed(coop, occupancy, moved["dwelling"]),
            await self._notified(coop, ticket["id"]),
            *await self._fell_out(coop, occupancy, person, meter),
            visit=await self._expected(coop, ticket["id"]),
            marks=frozenset(marks),
        )

    async def _expected(self, coop: str, ticket: str) -> str:
        """A visit about the request."""
        visit = new_id("vis")
        await self._insert(
            "aftersales",
            "INSERT INTO aftersales.visit (id, coop, ticket, host, seat, starts_at, ends_at, state, sequence,"
            " booked_by, booked_at, changed_at) VALUES (:id, :coop, :ticket, 'plumbing', 0,"
            " now() + interval '3 d', now() + interval '3 d 2 h', 'booked', 0, 'staff', now(), now())",
            id=visit, coop=coop, ticket=ticket,
        )  # fmt: skip
        return visit

    async def _begun(self, coop: str, person: str, words: str) -> str:
        """A report that the person has begun to tell."""
        draft = new_id("drf")
        await self._insert(
            "aftersales",
            "INSERT INTO aftersales.draft (id, coop, person, content, changed_at)"
            " VALUES (:id, :coop, :person, :content, now())",
            id=draft, coop=coop, person=person, content=json.dumps({"text": words}),
        )  # fmt: skip
        return draft

    async def _filed(self, coop: str, occupancy: str, dwelling: str) -> list[str]:
        """Equipment of the dwelling with its own day, and a check-in that was asked."""
        piece, check_in = new_id("equ"), new_id("chk")
        await self._insert(
            "aftersales",
            "INSERT INTO aftersales.equipment (id, coop, dwelling, element, installed_on, warranty_regime,"
            " recorded_by, recorded_at) VALUES (:id, :coop, :dwelling, 'boiler', '2026-02-01', 'contract',"
            " 'x', now())",
            id=piece, coop=coop, dwelling=dwelling,
        )  # fmt: skip
        await self._insert(
            "aftersales",
            "INSERT INTO aftersales.check_in (id, coop, occupancy, kind, due_on, state, windows, asked_at)"
            " VALUES (:id, :coop, :occupancy, 'd3', '2026-01-08', 'asked', '[\"edl_completion\"]', now())",
            id=check_in, coop=coop, occupancy=occupancy,
        )  # fmt: skip
        return [piece, check_in]

    async def _fell_out(self, coop: str, occupancy: str, person: str, meter: str) -> list[str]:
        """An incident that the household follows, and a fault that its meter shows."""
        incident, proposal = new_id("inc"), new_id("flt")
        await self._insert(
            "aftersales",
            "INSERT INTO aftersales.incident (id, coop, family, scope, element, symptom, state, evidence,"
            " tells_all, began_at, version) VALUES (:id, :coop, 'heating', :scope, 'radiator', 'no_heat',"
            " 'resolved', '{}', false, now(), 1)",
            id=incident, coop=coop, scope=f"residence:{incident}",
        )  # fmt: skip
        await self._insert(
            "aftersales",
            "INSERT INTO aftersales.incident_follower (incident, occupancy, coop, person, followed_at)"
            " VALUES (:id, :occupancy, :coop, :person, now())",
            id=incident, coop=coop, occupancy=occupancy, person=person,
        )  # fmt: skip
        await self._insert(
            "aftersales",
            "INSERT INTO aftersales.meter_proposal (id, coop, meter, fault, element, symptom, since,"
            " raised_at, evidence, state) VALUES (:id, :coop, :meter, 'no_heating', 'radiator', 'no_heat',"
            " now(), now(), '{}', 'proposed')",
            id=proposal, coop=coop, meter=meter,
        )  # fmt: skip
        return [incident, proposal]

    async def _notified(self, coop: str, ticket: str) -> str:
        """A notice of the request's defect to its builder."""
        notice = new_id("ntc")
        await self._insert(
            "aftersales",
            "INSERT INTO aftersales.notice (id, coop, kind, debtor, addressee, regimes, subject, paragraphs,"
            " answer_by_on, sent_by, content, content_type, sha256, written_by, written_at) VALUES (:id,"
            " :coop, 'notice', 'contractor', 'Entreprise', '[]', 'x', '[]', '2026-03-01', 'post', 'x',"
            " 'application/pdf', 'x', 'x', '2026-01-15')",
            id=notice, coop=coop,
        )  # fmt: skip
        await self._insert(
            "aftersales",
            "INSERT INTO aftersales.notice_ticket (notice, ticket, coop) VALUES (:notice, :ticket, :coop)",
            notice=notice, ticket=ticket, coop=coop,
        )  # fmt: skip
        await self._insert(
            "aftersales",
            "INSERT INTO aftersales.notice_annex (notice, number, coop, kind, source, says, dated_on, sha256,"
            " size_bytes, way, content) VALUES (:notice, 1, :coop, 'letter', :notice, CAST(:says AS jsonb),"
            " '2026-01-15', 'x', 1, 'enclosed', NULL)",
            notice=notice, coop=coop, says='{"kind": "notice", "to": "Entreprise"}',
        )  # fmt: skip
        return notice

    async def _inspected(self, coop: str, occupancy: str, ticket: str, person: str) -> list[str]:
        """A photo of the request, an inspection under way, a document and an addition of it, one locked."""
        photo, inspection, document, amendment = (new_id(kind) for kind in ("pho", "ins", "doc", "amd"))
        await self._insert(
            "aftersales",
            "INSERT INTO aftersales.photo (id, coop, ticket, put_by, role, put_at, width, height)"
            " VALUES (:id, :coop, :ticket, :person, 'resident', now(), 4, 3)",
            id=photo, coop=coop, ticket=ticket, person=person,
        )  # fmt: skip
        await self._insert(
            "aftersales",
            "INSERT INTO aftersales.photo_file (photo, size, coop, content)"
            " SELECT :photo, size, :coop, :content FROM unnest(ARRAY['full', 'small']) size",
            photo=photo, coop=coop, content=taken(),
        )  # fmt: skip
        await self._insert(
            "aftersales",
            "INSERT INTO aftersales.guided_inspection (id, coop, occupancy, kind, held_on, started_by,"
            " started_at, record, version) VALUES (:id, :coop, :occupancy, 'etat_des_lieux', current_date,"
            " 'x', now(), :record, 1)",
            id=inspection, coop=coop, occupancy=occupancy,
            record=json.dumps({"rooms": [{"id": "room-kitchen", "place": "kitchen"}]}),
        )  # fmt: skip
        await self._insert(
            "aftersales",
            "INSERT INTO aftersales.inspection_amendment (id, coop, inspection, ticket, \"window\", place,"
            " element, symptom, asked_by, asked_at) VALUES (:id, :coop, :inspection, :ticket, 'ten_days',"
            " 'kitchen', 'tap', 'leak', :person, now())",
            id=amendment, coop=coop, inspection=inspection, ticket=ticket, person=person,
        )  # fmt: skip
        await self._insert(
            "aftersales",
            "INSERT INTO aftersales.inspection_document (id, coop, inspection, content, sha256, made_at,"
            " facts) VALUES (:id, :coop, :inspection, 'x', 'x', now(), :facts)",
            id=document, coop=coop, inspection=inspection, facts=json.dumps(_FACTS),
        )  # fmt: skip
        await self._insert(
            "aftersales",
            "INSERT INTO aftersales.inspection_signature (inspection, side, coop, name, record_sha256,"
            " signed_by, signed_at) SELECT :inspection, side, :coop, 'Foyer 12', 'x', :person, now()"
            " FROM unnest(ARRAY['household', 'cooperative']) side",
            inspection=inspection, coop=coop, person=person,
        )  # fmt: skip
        locked, paper = new_id("ins"), new_id("doc")
        await self._insert(
            "aftersales",
            "INSERT INTO aftersales.guided_inspection (id, coop, occupancy, kind, held_on, started_by,"
            " started_at, record, version, signed_at, kept_until) VALUES (:id, :coop, 'occ_erased',"
            " 'etat_des_lieux', current_date, 'x', now(), '{}', 1, now(), current_date)",
            id=locked, coop=coop,
        )  # fmt: skip
        await self._insert(
            "aftersales",
            "INSERT INTO aftersales.inspection_document (id, coop, inspection, content, sha256, made_at)"
            " VALUES (:id, :coop, :inspection, 'x', 'x', now())",
            id=paper, coop=coop, inspection=locked,
        )  # fmt: skip
        return [photo, inspection, document, amendment, locked, paper]

    async def _insert(self, room: str, statement: str, **values: Any) -> None:
        async with self.room_unit(room) as unit:
            await unit.session.execute(text(statement), values)
