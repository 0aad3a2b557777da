"""When a local day is closed: by what the meter itself has reached, or by the clock if it is silent."""

from datetime import datetime, timedelta

GRACE = timedelta(hours=36)
"""Late data are waited for this long: a grid operator's curve comes the next morning, often later."""
QUIET = timedelta(minutes=15)
"""Wall time without a word after which business time may close a day. A replay of history is not
quiet: its days close by its own watermark."""
SILENT_AT_LEAST = timedelta(hours=6)
SILENT_HABITS = 5
"""A daily file may miss a weekend and a holiday before anybody is called."""


def is_due(
    *, is_complete: bool, ends_at: datetime, watermark: datetime | None, now: datetime, quiet_for: timedelta
) -> bool:
    """True when a day that ended at `ends_at` may be closed.

    `watermark` is the latest instant the meter has reported (event time), `now` the cooperative's
    business time, `quiet_for` wall time since the meter was last heard.
    """
    if is_complete:
        return True
    if watermark is not None and watermark >= ends_at + GRACE:
        return True
    return now >= ends_at + GRACE and quiet_for >= QUIET


def is_silent(*, last: datetime, now: datetime, habit: timedelta) -> bool:
    """True when a meter is unheard for longer than its own habit: 5 usual gaps, at least 6 hours."""
    return now - last > max(SILENT_AT_LEAST, SILENT_HABITS * habit)
