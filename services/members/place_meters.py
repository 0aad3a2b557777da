"""The meters of one place, a dwelling or a building's common part, with the registers replaced there."""

from dataclasses import dataclass

from sqlmodel import col, select

from contracts.codes import Fluid
from services.kit.problems import not_found
from services.kit.unit import Unit
from services.members.actions import exchanging
from services.members.actions.common import owned, today
from services.members.bodies_exchange import ExchangeOut, IndexUnit
from services.members.model import Building, Coop, Dwelling, Meter


@dataclass(frozen=True)
class PlacedMeter:
    meter: Meter
    index_unit: IndexUnit
    """What its display is read in."""
    exchanges: list[ExchangeOut]


@dataclass(frozen=True)
class Place:
    id: str
    name: str
    is_common: bool
    meters: list[PlacedMeter]
    today: str
    """The civil day there, ISO 8601."""


async def place(unit: Unit, id: str) -> Place:
    """A dwelling or a building by its id; 404 when it is another cooperative's."""
    row: Dwelling | Building
    if id.startswith("bld_"):
        row = await owned(unit, Building, id)
        where, name = Meter.building == id, f"{row.residence}, {row.ref}"
    elif id.startswith("dwl_"):
        row = await owned(unit, Dwelling, id)
        where, name = Meter.dwelling == id, f"{row.residence}, {row.ref}"
    else:
        raise not_found()
    coop = await unit.session.get_one(Coop, row.coop)
    meters = await unit.session.scalars(select(Meter).where(where).order_by(Meter.fluid, Meter.id))
    placed = [
        PlacedMeter(meter, exchanging.INDEX[Fluid(meter.fluid)][1], await exchanging.history(unit, meter.id))
        for meter in meters.all()
    ]
    day = today(unit, getattr(row, "zone", coop.zone))
    return Place(id, name, isinstance(row, Building), placed, day.isoformat())


async def common_places(unit: Unit) -> list[Building]:
    """The cooperative's buildings whose common parts have meters."""
    rows = await unit.session.scalars(
        select(Building)
        .where(
            Building.coop == unit.coop,
            col(Building.id).in_(select(Meter.building).where(col(Meter.dwelling).is_(None))),
        )
        .order_by(Building.residence, Building.ref)
    )
    return list(rows.all())
