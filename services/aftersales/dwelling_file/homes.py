"""Which dwelling, building and household a file is of, as `members` knows them now."""

from dataclasses import dataclass

from sqlalchemy import text

from contracts.codes import Role
from services.aftersales import registry
from services.aftersales.registry import Home
from services.aftersales.warranty import Dates
from services.kit.problems import not_found
from services.kit.unit import Unit
from services.kit.web import Principal


@dataclass(frozen=True)
class Address:
    """How people of the cooperative find a dwelling."""

    dwelling: str
    ref: str
    residence: str
    staircase: str | None
    floor: str | None


async def of_occupancy(unit: Unit, occupancy: str, who: Principal) -> Home:
    """The household's home; 404 when the caller may not see it."""
    home = await registry.home_of_occupancy(unit, occupancy)
    if home is None:
        raise not_found()
    if who.role is Role.RESIDENT and occupancy not in await registry.own_occupancies(unit, who.person):
        raise not_found()
    return home


async def of_dwelling(unit: Unit, dwelling: str) -> Home:
    """The dwelling with the household that lives there, or comes next; without one, the dwelling alone."""
    household = await unit.session.execute(
        text(
            "SELECT id FROM registry.occupancy WHERE dwelling = :dwelling"
            " AND (ends_at IS NULL OR ends_at > :now) ORDER BY starts_at LIMIT 1"
        ),
        {"dwelling": dwelling, "now": unit.now},
    )
    occupancy = household.scalar_one_or_none()
    home = await registry.home_of_occupancy(unit, occupancy) if occupancy else None
    return home or await _empty(unit, dwelling)


async def seen(unit: Unit, dwelling: str, who: Principal) -> None:
    """404 unless the dwelling is the caller's cooperative's, and for a resident their own."""
    await _empty(unit, dwelling)
    if who.role is Role.RESIDENT:
        own = await registry.own_occupancies(unit, who.person)
        found = [await registry.home_of_occupancy(unit, occupancy) for occupancy in own]
        if dwelling not in [home.dwelling for home in found if home]:
            raise not_found()


async def address_of(unit: Unit, dwelling: str) -> Address:
    row = (
        await unit.session.execute(
            text(
                "SELECT id AS dwelling, ref, residence, staircase, floor"
                " FROM registry.dwelling WHERE id = :id"
            ),
            {"id": dwelling},
        )
    ).one_or_none()
    if row is None:
        raise not_found()
    return Address(**row._mapping)


async def _empty(unit: Unit, dwelling: str) -> Home:
    row = (
        await unit.session.execute(
            text(
                "SELECT id, building, residence, postcode, zone, reception_on, built_on"
                " FROM registry.dwelling WHERE id = :id"
            ),
            {"id": dwelling},
        )
    ).one_or_none()
    if row is None:
        raise not_found()
    return Home(
        zone=row.zone,
        residence=row.residence,
        dwelling=row.id,
        building=row.building,
        dates=Dates(reception_on=row.reception_on, built_on=row.built_on),
        postcode=row.postcode,
    )
