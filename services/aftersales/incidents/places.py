"""Where a cause may lie: the staircase, building, residence, plant or gateway that several homes share."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlmodel import col, select

from services.aftersales.incidents.families import Family
from services.aftersales.incidents.model import Plant
from services.kit.unit import Unit

_BEHIND = """
SELECT m.dwelling FROM registry.channel c JOIN registry.meter m ON m.id = c.meter WHERE c.gateway = :{gateway}
"""


@dataclass(frozen=True)
class Place:
    """What is known of where a report comes from. `plants`: those that serve the building, with what fails
    when they fail."""

    residence: str | None = None
    building: str | None = None
    staircase: str | None = None
    plants: tuple[tuple[str, frozenset[str]], ...] = ()

    def scopes(self, family: Family) -> list[str]:
        """All places whose common cause it may be, the one to count by first: a plant where one is known,
        else the part of the housing that the family says."""
        everywhere = self.all_scopes()
        plants = {f"plant:{plant}" for plant, fails in self.plants if family.code in fails}
        homes = [one for one in everywhere if not one.startswith("plant:")]
        if family.scope == "building":
            homes.reverse()
        return [*(one for one in everywhere if one in plants), *homes]

    def all_scopes(self) -> list[str]:
        """Every place it lies in, whatever fails there, the narrowest first."""
        base = f"building:{self.building}" if self.building else None
        if base is None and self.residence:
            base = f"residence:{self.residence}"
        if base is None:
            return []
        staircase = [f"staircase:{base.partition(':')[2]}/{self.staircase}"] if self.staircase else []
        return [*staircase, base, *(f"plant:{plant}" for plant, _ in self.plants)]


async def place_of(unit: Unit, dwelling: str | None, building: str | None) -> Place:
    """The place of a dwelling, or of a building's shared parts."""
    return await unit.once(("place", dwelling, building), lambda: _place_of(unit, dwelling, building))


async def _place_of(unit: Unit, dwelling: str | None, building: str | None) -> Place:
    if dwelling is not None:
        row = (
            await unit.session.execute(
                text("SELECT residence, building, staircase FROM registry.dwelling WHERE id = :id"),
                {"id": dwelling},
            )
        ).one_or_none()
        if row is None:
            return Place()
        found = Place(row.residence, row.building, row.staircase)
    else:
        found = Place(building=building)
    return Place(found.residence, found.building, found.staircase, await _plants(unit, found.building))


def place_from(where: Mapping[str, str | None] | None, plants: Iterable[Mapping[str, Any]]) -> Place:
    """The same from what was asked together with other things."""
    if where is None:
        return Place()
    served_by = tuple((plant["id"], frozenset(plant["families"])) for plant in plants)
    return Place(where["residence"], where["building"], where["staircase"], served_by)


async def count_served(unit: Unit, *scopes: str) -> int:
    """How many dwellings lie in these places, each once."""
    where, values = await dwellings(unit, scopes)
    found = await unit.session.execute(
        text(f"SELECT count(*) FROM registry.dwelling d WHERE {where}"),  # noqa: S608
        values,
    )
    return int(found.scalar_one())


async def households(unit: Unit, *scopes: str) -> list[str]:
    """The occupancies of now of all dwellings of these places."""
    where, values = await dwellings(unit, scopes)
    rows = await unit.session.execute(
        text(
            "SELECT o.id FROM registry.dwelling d JOIN registry.occupancy o ON o.dwelling = d.id"  # noqa: S608
            f" WHERE {where} AND o.starts_at <= :now AND (o.ends_at IS NULL OR o.ends_at > :now)"
            " ORDER BY o.id"
        ),
        values | {"now": unit.now},
    )
    return list(rows.scalars())


async def building_of(unit: Unit, scope: str) -> str | None:
    """The building of a scope, where it is one building's."""
    kind, _, value = scope.partition(":")
    base = value.rpartition("/")[0] if kind == "staircase" else value
    return base if base.startswith("bld_") else None


async def name_of(unit: Unit, scope: str) -> str:
    """The place in the words of people: the residence, the staircase, the plant, the homes of a gateway."""
    kind, _, value = scope.partition(":")
    if kind == "gateway":
        return await _name_of_homes(unit, scope) or value
    if kind == "plant":
        plant = await unit.session.get(Plant, value)
        return plant.ref if plant else value
    base, staircase = value.rpartition("/")[::2] if kind == "staircase" else (value, "")
    name = base
    if base.startswith("bld_"):
        row = (
            await unit.session.execute(
                text("SELECT residence, ref FROM registry.building WHERE id = :id"), {"id": base}
            )
        ).one_or_none()
        name = f"{row.residence} ({row.ref})" if row else base
    return f"{name}, {staircase}" if staircase else name


async def _name_of_homes(unit: Unit, scope: str) -> str:
    """The residences and buildings of the place's homes."""
    where, values = await dwellings(unit, [scope])
    rows = await unit.session.execute(
        text(
            "SELECT DISTINCT d.residence, b.ref FROM registry.dwelling d"  # noqa: S608 - made above
            f" LEFT JOIN registry.building b ON b.id = d.building WHERE {where} ORDER BY 1, 2"
        ),
        values,
    )
    return ", ".join(f"{row.residence} ({row.ref})" if row.ref else row.residence for row in rows)


async def _plants(unit: Unit, building: str | None) -> tuple[tuple[str, frozenset[str]], ...]:
    if building is None:
        return ()
    rows = await unit.session.execute(
        select(Plant)
        .where(col(Plant.coop) == unit.coop, col(Plant.buildings).contains([building]))
        .order_by(col(Plant.id))
    )
    return tuple((row.id, frozenset(row.families)) for row in rows.scalars())


async def dwellings(unit: Unit, scopes: Iterable[str]) -> tuple[str, dict[str, object]]:
    """SQL of the dwellings `d` of any of these scopes, and its values."""
    values: dict[str, object] = {"coop": unit.coop}
    parts = []
    for at, scope in enumerate(scopes):
        kind, _, value = scope.partition(":")
        if kind == "plant":
            plant = await unit.session.get(Plant, value)
            values[f"buildings{at}"] = plant.buildings if plant else []
            parts.append(f"d.building = ANY(:buildings{at})")
            continue
        if kind == "gateway":
            values[f"gateway{at}"] = value
            parts.append(f"d.id IN ({_BEHIND.format(gateway=f'gateway{at}')})")
            continue
        base, staircase = value.rpartition("/")[::2] if kind == "staircase" else (value, "")
        is_building = base.startswith("bld_")
        part = f"d.building = :base{at}" if is_building else f"d.building IS NULL AND d.residence = :base{at}"
        values[f"base{at}"] = base
        if staircase:
            values[f"staircase{at}"] = staircase
            part += f" AND d.staircase = :staircase{at}"
        parts.append(f"({part})")
    return f"d.coop = :coop AND ({' OR '.join(parts)})", values
