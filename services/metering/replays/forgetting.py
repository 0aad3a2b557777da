"""What feeds and replays hold of a household goes when it takes its consent back, and all of it in time."""

from sqlalchemy import text

from services.kit.unit import Unit
from services.metering.fluids import came_sql, left_sql

_METERS = """
SELECT m.id FROM registry.occupancy o JOIN registry.meter m ON m.dwelling = o.dwelling WHERE o.id = :occupancy
"""
_OF_STAY = f"""
FROM metering.feed_reading r, registry.occupancy o, registry.meter m
WHERE o.id = :occupancy AND m.dwelling = o.dwelling AND r.meter = m.id
  AND r.instant >= {came_sql()} AND (o.moved_out_on IS NULL OR r.instant < {left_sql()})
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


async def of_household(unit: Unit, occupancy: str) -> None:
    """Delete what was recorded of the household, and end the sandboxes that play it."""
    values = {"occupancy": occupancy, "wall": unit.wall}
    for statement in (_REPLAYS_OF, _LIVE_OF, _RECORDED_OF):
        await unit.session.execute(text(statement), values)


async def expired(unit: Unit) -> None:
    """Delete feeds whose time is over, and what was told of replays a month ago."""
    for statement in _EXPIRED:
        await unit.session.execute(text(statement), {"wall": unit.wall})
