"""How long what is kept, and what a day whose readings are gone still takes from readings that come late.

Readings are dropped by whole partitions, see `partitions`. From then on the day's packed half-hours are its
record: what comes later fills half-hours that were unknown or comes from a better source (a validated file
outranks a register); of the same rank the first stands and the other is shown as a conflict. A register's
last readings outlive their partition until the meter speaks again, so no energy is lost in between.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import text

from services.kit.unit import Unit
from services.metering import day_rows
from services.metering.days import CivilDay
from services.metering.packing import unpack
from services.metering.settle import CONFLICT_UNITS, Settled, Slot


def readings_are_gone(day: str, around_days: int = 1) -> str:
    """SQL on `metering.day` by its alias `day`: readings of that day were dropped, or of so many days around.

    A partition is everybody's. A day told after it was dropped was told from what came later, which is all
    there: unless it was told before, and stands on its own record since."""
    return (
        f"EXISTS (SELECT 1 FROM metering.raw_gone g WHERE g.first <= {day}.day + {around_days}"  # noqa: S608
        f" AND g.until > {day}.day - {around_days} AND ({day}.is_on_record OR {day}.closed_at <= g.gone_at))"
    )


_BASES = f"""
SELECT d.meter, d.day, d.packed, d.peak_va FROM metering.day d
WHERE d.meter = ANY(:meters) AND d.quantity = :quantity AND d.day = ANY(:days) AND d.packed IS NOT NULL
  AND {readings_are_gone("d")}
"""  # noqa: S608 - only constants are formatted in
_OF_HOUSEHOLDS = """
FROM metering.series s, registry.coop c
WHERE s.id = r.series AND s.occupancy IS NOT NULL AND c.slug = s.coop AND NOT c.sandbox
  AND r.day < :day AND r.closed_s < :closed_s
"""
_THIN = f"UPDATE metering.day_row r {day_rows.FREEZE} {_OF_HOUSEHOLDS} AND get_byte(r.body, 0) & 2 <> 0"
_FORGET = f"DELETE FROM metering.day_row r USING {_OF_HOUSEHOLDS.strip().removeprefix('FROM ')}"  # noqa: S608
_DECIDED = """
DELETE FROM metering.quarantine WHERE status IN ('retried', 'discarded')
  AND coalesce(decided_at, received_at) < :before
"""
_DISAGREEMENTS = "DELETE FROM metering.disagreement WHERE received_at < :before"
_IMPORTS = "DELETE FROM metering.file_import WHERE ended_at < :before"
_USES = "DELETE FROM metering.data_use WHERE last_at < :before"


@dataclass(frozen=True, slots=True)
class Rules:
    """See `retention.yaml`."""

    readings_days: int
    ahead_days: int
    household_curve_months: int
    household_total_months: int
    decided_months: int
    disagreement_months: int
    import_months: int
    data_use_months: int


@cache
def _dated() -> tuple[tuple[date, Rules], ...]:
    found: list[dict[str, Any]] = yaml.safe_load(
        (Path(__file__).parent / "retention.yaml").read_text("utf-8")
    )
    return tuple(
        sorted(
            (
                (one["valid_from"], Rules(**{name: one[name] for name in Rules.__dataclass_fields__}))
                for one in found
            ),
            key=lambda dated: dated[0],
        )
    )


def rules(on: date) -> Rules:
    """The rules in force; before the first of them, the first."""
    dated = _dated()
    return next((one for since, one in reversed(dated) if since <= on), dated[0][1])


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, at most the 28th, so that it exists in every month."""
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(years, month + 1, min(day.day, 28))


async def apply(unit: Unit) -> None:
    """Thin and forget what is kept long enough. Safe to repeat; sandboxes go whole when they are dropped."""
    today = unit.wall.date()
    now = rules(today)
    for statement, months in (
        (_THIN, now.household_curve_months),
        (_FORGET, now.household_total_months),
    ):
        day = months_before(today, months)
        closed = datetime(day.year, day.month, day.day, tzinfo=UTC)
        await unit.session.execute(text(statement), {"day": day, "closed_s": day_rows.seconds(closed)})
    for statement, months in (
        (_DECIDED, now.decided_months),
        (_DISAGREEMENTS, now.disagreement_months),
        (_IMPORTS, now.import_months),
        (_USES, now.data_use_months),
    ):
        day = months_before(today, months)
        await unit.session.execute(
            text(statement), {"before": datetime(day.year, day.month, day.day, tzinfo=UTC)}
        )


async def records(
    unit: Unit, meters: Sequence[str], quantity: str, run: Sequence[CivilDay]
) -> dict[tuple[str, date], Settled]:
    """What is on record of those days of `run` whose readings were dropped, by meter and day; none for a
    recent run."""
    oldest_kept = unit.wall.date() - timedelta(days=rules(unit.wall.date()).readings_days)
    days = [civil.day for civil in run if civil.day <= oldest_kept]
    if not days:
        return {}
    rows = await unit.session.execute(
        text(_BASES), {"meters": list(meters), "quantity": quantity, "days": days}
    )
    return {(row.meter, row.day): Settled(unpack(row.packed), row.peak_va, is_complete=False) for row in rows}


def onto(record: Settled, late: Settled) -> Settled:
    """The day on `record`, with what `late` readings add to it."""
    slots = tuple(_better(*pair) for pair in zip(record.slots, late.slots, strict=True))
    peaks = [peak for peak in (record.peak_va, late.peak_va) if peak is not None]
    return replace(late, slots=slots, peak_va=max(peaks) if peaks else None)


def _better(kept: Slot, late: Slot) -> Slot:
    if late.value is None:
        return kept
    if kept.value is None or late.source.rank < kept.source.rank:
        return late
    if late.source == kept.source and abs(late.value - kept.value) > CONFLICT_UNITS:
        return kept._replace(is_conflict=True)
    return kept
