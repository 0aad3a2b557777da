"""Findings of an *état des lieux* (tenant) or of a *livraison* (buyer) become requests.

The two differ in law: an état des lieux says what the tenant did not do; a livraison starts the vendor's
duty for visible defects (C. civ. art. 1642-1), each finding being a réserve.
"""

from datetime import date

from contracts.codes import Tenure
from services.aftersales.actions import NewTicket, open_ticket
from services.aftersales.assess import FOUND_AT_ENTRY
from services.aftersales.dwelling_file import asking
from services.aftersales.model import Inspection, Ticket
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
            "An état des lieux is made with a tenant, a livraison with a buyer.",
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
    assert unit.coop is not None
    assert home.occupancy is not None
    check_tenure(home, kind)
    inspection = Inspection(
        id=guided or new_id("ins"),
        coop=unit.coop,
        occupancy=home.occupancy,
        kind=kind,
        held_on=held_on,
        recorded_by=actor.id,
        recorded_at=unit.now,
    )
    unit.session.add(inspection)
    await unit.session.flush()
    unit.forget()
    await asking.replan(unit, home)
    cause = FOUND_AT_ENTRY if kind == "etat_des_lieux" else "unknown"
    opened = [
        await open_ticket(
            unit,
            home,
            NewTicket(
                place=finding.place,
                element=finding.element,
                symptom=finding.symptom,
                description=finding.description,
                channel="inspection",
                noticed_on=held_on,
                inspection=inspection.id,
                cause=cause,
            ),
            actor,
        )
        for finding in findings
    ]
    await asking.replan(unit, home)  # the household's legal windows run from this day
    return opened
