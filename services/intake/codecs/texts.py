"""What devices write as text: decimals, and times with or without an offset."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from contracts.codes import Reason
from services.intake.codecs.base import Refused, check_instant, number, shown

_DECIMAL = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,12})?", re.ASCII)
_LATEST_SECONDS = 10**11
"""Beyond it, seconds since 1970 would be milliseconds."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CHANGING = timedelta(minutes=1)
_PRESENCE = frozenset({b"online", b"offline", b"connected", b"disconnected"})


def is_presence(payload: bytes) -> bool:
    """Whether the message only says that its device is there, or (as its last will) that it is gone."""
    return payload.strip().lower() in _PRESENCE


def decimal(value: Any, where: str) -> int | Decimal:
    """A JSON number, or one written as text. Raises `Refused`."""
    if type(value) is not str:
        return number(value, where)
    text = value.strip()
    if not _DECIMAL.fullmatch(text):
        raise Refused(Reason.NOT_A_NUMBER, f"{where} is {shown(value)}, not a number")
    return Decimal(text)


def iso_instant(value: Any, received_at: datetime, where: str) -> datetime:
    """An ISO 8601 instant (UTC). Raises `Refused`, without an offset too: who sends these always says it, so
    a time without was rewritten on its way, and nobody knows in which zone."""
    if type(value) is not str:
        raise Refused(Reason.WRONG_SHAPE, f"{where} is not text; expected is 2026-01-05T12:00:00Z")
    try:
        told = datetime.fromisoformat(value.strip())
        instant = None if told.tzinfo is None else told.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused(
            Reason.WRONG_SHAPE, f"{where} {shown(value)} is no time; expected is 2026-01-05T12:00:00Z"
        ) from None
    if instant is None:
        raise Refused(Reason.NO_TIME, f"{where} has no offset; expected is 2026-01-05T12:00:00Z")
    check_instant(instant, received_at, where)
    return instant


def epoch_instant(value: Any, received_at: datetime, where: str) -> datetime:
    """Seconds since 1970, to the microsecond. Raises `Refused`."""
    seconds = number(value, where)
    if seconds > _LATEST_SECONDS:
        raise Refused(Reason.IN_FUTURE, f"{where}: the time looks like milliseconds")
    if seconds < 0:
        raise Refused(Reason.TOO_OLD, f"{where}: the time is before 2000-01-01; check the device's clock")
    instant = _EPOCH + timedelta(microseconds=int(Decimal(seconds) * 1_000_000))
    check_instant(instant, received_at, where)
    return instant


def seasonal_instant(told: datetime, is_summer: bool, zone: tzinfo) -> datetime | None:
    """The UTC instant of a local time whose season is told. Winter time holds whatever the date, as some
    meters stay in it all year; None for summer time where the zone has none then."""
    there = told.replace(tzinfo=zone)
    standard = (there.utcoffset() or timedelta(0)) - (there.dst() or timedelta(0))
    if not is_summer:
        return (told - standard).replace(tzinfo=UTC)
    instant = (told - standard - timedelta(hours=1)).replace(tzinfo=UTC)
    # The autumn's first moment may still be written as the summer's last.
    moments = (instant, instant - _CHANGING)
    return instant if any(moment.astimezone(zone).dst() for moment in moments) else None
