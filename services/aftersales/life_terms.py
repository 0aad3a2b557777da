"""How long what waits in a request's life, by the day on which the waiting began: see `life_terms.yaml`."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from services.aftersales.tables import Row, load


class LifeTerms(Row):
    """One row of the table."""

    reopen_days: int
    after_reminder_hours: int
    chased_after_hours: int

    @property
    def reopen(self) -> timedelta:
        return timedelta(days=self.reopen_days)

    @property
    def after_reminder(self) -> timedelta:
        return timedelta(hours=self.after_reminder_hours)

    @property
    def chased_after(self) -> timedelta:
        return timedelta(hours=self.chased_after_hours)


def life_terms(since: datetime) -> LifeTerms:
    """The terms of what began to wait at that instant; those of the first row for what is older."""
    return _of_day(since.astimezone(UTC).date())


REOPEN_DAYS = """(
    SELECT r.days FROM unnest(CAST(:reopen_from AS date[]), CAST(:reopen_days AS integer[])) AS r(day, days)
    ORDER BY r.day <= (t.ended_at AT TIME ZONE 'UTC')::date DESC,
      CASE WHEN r.day <= (t.ended_at AT TIME ZONE 'UTC')::date THEN r.day END DESC, r.day LIMIT 1)"""
"""The same `reopen_days` in SQL, of a request `t` that has ended; its values are `reopen_values()`."""


def reopen_values() -> dict[str, Any]:
    """What `REOPEN_DAYS` is given."""
    return {
        "reopen_from": [row.valid_from for row in _rows()],
        "reopen_days": [row.reopen_days for row in _rows()],
    }


@cache
def _of_day(day: date) -> LifeTerms:
    begun = [row for row in _rows() if row.valid_from <= day]
    return begun[-1] if begun else _rows()[0]


@cache
def _rows() -> tuple[LifeTerms, ...]:
    rows = [LifeTerms.model_validate(row) for row in load("life_terms")["terms"]]
    return tuple(sorted(rows, key=lambda row: row.valid_from))
