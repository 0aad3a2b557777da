"""Findings of an *état des lieux* (tenant) or of a *livraison* (buyer) become requests.

The two differ in law: an état des lieux says what the tenant did not do; a livraison starts the vendor's
duty for visible defects (C. civ. art. 1642-1), each finding being a réserve.
"""

import hashlib
from collections.abc import Sequence
from datetime import date

from sqlalchemy import text
from sqlmodel import col, select

from contracts.codes import Tenure
from services.aftersales.actions import NewTicket
from services.aftersales.assess import FOUND_AT_ENTRY
from services.aftersales.dwelling_file import asking
from services.aftersales.inspections.model import GuidedInspection
from services.aftersales.model import Inspection, Ticket
from services.aftersales.opening_several import open_all
from services.aftersales.registry import Home
from services.aftersales.telling import Actor
from services.kit.ids import new_id
from services.kit.problems import invalid
from services.kit.unit import Unit

TENURES = {
    "etat_des_lieux": (Tenure.TENANT, Tenure.PSLA),
    "livraison": (Tenure.BUYER_VEFA, Tenure.CO_OWNER, Tenure.PSLA, Tenure.BRS),
}


def check_tenure(home: Home, kind: str) -> None:
    """Raises 422 when that inspection is not made with such a household."""
    if home.tenure not in TENURES[kind]:
        raise invalid(
            "/kind",
            "wrong_for_tenure",
            "An entry inspection (état des lieux) is made with a tenant, a handover (livraison) with"
            " a buyer.",
        )


async def record(
    unit: Unit,
    home: Home,
    kind: str,
    held_on: date,
    findings: list[NewTicket],
    actor: Actor,
    guided: str | None = None,
) -> list[Ticket]:
    """Keep the act and open one request per finding, in the order found.

    `guided`: the id of the guided inspection that it comes from.
    """
    check_tenure(home, kind)
    inspection = await _kept(unit, home, kind, held_on, actor, guided)
    await asking.replan(unit, home)
    opened = await _open(unit, home, inspection, findings, actor)
    await asking.replan(unit, home)  # the household's legal windows run from this day
    return opened


async def record_paper(
    unit: Unit, home: Home, kind: str, held_on: date, findings: list[NewTicket], actor: Actor
) -> list[str]:
    """As `record`, of what was written on paper: told again, an inspection of that kind and day is the same
    one, and only what was not told yet opens a request.

    The requests of all these findings, those of before included, each once.
    """
    check_tenure(home, kind)
    await unit.session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:about, 0))"),
        {"about": f"{kind} {home.occupancy}"},
    )
    rows = await unit.session.execute(
        select(Inspection)
        .where(
            col(Inspection.occupancy) == home.occupancy,
            col(Inspection.kind) == kind,
            col(Inspection.held_on) == held_on,
        )
        .order_by(col(Inspection.recorded_at), col(Inspection.id))
    )
    acts = list(rows.scalars())
    known = await _told(unit, acts)
    new = {digest_of(one): one for one in findings if digest_of(one) not in known}
    on_paper = [one for one in acts if await unit.session.get(GuidedInspection, one.id) is None]
    if new or not acts:
        inspection = on_paper[0] if on_paper else await _kept(unit, home, kind, held_on, actor)
        await asking.replan(unit, home)
        opened = await _open(unit, home, inspection, list(new.values()), actor)
        known |= {digest: ticket.id for digest, ticket in zip(new, opened, strict=True)}
        inspection.opened = inspection.opened | {digest: known[digest] for digest in new}
        await asking.replan(unit, home)
    return list(dict.fromkeys(known[digest_of(one)] for one in findings))


def digest_of(finding: NewTicket) -> str:
    """SHA-256 of where what is wrong with what, and of the note however it is spaced, in hexadecimal."""
    note = " ".join((finding.description or "").split()).casefold()
    told = "\n".join((finding.place, finding.element, finding.symptom, note))
    return hashlib.sha256(told.encode()).hexdigest()


async def _told(unit: Unit, acts: list[Inspection]) -> dict[str, str]:
    """The request of each finding of these acts; what kept no digest tells it as its request stands now."""
    tickets = await unit.session.execute(
        select(Ticket)
        .where(col(Ticket.inspection).in_([one.id for one in acts]))
        .order_by(col(Ticket.number).desc())
    )
    found = {
        digest_of(NewTicket(one.place, one.element, one.symptom, one.description or "", one.channel)): one.id
        for one in tickets.scalars()
    }
    for act in acts:
        found |= act.opened
    return found


async def _kept(
    unit: Unit, home: Home, kind: str, held_on: date, actor: Actor, guided: str | None = None
) -> Inspection:
    assert unit.coop is not None
    assert home.occupancy is not None
    inspection = Inspection(
        id=guided or new_id("ins"),
        coop=unit.coop,
        occupancy=home.occupancy,
        kind=kind,
        held_on=held_on,
        recorded_by=actor.id,
        recorded_at=unit.now,
        opened={},
    )
    unit.session.add(inspection)
    await unit.session.flush()
    unit.forget()
    return inspection


async def _open(
    unit: Unit, home: Home, inspection: Inspection, findings: Sequence[NewTicket], actor: Actor
) -> list[Ticket]:
    is_entry = inspection.kind == "etat_des_lieux"
    told = [
        NewTicket(
            place=finding.place,
            element=finding.element,
            symptom=finding.symptom,
            description=finding.description,
            channel="inspection",
            noticed_on=inspection.held_on,
            inspection=inspection.id,
            cause=FOUND_AT_ENTRY if is_entry else "unknown",
        )
        for finding in findings
    ]
    return await open_all(unit, home, told, actor)
