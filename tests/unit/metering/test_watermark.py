"""When a day closes, and when a meter is silent."""

from datetime import UTC, datetime, timedelta

import pytest

from services.metering.watermark import is_due, is_silent

END = datetime(2026, 1, 15, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("complete", "watermark", "now", "quiet", "due"),
    [
        (True, END, END, timedelta(0), True),
        (False, END + 35 * HOUR, END + 35 * HOUR, timedelta(0), False),
        (False, END + 36 * HOUR, END + 36 * HOUR, timedelta(0), True),
        (False, END - HOUR, END + 36 * HOUR, HOUR, True),
        (False, None, END + 36 * HOUR, HOUR, True),
        # history being replayed: the wall clock is years ahead, the meter is talking
        (False, END - HOUR, END + 9_999 * HOUR, timedelta(seconds=2), False),
    ],
)
def test_a_day_closes_when_complete_or_after_its_grace(
    complete: bool, watermark: datetime | None, now: datetime, quiet: timedelta, due: bool
) -> None:
    assert is_due(is_complete=complete, ends_at=END, watermark=watermark, now=now, quiet_for=quiet) is due


def test_silence_is_measured_by_the_meters_own_habit() -> None:
    assert is_silent(last=END, now=END + 7 * HOUR, habit=timedelta(minutes=30))
    assert not is_silent(last=END, now=END + 5 * HOUR, habit=timedelta(seconds=10))
    assert not is_silent(last=END, now=END + 100 * HOUR, habit=timedelta(hours=24))
    assert is_silent(last=END, now=END + 121 * HOUR, habit=timedelta(hours=24))
