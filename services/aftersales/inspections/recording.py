"""Findings of an *état des lieux* (tenant) or of a *livraison* (buyer) become requests.

The two differ in law: an état des lieux says what the tenant did not do; a livraison starts the vendor's
duty for visible defects (C. civ. art. 1642-1), each finding being a réserve.
"""

from collections.abc import Sequence
from datetime import date

from contracts.codes import Tenure
from services.aftersales.actions import NewTicket
from services.aftersales.assess import FOUND_AT_ENTRY
from services.aftersales.dwelling_file import asking
from services.aftersales.inspections import merging
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
    """Keep the act and open one request per finding, in the order found. What another document of that kind
    and day holds already keeps its request (`merging`).

    `guided`: the id of the guided inspection that it comes from.
    """
    check_tenure(home, kind)
    before = await _before(unit, home, kind, held_on)
    inspection = await _kept(unit, home, kind, held_on, actor, guided)
    return await _merged(unit, home, inspection, findings, before, actor, again=False)


async def record_paper(
    unit: Unit, home: Home, kind: str, held_on: date, findings: list[NewTicket], actor: Actor
) -> list[str]:
    """As `record`, of what was written on paper: told again, an inspection of that kind and day is the same
    one, and only what was not told yet opens a request.

    The request of each finding, in the order found, those of before included: two alike on one sheet are two
    defects, however often the sheet is sent.
    """
    check_tenure(home, kind)
    before = await _before(unit, home, kind, held_on)
    on_paper = [one for one in before if await unit.session.get(GuidedInspection, one.id) is None]
    inspection = on_paper[0] if on_paper else await _kept(unit, home, kind, held_on, actor)
    return [
        ticket.id for ticket in await _merged(unit, home, inspection, findings, before, actor, again=True)
    ]


async def _before(unit: Unit, home: Home, kind: str, held_on: date) -> list[Inspection]:
    """The documents that hold the same act, and will until the end of this unit."""
    assert home.occupancy is not None
    await merging.one_at_a_time(unit, home.occupancy, kind)
    return await merging.acts_of(unit, home.occupancy, kind, held_on)


async def _merged(
    unit: Unit,
    home: Home,
    inspection: Inspection,
    findings: Sequence[NewTicket],
    before: Sequence[Inspection],
    actor: Actor,
    *,
    again: bool,
) -> list[Ticket]:
    """The request of each finding, in the order found: the one that is there, or a new one."""
    told = await merging.told_in(unit, before)
    known = merging.matched(findings, told, again=again)
    new = [one for one, ticket in zip(findings, known, strict=True) if ticket is None]
    if new or inspection not in before:
        await asking.replan(unit, home)
        opened = iter(await _open(unit, home, inspection, new, actor))
        await asking.replan(unit, home)  # the household's legal windows run from this day
    else:
        opened = iter(())
    tickets = [
        next(opened) if ticket is None else await unit.session.get_one(Ticket, ticket) for ticket in known
    ]
    pairs = zip(findings, (ticket.id for ticket in tickets), strict=True)
    inspection.opened = inspection.opened | merging.kept(pairs)
    await unit.session.flush()
    return tickets


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
