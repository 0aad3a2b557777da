"""The cooperative's own list of plants that serve several buildings: boiler houses, substations, pumps."""

from sqlalchemy import text
from sqlmodel import col, select

from services.aftersales.incidents.families import families
from services.aftersales.incidents.model import Plant
from services.kit.ids import new_id
from services.kit.problems import invalid, not_found
from services.kit.unit import Unit

__all__ = ["Plant", "drop", "listed", "put"]


async def listed(unit: Unit) -> list[Plant]:
    """All plants of the cooperative, by name."""
    rows = await unit.session.execute(
        select(Plant).where(col(Plant.coop) == unit.coop).order_by(col(Plant.ref))
    )
    return list(rows.scalars())


async def put(unit: Unit, ref: str, fails: list[str], buildings: list[str]) -> Plant:
    """Make or change the plant of that name. 422 for a family or a building that does not exist."""
    known = {family.code for family in families()}
    if unknown := sorted(set(fails) - known):
        raise invalid("/families", "unknown_code", "Not known here: %(codes)s.", codes=", ".join(unknown))
    rows = await unit.session.execute(
        text("SELECT id FROM registry.building WHERE coop = :coop AND id = ANY(:ids)"),
        {"coop": unit.coop, "ids": buildings},
    )
    if unknown := sorted(set(buildings) - set(rows.scalars())):
        raise invalid(
            "/buildings", "unknown_building", "Not known here: %(codes)s.", codes=", ".join(unknown)
        )
    plant = await _named(unit, ref)
    if plant is None:
        plant = Plant(id=new_id("plt"), coop=unit.coop or "", ref=ref, families=[], buildings=[])
        unit.session.add(plant)
    plant.families, plant.buildings = sorted(set(fails)), sorted(set(buildings))
    await unit.session.flush()
    return plant


async def drop(unit: Unit, ref: str) -> None:
    """Incidents of the past keep its name as it was."""
    plant = await _named(unit, ref)
    if plant is None:
        raise not_found()
    await unit.session.delete(plant)


async def _named(unit: Unit, ref: str) -> Plant | None:
    found = await unit.session.execute(
        select(Plant).where(col(Plant.coop) == unit.coop, col(Plant.ref) == ref)
    )
    return found.scalar_one_or_none()
