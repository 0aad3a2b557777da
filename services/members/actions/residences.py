"""Where each residence stands: entered once, for all its homes that have no street of their own."""

from dataclasses import dataclass

from sqlalchemy import text

from services.kit.problems import not_found
from services.kit.unit import Unit
from services.members.bodies import ResidenceIn
from services.members.model import Residence


@dataclass(frozen=True)
class Known:
    """A residence of the cooperative: its name, its homes, and where it stands."""

    name: str
    homes: int
    own_streets: int
    """Homes and buildings that have a street of their own."""
    street: str | None
    city: str | None


async def listed(unit: Unit) -> list[Known]:
    """Every residence that a building or home names, by name."""
    rows = await unit.session.execute(
        text(
            "SELECT p.name, sum(p.home)::int AS homes, sum(p.own)::int AS own_streets, r.street, r.city"
            " FROM ("
            " SELECT residence AS name, 1 AS home, (street IS NOT NULL)::int AS own"
            " FROM members.dwelling WHERE coop = :coop"
            " UNION ALL SELECT residence, 0, (street IS NOT NULL)::int FROM members.building"
            " WHERE coop = :coop) p"
            " LEFT JOIN members.residence r ON r.coop = :coop AND r.name = p.name"
            " GROUP BY p.name, r.street, r.city ORDER BY p.name"
        ),
        {"coop": unit.coop},
    )
    return [Known(**row._mapping) for row in rows]


async def place(unit: Unit, wanted: ResidenceIn) -> None:
    """Keep where it stands; without street and town it is forgotten. 404 for a residence nobody named."""
    assert unit.coop is not None
    if all(one.name != wanted.residence for one in await listed(unit)):
        raise not_found()
    row = await unit.session.get(Residence, (unit.coop, wanted.residence))
    if row is None:
        row = Residence(coop=unit.coop, name=wanted.residence)
        unit.session.add(row)
    row.street, row.city = wanted.street, wanted.city
    await unit.session.flush()
