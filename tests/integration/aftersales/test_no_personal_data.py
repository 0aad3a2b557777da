"""All of after-sales, in words that are recognised anywhere: what is told to others, logged, counted or put
into addresses holds none of them; what people wrote is in their copy of the data, and goes with them."""

from __future__ import annotations

import importlib
import inspect
import json
import logging
import pkgutil
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import httpx
import prometheus_client
import pytest
from sqlalchemy import text
from sqlmodel import SQLModel

from contracts.codes import Role
from contracts.members import Erased
from services import aftersales
from services.aftersales import handlers, personal
from services.aftersales.inspections import locking, preparing
from services.kit.database import ROOMS
from services.kit.logs import JsonFormatter
from tests.hours import an_hour_passes
from tests.integration.aftersales.conftest import MONDAY
from tests.integration.aftersales.test_contractor_link import Firm, a_firm, agreed
from tests.integration.aftersales.test_inspections import Inspecting
from tests.integration.aftersales.test_pages import Browser, begin
from tests.pictures import photo

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

NAME, EMAIL, MOBILE = "Foyer Canariole", "canariole@foyer.test", "+33639987654"
PHONE_SAID = "06 39 98 76 54"
CANARIES = ("anariole", "39987654", "39 98 76 54", "serin", "oiseleur")
SENTENCE = f"Le robinet de la cuisine fuit chez Mme Canariole, rappelez au {PHONE_SAID}, le serin a peur"
"""Every other text holds `serin` (the household's words) or `oiseleur` (the cooperative's)."""


@dataclass
class Overheard:
    """All that a stranger in the machine room could see."""

    addresses: list[str] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)

    async def response(self, response: httpx.Response) -> None:
        await response.aread()
        self.addresses += [str(response.request.url), response.headers.get("location", "")]


class _Ear(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(JsonFormatter("test"))
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))


@pytest.fixture
async def overheard(aulnes: Cooperative) -> AsyncIterator[Overheard]:
    found = Overheard()
    hooks = aulnes.web.client.event_hooks
    hooks["response"].append(found.response)
    aulnes.web.client.event_hooks = hooks
    root, ear = logging.getLogger(), _Ear(found.logs)
    # The house's own words; the drivers' SQL at DEBUG is nobody's setting.
    ours = [logging.getLogger(name) for name in ("services", "uvicorn", "fastapi", "faststream")]
    root.addHandler(ear)
    for one in ours:
        one.setLevel(logging.DEBUG)
    yield found
    for one in ours:
        one.setLevel(logging.NOTSET)
    root.removeHandler(ear)
    hooks["response"].remove(found.response)
    aulnes.web.client.event_hooks = hooks


@dataclass
class Told:
    person: str
    occupancy: str
    ticket: str


async def told_everything(aulnes: Cooperative) -> Told:
    """A household goes through all of it, and so do the cooperative and a firm."""
    holder = {"name": NAME, "email": EMAIL, "mobile": MOBILE, "right": "holder"}
    moved = await aulnes.move_in(household=[holder], moved_in_on="2026-11-16")
    person, occupancy = moved["persons"][0]["id"], moved["occupancy"]
    ticket = await _reported(aulnes, person)
    firm = await a_firm(aulnes)
    await _repaired(aulnes, firm, ticket)
    await _judged(aulnes, person, ticket)
    await _inspected(aulnes, moved)
    await _phoned(aulnes, occupancy)
    for hours in (1, 30, 200, 800):
        await aulnes.now(MONDAY + timedelta(hours=hours))
        await an_hour_passes(aulnes.room_unit, "aftersales", handlers.an_hour)
    await aulnes.now(MONDAY)
    return Told(person, occupancy, ticket)


async def _reported(aulnes: Cooperative, person: str) -> str:
    """By a sentence with a name and a number, with a photo and when they are at home; then a message."""
    browser = Browser(aulnes, Role.RESIDENT, person)
    draft = await begin(browser)
    await browser.send(draft, text=SENTENCE)
    await browser.get(f"{draft}/understood")
    await browser.get(f"{draft}/last?problem=kitchen.tap.leak")
    sent = await browser.bring(
        f"{draft}/send",
        [("photos", ("serin-canariole.jpg", photo(), "image/jpeg"))],
        problem="kitchen.tap.leak", text=SENTENCE, access_note=f"Le code est au serin, {PHONE_SAID}",
    )  # fmt: skip
    assert sent.status_code == 303, sent.text
    page = sent.headers["location"].split("?")[0]
    await browser.send(f"{page}/messages", body="Le serin canariole attend toujours")
    for path in (page, "/tickets", "/data/kept", "/home"):
        await browser.get(path)
    return str(page.split("/")[-1])


async def _repaired(aulnes: Cooperative, firm: Firm, ticket: str) -> None:
    for action in ("acknowledge", "qualify"):
        done = await aulnes.act(ticket, action, comment="L’oiseleur a rappelé Mme Canariole")
        assert done.status_code == 200, done.text
    done = await aulnes.act(ticket, "assign", party=firm.party, comment="L’oiseleur envoie la firme")
    assert done.status_code == 200, done.text
    await firm.get(f"/jobs/{ticket}")
    await agreed(firm, ticket, MONDAY + timedelta(hours=3))
    await aulnes.now(MONDAY + timedelta(hours=3))
    await firm.send(f"/jobs/{ticket}/start")
    finished = await firm.send(
        f"/jobs/{ticket}/finish",
        files=[("photos", ("canariole.jpg", photo(), "image/jpeg"))],
        outcome="fixed", note="L’oiseleur a changé le joint de Mme Canariole",
    )  # fmt: skip
    assert finished.status_code == 303, finished.text


async def _judged(aulnes: Cooperative, person: str, ticket: str) -> None:
    me = aulnes.resident(person)
    answered = await aulnes.act(ticket, "confirm", me, comment="Le serin canariole ne fuit plus")
    assert answered.status_code in (200, 409, 422), answered.text
    await aulnes.act(ticket, "resolve", comment="L’oiseleur a fini")
    said = await aulnes.web.client.put(
        f"/api/v1/tickets/{ticket}/opinion",
        json={"verdict": "good", "comment": f"Le serin est content, {PHONE_SAID}"},
        headers=me,
    )
    assert said.status_code < 500
    staff = Browser(aulnes, Role.STAFF, aulnes.agent)
    await staff.get(f"/desk/{ticket}")
    await staff.get("/desk")


async def _inspected(aulnes: Cooperative, moved: dict[str, Any]) -> None:
    tenant = Inspecting(aulnes, moved)
    await tenant.begin("etat_des_lieux")
    await tenant.find("room-kitchen", "finding-1", photo(), note="Le serin a rayé l’évier de Mme Canariole")
    await tenant.go_through()
    await tenant.do("/remarks", remarks=f"L’oiseleur rappelle au {PHONE_SAID}")
    for side in ("household", "cooperative"):
        assert (await tenant.sign(side, name=f"{NAME} serin")).status_code == 303
    while await preparing.step(partial(aulnes.room_unit, "aftersales")):
        pass
    await tenant.document()
    sent = await tenant.household.send(
        f"{tenant.path}/forgotten/photos",
        place="bedroom", element="socket", symptom="loose", note="Le serin a vu la prise",
    )  # fmt: skip
    assert sent.status_code == 303, sent.text


async def _phoned(aulnes: Cooperative, occupancy: str) -> None:
    await aulnes.open(occupancy, element="radiator", symptom="no_heat", description="Le serin a froid")
    refused = await aulnes.open(occupancy, description="Le serin redemande")
    await aulnes.act(
        refused["id"], "refuse", reason="maintenance_by_tenant", explanation="L’oiseleur refuse",
        comment="L’oiseleur refuse à Mme Canariole",
    )  # fmt: skip


def assert_clean(where: str, words: str) -> None:
    found = [canary for canary in CANARIES if canary in words]
    assert not found, f"{where} holds {found}: …{words[max(0, words.find(found[0]) - 200) :][:500]}"


@pytest.mark.engines
async def test_what_is_told_logged_counted_or_addressed_names_nobody(
    aulnes: Cooperative, overheard: Overheard
) -> None:
    told = await told_everything(aulnes)
    await _with_dead_letters(aulnes, told, overheard)
    for room in ROOMS:
        async with aulnes.room_unit(room) as unit:
            rows = await unit.session.execute(
                text(f"SELECT subject || ' ' || about || ' ' || body FROM {room}.outbox WHERE coop = :coop"),
                {"coop": aulnes.slug},
            )
            for row in rows.scalars():
                assert_clean(f"{room}.outbox", row)
    assert len(await aulnes.told("aftersales.ticket_changed.v1")) > 5
    assert len(overheard.addresses) > 60
    for address in overheard.addresses:
        assert_clean("an address", unquote_plus(address))
    for line in overheard.logs:
        assert_clean("a log", line)
    metrics = prometheus_client.generate_latest().decode()
    assert_clean("metrics", metrics)
    for thing in (told.person, told.occupancy, told.ticket, aulnes.slug):
        assert thing not in metrics


async def _with_dead_letters(aulnes: Cooperative, told: Told, overheard: Overheard) -> None:
    """Handlers that fail while they hold people's words: what is logged of it quotes none of them."""
    for wrong in ("description = :words, number = NULL", "number = CAST(CAST(:words AS text) AS integer)"):
        try:
            async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
                await unit.session.execute(
                    text(f"UPDATE aftersales.ticket SET {wrong} WHERE id = :id"),
                    {"words": SENTENCE, "id": told.ticket},
                )
        except Exception:
            logging.getLogger("services.kit.bus").warning("a handler failed", exc_info=True)
    assert sum("a handler failed" in line for line in overheard.logs) == 2


WORDS = ("text", "character varying", "jsonb", "json", "bytea", "ARRAY", "tsvector")


def _tables() -> Iterator[str]:
    for module in pkgutil.walk_packages(aftersales.__path__, "services.aftersales."):
        if module.name.endswith("model"):
            importlib.import_module(module.name)
    yield from (table.name for table in SQLModel.metadata.sorted_tables if table.schema == "aftersales")


async def cells_with_canaries(aulnes: Cooperative) -> dict[str, int]:
    """`table.column` to how many of its cells hold a canary, over every table of the room."""
    found: dict[str, int] = {}
    async with aulnes.room_unit("aftersales") as unit:
        columns = await unit.session.execute(
            text(
                "SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c"
                " JOIN information_schema.tables t USING (table_schema, table_name)"
                " WHERE c.table_schema = 'aftersales' AND t.table_type = 'BASE TABLE'"
                " AND c.data_type = ANY(:kinds) ORDER BY 1, 2"
            ),
            {"kinds": list(WORDS)},
        )
        with_coop = set(_tables())
        for table, column, kind in columns.all():
            if table not in with_coop:
                continue
            cell = f"encode({column}, 'escape')" if kind == "bytea" else f'"{column}"::text'
            rows = await unit.session.execute(
                text(f"SELECT count(*) FROM aftersales.{table} WHERE coop = :coop AND {cell} ~ :canaries"),
                {"coop": aulnes.slug, "canaries": "|".join(CANARIES)},
            )
            if count := rows.scalar_one():
                found[f"{table}.{column}"] = count
    return found


HANDED_OUT = {
    # Where the words stand: under which name the person's copy of the data holds them.
    "ticket.description": "tickets",
    "ticket_message.body": "messages",
    "ticket_event.comment": None,
    "ticket_access.access_note": "access",
    "visit.note": "visits",
    "opinion.comment": "opinions",
    "inspection_amendment.note": "inspection_additions",
    "guided_inspection.record": "inspection_documents",
    "inspection_signature.name": "signatures",
    "ticket_words.document": "tickets",
    "inspection_document.facts": "inspection_documents",
    "draft.content": "drafts",
}
"""None: the cooperative's own words about the case, in the history that the household reads on its pages."""


@pytest.mark.engines
async def test_what_a_household_wrote_is_in_its_copy_and_goes_with_it(aulnes: Cooperative) -> None:
    told = await told_everything(aulnes)
    before = await cells_with_canaries(aulnes)
    assert set(before) >= {
        "ticket.description", "ticket_message.body", "ticket_access.access_note", "ticket_words.document",
        "opinion.comment", "visit.note", "inspection_signature.name", "inspection_document.facts",
        "guided_inspection.record", "inspection_amendment.note", "ticket_event.comment",
    }  # fmt: skip
    unknown = set(before) - set(HANDED_OUT)
    assert not unknown, f"say in HANDED_OUT where a person's copy holds {unknown}"
    async with aulnes.room_unit("aftersales") as unit:
        copy = await personal.export(unit, told.person)
    for cell, name in HANDED_OUT.items():
        if cell in before and name is not None:
            assert copy[name], f"{cell} is in nobody's copy"
    assert "serin" in json.dumps(copy["tickets"], default=str, ensure_ascii=False)
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        erased = Erased(coop=aulnes.slug, person=told.person, occupancies=(told.occupancy,))
        await handlers.erased(erased, unit)
    assert await cells_with_canaries(aulnes) == {}


_STAFF = "the cooperative's own: who made it is a member of its staff"
_HOME = "of the home or building, not of a household"
_CODES = "codes and days that follow from the request, which is handed out"
NOT_HANDED_OUT = {
    "availability": _STAFF, "routing_rule": _STAFF, "responsibility_rule": _STAFF, "saved_view": _STAFF,
    "setting": _STAFF, "setting_change": _STAFF, "incident_event": _STAFF, "incident_news": _STAFF,
    "slot": _STAFF, "locked_reading": _STAFF, "notice_proof": _STAFF,
    "equipment": _HOME, "legal_date": _HOME, "incident": _HOME, "plant": _HOME,
    "dwelling_file": "which dwelling an erased household's file belonged to",
    "ticket_deadline": _CODES, "ticket_warranty": _CODES, "incident_report": _CODES, "inspection": _CODES,
    "ticket_words": "the words of requests and messages once more, for searching; they follow them",
    "party": "firms", "party_link": "firms", "link_try": "digests of links that were tried",
    "household_tally": "ids and instants of the last hour's tries; erased at once, gone by themselves",
    "letter": "to firms; they hold the home and the work, no household's words",
    "party_message": "the cooperative's and a firm's words to each other about the work",
    "opinion_step": "counts of several homes at least",
    "counter": "counts", "clock_walk": "an instant", "rewinding": "an instant",
    "hourly": "hours, of cooperatives",
}  # fmt: skip
"""Tables that a person's copy leaves out, each with its reason."""
NOT_ERASED = {
    **{
        name: why
        for name, why in NOT_HANDED_OUT.items()
        if name not in ("party_message", "dwelling_file", "inspection", "household_tally")
    },
    "notice": "it proves that a legal term was kept; it names the home, no person",
    "notice_ticket": "ids",
    "notice_annex": "what went with a letter is part of it: the debtor has it already",
    "photo_file": "goes with its photo",
}


def test_every_table_is_handed_out_and_erased_or_says_why_not() -> None:
    """A new table fails here until somebody has decided what becomes of a household's words in it."""
    handing = inspect.getsource(personal)
    erasing = inspect.getsource(personal.erase) + inspect.getsource(locking)
    tables = set(_tables())
    assert len(tables) > 40
    for source, reasons in ((handing.replace(inspect.getsource(personal.erase), ""), NOT_HANDED_OUT),
                            (erasing, NOT_ERASED)):  # fmt: skip
        named = {name for name in tables if re.search(rf"aftersales\.{name}\b", source)}
        assert tables - named - set(reasons) == set()
        assert set(reasons) - tables == set(), "reasons for tables that are gone"
        assert set(reasons) & named == set(), "reasons for tables that are reached"
