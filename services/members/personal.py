"""A person's copy of what the members room knows of them (GDPR articles 15 and 20)."""

from typing import Any

from sqlmodel import col, select

from services.kit.unit import Unit
from services.members.actions.common import owned, today
from services.members.model import Consent, Coop, Dwelling, Meter, MeterContract, Occupancy, Person, Resident
from services.members.occupancies import sees


async def export(unit: Unit, person: str) -> dict[str, Any]:
    """Everything kept here, as JSON: who they are, their households, their homes' meters, their consents."""
    row = await owned(unit, Person, person)
    on = today(unit, (await owned(unit, Coop, row.coop)).zone)
    places = await unit.session.execute(
        select(Resident, Occupancy, Dwelling)
        .join(Occupancy, col(Occupancy.id) == col(Resident.occupancy))
        .join(Dwelling, col(Dwelling.id) == col(Occupancy.dwelling))
        .where(Resident.person == person)
        .order_by(col(Occupancy.moved_in_on))
    )
    return {
        "person": row.model_dump(mode="json"),
        "households": [
            {
                "place": resident.model_dump(mode="json", exclude={"person"}),
                "occupancy": occupancy.model_dump(mode="json"),
                "dwelling": dwelling.model_dump(mode="json"),
                "meters": await _meters(unit, dwelling.id),
                "consents": await _consents(
                    unit, occupancy.id, None if sees(resident.until_on, on) else person
                ),
            }
            for resident, occupancy, dwelling in places.all()
        ],
    }


async def _meters(unit: Unit, dwelling: str) -> list[dict[str, Any]]:
    meters = await unit.session.scalars(select(Meter).where(Meter.dwelling == dwelling))
    found = []
    for meter in list(meters):
        contracts = await unit.session.scalars(select(MeterContract).where(MeterContract.meter == meter.id))
        terms = [contract.model_dump(mode="json", exclude={"meter", "coop"}) for contract in contracts]
        found.append(meter.model_dump(mode="json") | {"contracts": terms})
    return found


async def _consents(unit: Unit, occupancy: str, given_by: str | None) -> list[dict[str, Any]]:
    """All of the household's; for who has left it, those they gave."""
    rows = await unit.session.scalars(
        select(Consent).where(Consent.occupancy == occupancy).order_by(col(Consent.granted_at))
    )
    return [
        row.model_dump(mode="json", exclude={"coop"}) for row in rows if given_by in (None, row.granted_by)
    ]
