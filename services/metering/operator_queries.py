"""What the operator's pages ask: what became of each reading, the fleet, what waits in quarantine."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from contracts.codes import Reason
from services.kit.unit import Unit
from services.metering import hearing
from services.metering.quarantine import Status

_FLEET = f"""
SELECT count(*) AS meters,
       count(*) FILTER (WHERE h.hearing = 'never') AS unheard,
       count(*) FILTER (WHERE h.hearing = 'unreadable') AS unreadable,
       count(*) FILTER (WHERE h.hearing = 'files') AS files_only,
       count(*) FILTER (WHERE s.silent_since IS NOT NULL) AS silent,
       (SELECT count(*) FROM metering.open_day) AS open_days,
       (SELECT count(*) FROM metering.dirty_day) AS dirty_days,
       (SELECT max(last_closed_at) FROM metering.series) AS closed_at
FROM registry.meter m LEFT JOIN metering.meter_state s ON s.meter = m.id
CROSS JOIN LATERAL (SELECT {hearing.SQL} AS hearing) h
"""  # noqa: S608 - only constants are formatted in
# What is known from files alone is expected to say nothing.
_QUIET = f"""
SELECT m.id, m.fluid, m.serial, m.zone, m.coop, d.residence, d.ref, b.residence AS common_part,
       s.watermark, s.silent_since, h.hearing
FROM registry.meter m
LEFT JOIN metering.meter_state s ON s.meter = m.id
CROSS JOIN LATERAL (SELECT {hearing.SQL} AS hearing) h
LEFT JOIN registry.dwelling d ON d.id = m.dwelling
LEFT JOIN registry.building b ON b.id = m.building
WHERE s.silent_since IS NOT NULL OR h.hearing IN ('never', 'unreadable')
ORDER BY s.silent_since IS NULL, h.hearing = 'never', s.watermark, m.id LIMIT :limit
"""  # noqa: S608 - only constants are formatted in
_REASONS = """
SELECT reason, count(*) AS waiting
FROM metering.quarantine WHERE status = 'waiting' GROUP BY reason ORDER BY count(*) DESC, reason
"""
_STATUSES = "SELECT status, count(*) AS messages FROM metering.quarantine GROUP BY status"
_FOUND = """
SELECT * FROM metering.quarantine
WHERE (CAST(:reason AS text) IS NULL OR reason = :reason)
  AND (CAST(:status AS text) IS NULL OR status = :status)
  AND (CAST(:words AS text) IS NULL OR strpos(lower(topic || ' ' || coalesce(meter, '') || ' '
       || coalesce(channel, '') || ' ' || detail), lower(:words)) > 0)
  AND (CAST(:after_at AS timestamptz) IS NULL OR (received_at, id) < (:after_at, :after_id))
ORDER BY received_at DESC, id DESC LIMIT :limit
"""


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the quarantine is shown; None: all. `words` is looked for in topic, meter, channel, detail."""

    reason: Reason | None = None
    status: Status | None = None
    words: str | None = None


async def fleet(unit: Unit) -> Any:
    """Counts over the meters the caller sees."""
    return (await unit.session.execute(text(_FLEET))).one()


async def quiet(unit: Unit, limit: int) -> Sequence[Any]:
    """Meters that fell silent, longest first, then those that cannot be read, then the never heard."""
    return (await unit.session.execute(text(_QUIET), {"limit": limit})).all()


async def reasons(unit: Unit) -> Sequence[Any]:
    """How many messages wait for a decision, by reason, and how many of them can be retried."""
    return (await unit.session.execute(text(_REASONS))).all()


async def statuses(unit: Unit) -> dict[str, int]:
    """How many messages of the quarantine are in each status."""
    return {row.status: row.messages for row in await unit.session.execute(text(_STATUSES))}


async def found(
    unit: Unit, filters: Filters, limit: int, after: tuple[datetime, str] | None = None
) -> Sequence[Any]:
    """The quarantine by its filters, latest first."""
    at, id = after or (None, None)
    rows = await unit.session.execute(
        text(_FOUND),
        {
            "reason": filters.reason, "status": filters.status, "words": filters.words or None,
            "after_at": at, "after_id": id, "limit": limit,
        },
    )  # fmt: skip
    return rows.all()
