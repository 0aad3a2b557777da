"""Time bounds on readings that PostgreSQL knows when it plans, so that only their partitions are touched.

Bounds are literal and in whole UTC days: statements about one day are alike, and their plan is kept.
"""

from datetime import UTC, datetime, timedelta

NEAR = timedelta(days=2)
"""Most registers have their whole context within two days."""


def between(alias: str, low: datetime, high: datetime) -> str:
    """SQL bounds in whole UTC days around [low, high], on `instant`: literal, so that partitions outside
    are left out already when the statement is planned, and alike for all batches of a day."""
    return f"{alias}.instant >= {midnight(low)} AND {alias}.instant < {midnight(high, 1)}"


def midnight(instant: datetime, days_later: int = 0) -> str:
    """SQL of the UTC midnight at or before `instant`, so many days later."""
    return f"TIMESTAMPTZ '{instant.astimezone(UTC) + timedelta(days=days_later):%Y-%m-%d} 00:00:00+00'"
