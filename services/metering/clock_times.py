"""Local times as people read them: the hour that an autumn night has twice is named each time."""

from datetime import datetime, timedelta

from contracts.words import labels


def told(at: datetime, language: str) -> str:
    """`02:30`; of the hour that comes twice, also which one it is: `02:30 (first time: summer time, UTC+2)`.
    `at` is in the zone it is read in."""
    name = at.strftime("%H:%M")
    which = _which(at)
    if which is None:
        return name
    return labels("repeated_hours")[which].in_(language).format(time=name, offset=_offset(at))


def _which(at: datetime) -> str | None:
    """`first` or `second` of two that the clock shows alike; None for all others."""
    before, after = (at.replace(fold=fold).utcoffset() for fold in (0, 1))
    if before is None or after is None or before <= after:  # equal, or a time that spring skips
        return None
    return "second" if at.fold else "first"


def _offset(at: datetime) -> str:
    """`UTC+2`, `UTC-3:30`."""
    minutes = (at.utcoffset() or timedelta()) // timedelta(minutes=1)
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")
