"""A residence as its people know it: by building and staircase, with what is open at each door."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from services.kit.unit import Unit


@dataclass(frozen=True)
class Door:
    """A home, or what is shared when `dwelling` is None."""

    dwelling: str | None
    ref: str
    floor: int | None
    open: int
    late: int


@dataclass
class Stairs:
    """The homes that share a staircase, from the ground up."""

    name: str | None
    doors: list[Door] = field(default_factory=list)


@dataclass
class House:
    """A building; None for homes that are recorded without one."""

    building: str | None
    ref: str | None
    shared: Door | None = None
    """What was reported of the building itself."""
    stairs: list[Stairs] = field(default_factory=list)


@dataclass(frozen=True)
class Residence:
    """One line of the overview."""

    name: str
    homes: int
    open: int
    late: int


_OVERVIEW = """
SELECT p.residence AS name, count(DISTINCT p.id) FILTER (WHERE p.is_home) AS homes,
    coalesce(sum(t.open), 0)::int AS open, coalesce(sum(t.late), 0)::int AS late
FROM (SELECT id, residence, true AS is_home FROM registry.dwelling WHERE coop = :coop
      UNION ALL SELECT id, residence, false FROM registry.building WHERE coop = :coop) p
LEFT JOIN (
    SELECT coalesce(dwelling, building) AS place, count(*) AS open,
        count(*) FILTER (WHERE next_due_at < :now) AS late
    FROM aftersales.ticket WHERE coop = :coop AND ended_at IS NULL GROUP BY 1
) t ON t.place = p.id
GROUP BY p.residence ORDER BY p.residence
"""
_DOORS = """
SELECT p.*, coalesce(t.open, 0) AS open, coalesce(t.late, 0) AS late
FROM (SELECT d.id, d.ref, d.building, d.staircase, d.floor, true AS is_home
      FROM registry.dwelling d WHERE d.coop = :coop AND d.residence = :residence
      UNION ALL SELECT b.id, b.ref, b.id, NULL, NULL, false
      FROM registry.building b WHERE b.coop = :coop AND b.residence = :residence) p
LEFT JOIN (
    SELECT coalesce(dwelling, building) AS place, count(*) AS open,
        count(*) FILTER (WHERE next_due_at < :now) AS late
    FROM aftersales.ticket WHERE coop = :coop AND ended_at IS NULL GROUP BY 1
) t ON t.place = p.id
ORDER BY p.building NULLS LAST, p.is_home, p.staircase NULLS FIRST, p.floor NULLS FIRST, p.ref
"""


async def overview(unit: Unit) -> list[Residence]:
    """All residences of the cooperative, by name."""
    rows = await unit.session.execute(text(_OVERVIEW), {"coop": unit.coop, "now": unit.now})
    return [Residence(row.name, row.homes, row.open, row.late) for row in rows]


async def houses(unit: Unit, residence: str) -> list[House]:
    """The buildings of a residence with their staircases and doors; empty for one that is not known."""
    rows = await unit.session.execute(
        text(_DOORS), {"coop": unit.coop, "now": unit.now, "residence": residence}
    )
    by_building: dict[str | None, list[Any]] = defaultdict(list)
    for row in rows:
        by_building[row.building].append(row)
    return [_house(building, of_it) for building, of_it in by_building.items()]


def _house(building: str | None, rows: list[Any]) -> House:
    house = House(building, None)
    stairs: dict[str | None, Stairs] = {}
    for row in rows:
        if not row.is_home:
            house.ref = row.ref
            house.shared = Door(None, row.ref, None, row.open, row.late)
            continue
        named = stairs.setdefault(row.staircase, Stairs(row.staircase))
        named.doors.append(Door(row.id, row.ref, row.floor, row.open, row.late))
    house.stairs = list(stairs.values())
    return house
