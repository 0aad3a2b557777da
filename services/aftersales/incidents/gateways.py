"""What meters share besides a building: the gateway that sends for them, and how many of a place there are.

When a gateway falls silent so do all meters behind it: that is one fault of the gateway, not of homes.
"""

from sqlalchemy import text

from services.aftersales.incidents import places
from services.aftersales.incidents.families import Family
from services.kit.unit import Unit

METERS = "meters"
"""The family of silent meters."""
ALONE = """
NOT EXISTS (SELECT 1 FROM aftersales.incident i WHERE i.id = meter_proposal.incident
            AND i.scope LIKE 'gateway:%' AND i.state IN ('proposed', 'confirmed', 'in_progress'))
"""
"""SQL: a meter's signal that no open incident of its gateway explains; the others wait with that."""
_BEHIND = """
SELECT DISTINCT c.gateway, c.meter = :meter AS is_own FROM registry.channel c
WHERE c.coop = :coop AND (c.meter = :meter OR c.meter IN (
    SELECT id FROM registry.meter WHERE coop = :coop AND dwelling = :dwelling))
ORDER BY is_own DESC, c.gateway
"""
_SERVED = """
SELECT count(DISTINCT coalesce(m.dwelling, m.id))
FROM registry.channel c JOIN registry.meter m ON m.id = c.meter
WHERE c.coop = :coop AND c.gateway = :gateway
"""


async def scopes(
    unit: Unit, family: Family, dwelling: str | None, building: str | None, meter: str | None = None
) -> list[str]:
    """All places whose common cause it may be, the one to count by first: of silence the gateway, then the
    plants and the part of the housing. `meter`: the one that is silent, where it is known."""
    place = await places.place_of(unit, dwelling, building)
    behind = await _gateways(unit, dwelling, meter) if family.code == METERS else []
    return [*behind, *place.scopes(family)]


async def count_metered(unit: Unit, scope: str, fluid: str | None) -> int:
    """How many homes of the place have a meter of that fluid, of any when it is None: those that could show
    it. Behind a gateway, a meter of nobody's home counts by itself."""
    kind, _, gateway = scope.partition(":")
    if kind == "gateway":
        found = await unit.session.execute(text(_SERVED), {"coop": unit.coop, "gateway": gateway})
        return int(found.scalar_one())
    where, values = await places.dwellings(unit, [scope])
    of_fluid = " AND m.fluid = :fluid" if fluid else ""
    found = await unit.session.execute(
        text(
            "SELECT count(DISTINCT d.id) FROM registry.dwelling d"  # noqa: S608 - conditions of this room
            f" JOIN registry.meter m ON m.dwelling = d.id WHERE {where}{of_fluid}"
        ),
        values | ({"fluid": fluid} if fluid else {}),
    )
    return int(found.scalar_one())


async def _gateways(unit: Unit, dwelling: str | None, meter: str | None) -> list[str]:
    rows = await unit.session.execute(
        text(_BEHIND), {"coop": unit.coop, "dwelling": dwelling, "meter": meter or ""}
    )
    return list(dict.fromkeys(f"gateway:{row.gateway}" for row in rows))
