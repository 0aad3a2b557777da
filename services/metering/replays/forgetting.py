"""What feeds and replays hold of a household goes when it takes its consent back, and all of it in time."""

from sqlalchemy import text

from contracts.codes import Kind, Purpose
from services.kit.unit import Unit
from services.metering.handover import is_its_own
from services.metering.replays.problems import Why, kept

_METERS = """
SELECT m.id FROM registry.occupancy o JOIN registry.meter m ON m.dwelling = o.dwelling WHERE o.id = :occupancy
"""
_OF_STAY = f"""
FROM metering.feed_reading r, registry.occupancy o, registry.meter m
WHERE o.id = :occupancy AND m.dwelling = o.dwelling AND r.meter = m.id
  AND {is_its_own(f"r.kind = '{Kind.REGISTER}'", [Purpose.HALF_HOURLY])}
"""
# A sandbox that plays or keeps the household's readings ends with them, and what was told of them.
_REPLAYS_OF = f"""
UPDATE metering.replay SET
    result = NULL,
    state = CASE WHEN state IN ('done', 'stopped', 'failed') THEN state ELSE 'stopping' END,
    kept_until = CASE WHEN sandbox IS NULL THEN NULL ELSE CAST(:wall AS timestamptz) END
WHERE feed IN (SELECT DISTINCT r.feed {_OF_STAY})
"""  # noqa: S608 - only constants are formatted in
_LIVE_OF = f"UPDATE metering.replay SET result = NULL WHERE meter IN ({_METERS})"  # noqa: S608
_METERS_OF_SANDBOX = """
SELECT meter FROM metering.meter_state WHERE coop = :coop
UNION SELECT r.meter FROM metering.replay r JOIN registry.meter m ON m.id = r.meter WHERE m.coop = :coop
"""
_HAS_ENDED = "state IN ('done', 'stopped', 'failed')"
_GONE = f"""
UPDATE metering.replay SET
    state = CASE WHEN {_HAS_ENDED} THEN state ELSE 'failed' END,
    problem = CASE WHEN {_HAS_ENDED} THEN problem ELSE :why END,
    ended_at = coalesce(ended_at, CAST(:wall AS timestamptz)), seek_to = NULL, lease_by = NULL,
    lease_until = NULL, sandbox = NULL, kept_until = NULL, places = NULL
WHERE
"""  # noqa: S608 - only constants are formatted in
_INTO_SANDBOX = f"{_GONE} sandbox = :coop AND ({_HAS_ENDED} OR (state <> 'stopping' AND result IS NULL))"
_INTO_METERS_OF = (
    f"{_GONE} meter = ANY(:meters) AND NOT {_HAS_ENDED} AND state <> 'stopping' AND result IS NULL"
)
_RECORDED_OF = f"""
DELETE FROM metering.feed_reading x WHERE (x.feed, x.number) IN (SELECT r.feed, r.number {_OF_STAY})
"""  # noqa: S608 - only constants are formatted in
_EXPIRED = (
    """
    WITH gone AS (
        DELETE FROM metering.feed f WHERE f.expires_at <= :wall AND NOT EXISTS (
            SELECT 1 FROM metering.replay r
            WHERE r.feed = f.id AND r.state NOT IN ('done', 'stopped', 'failed'))
        RETURNING f.id),
    pieces AS (DELETE FROM metering.feed_piece p USING gone WHERE p.feed = gone.id)
    DELETE FROM metering.feed_reading r USING gone WHERE r.feed = gone.id
    """,
    "DELETE FROM metering.replay WHERE sandbox IS NULL AND ended_at <= :wall - interval '30 days'",
)


async def meters_of_sandbox(unit: Unit, coop: str) -> list[str]:
    """Of a dropped sandbox, to be asked for while something is kept of it."""
    return list((await unit.session.execute(text(_METERS_OF_SANDBOX), {"coop": coop})).scalars())


async def of_sandbox(unit: Unit, coop: str, meters: list[str]) -> None:
    """End what plays into a dropped sandbox, and forget one that was kept. A player that holds such a replay
    hears of it with its next word; what it was ending itself is left to it."""
    for statement, why in ((_INTO_SANDBOX, Why.SANDBOX_DROPPED), (_INTO_METERS_OF, Why.METER_DROPPED)):
        values = {"coop": coop, "meters": meters, "wall": unit.wall, "why": kept(why)}
        await unit.session.execute(text(statement), values)


async def of_household(unit: Unit, occupancy: str) -> None:
    """Delete what was recorded of the household, and end the sandboxes that play it."""
    values = {"occupancy": occupancy, "wall": unit.wall}
    for statement in (_REPLAYS_OF, _LIVE_OF, _RECORDED_OF):
        await unit.session.execute(text(statement), values)


async def expired(unit: Unit) -> None:
    """Delete feeds whose time is over, and what was told of replays a month ago."""
    for statement in _EXPIRED:
        await unit.session.execute(text(statement), {"wall": unit.wall})
