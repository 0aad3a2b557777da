"""When a failed hand-over is tried again, and when it is given up."""

from datetime import datetime, timedelta

DELAYS_SECONDS = (10, 30, 120, 600, 3600, 4 * 3600, 12 * 3600)
"""About a day in all; mail servers that refuse for a moment mean minutes, outages mean hours."""

LEASE_SECONDS = 120
"""Longer than any hand-over: after it, a message still `sending` was left by a worker that died."""

TOGETHER_SECONDS = 3
"""How long an ordinary message waits for others of its kind to the same person."""

PRESSING_TOGETHER_SECONDS = 30
"""How long what presses, without being a danger, waits for more of its kind to the same member of staff: a
burst pipe or a cold building brings many at once. A danger does not wait."""

DIGEST_SECONDS = 10
"""The same of the daily mail of a sandbox, whose days may pass within seconds."""


def next_try(attempts: int, now: datetime) -> datetime | None:
    """When to try after `attempts` failures; None to give up."""
    if attempts > len(DELAYS_SECONDS):
        return None
    return now + timedelta(seconds=DELAYS_SECONDS[attempts - 1])
