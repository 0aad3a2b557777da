"""Whom a person of the cooperative has on the telephone: found by name, home or residence."""

from dataclasses import dataclass

from sqlalchemy import text

from services.aftersales import registry
from services.aftersales.registry import Home
from services.kit.registry import local_today
from services.kit.unit import Unit

MOST = 20
_FOLDED = "translate(lower({}), 'àâäáãçéèêëîïíôöóõùûüúñÿ', 'aaaaaceeeeiiioooouuuuny')"
_HOUSEHOLDS = f"""
SELECT * FROM (
  SELECT o.id AS home, d.residence, d.ref, d.staircase, d.floor,
    string_agg(c.name, ', ' ORDER BY r.since_on, c.person) AS names
  FROM registry.occupancy o
  JOIN registry.dwelling d ON d.id = o.dwelling
  LEFT JOIN registry.resident r ON r.occupancy = o.id AND (r.until_on IS NULL OR r.until_on >= :today)
  LEFT JOIN registry.contact c ON c.person = r.person
  WHERE o.coop = :coop AND (o.moved_out_on IS NULL OR o.moved_out_on >= :today)
  GROUP BY o.id, d.residence, d.ref, d.staircase, d.floor) AS known
WHERE {_FOLDED.format("concat_ws(' ', names, ref, residence, staircase)")} LIKE ALL(:words)
ORDER BY names, residence, ref LIMIT :most
"""  # noqa: S608 - the folding of one expression
_BUILDINGS = f"""
SELECT id AS home, residence, ref FROM registry.building
WHERE coop = :coop AND {_FOLDED.format("concat_ws(' ', residence, ref)")} LIKE ALL(:words)
ORDER BY residence, ref LIMIT :most
"""  # noqa: S608 - the folding of one expression
_PLAIN = str.maketrans("àâäáãçéèêëîïíôöóõùûüúñÿ", "aaaaaceeeeiiioooouuuuny")


@dataclass(frozen=True)
class Caller:
    """A household, or a building for what is wrong in its shared parts."""

    home: str
    """`occ_…` or `bld_…`."""
    residence: str
    ref: str
    names: str | None = None
    staircase: str | None = None
    floor: str | None = None


async def found(unit: Unit, asked: str) -> list[Caller]:
    """Every word must occur in a name, a home's reference or its residence, whatever the accents and case."""
    words = [f"%{_escaped(word)}%" for word in asked.lower().translate(_PLAIN).split()[:6]]
    if not words:
        return []
    values = {"coop": unit.coop, "today": await local_today(unit), "words": words, "most": MOST}
    households = (await unit.session.execute(text(_HOUSEHOLDS), values)).mappings()
    callers = [Caller(**row) for row in households]
    buildings = (await unit.session.execute(text(_BUILDINGS), values)).mappings()
    return callers + [Caller(**row) for row in buildings]


async def home_of(unit: Unit, home: str) -> Home | None:
    """The household's home or the building of that id, of this cooperative."""
    if home.startswith("bld_"):
        return await registry.home_of_building(unit, home)
    return await registry.home_of_occupancy(unit, home)


def _escaped(word: str) -> str:
    return word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
