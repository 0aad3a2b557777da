"""Times as files write them, to seconds since 1970; both nights on which clocks change are read as meant."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from contracts.codes import FileReason
from services.metering.files.points import Refused
from services.metering.files.values import DateOrder, Stamp, Unreadable

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 local times are counted from here too
EARLIEST, LATEST = 1990, 2100
"""Years; a clock that was never set writes 1970."""

_NUMERIC = re.compile(
    r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?:[ T,]+(\d{1,2})[:hH](\d{2})(?::(\d{2})(?:\.\d+)?)?)?"
    r"(?:\s*([AaPp])\.?\s?[Mm]\.?)?",
    re.ASCII,
)
_ISO = re.compile(r"(\d{4})([-/])(\d{2})\2(\d{2})(?:[ T]+(\d{2}:\d{2}.*))?")
_HALF_DAY = re.compile(r"(.*\D)(\d{1,2})(:\d{2}(?::\d{2})?)\s*([ap])\.?\s?m\.?", re.ASCII | re.IGNORECASE)
"""A time of twelve hours: 1:30 PM."""
_SPACED_OFFSET = re.compile(r"\s+(?=[+-]\d{2}:?\d{2}$)|\s*(UTC|GMT)$")
_HAS_OFFSET = re.compile(r"(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})$", re.ASCII | re.IGNORECASE)
_END_OF_DAY = re.compile(r"24[:hH]00(?::00(?:[.,]0+)?)?(?![\d:.,])", re.ASCII)
"""The next midnight, as the end of a day's last half-hour; nothing comes after it."""
_DAY = timedelta(days=1)


class Moment(NamedTuple):
    """Seconds since 1970 UTC; for `twice` see `Point`."""

    at: int
    twice: int = 0
    is_date: bool = False


class Clock:
    """Reads the times of one file, those without offset in its zone."""

    def __init__(self, zone: str | None, order: DateOrder = "dmy", stamp: Stamp | None = None) -> None:
        """Without `zone` a time without offset makes the file unreadable. Unreadable for an unknown zone."""
        self._stamp = stamp
        self._zone = _zone(zone) if zone else None
        self._order = order
        self._offsets: dict[date, int | None] = {}

    def read(self, cell: str) -> Moment:
        """ISO 8601, `dd/mm/yyyy hh:mm`, seconds or milliseconds since 1970. Refused when unreadable."""
        try:
            if len(cell) == 25 and cell[19] in "+-" and EARLIEST <= int(cell[:4]) < LATEST:
                # What millions of lines look like.
                return Moment(int(datetime.fromisoformat(cell).timestamp()))
        except (ValueError, OverflowError):
            pass  # a day may end at 24:00, which the short way does not know
        try:
            return self._read(cell.strip())
        except (ValueError, OverflowError):
            raise Refused(FileReason.WRONG_TIME, cell) from None

    def day(self, day: date, hour: int = 0) -> tuple[int, int]:
        """Start and length in seconds of a local day that begins at `hour`: 23, 24 or 25 hours."""
        if not EARLIEST <= day.year <= LATEST:
            raise Refused(FileReason.WRONG_TIME, day)
        first, last = (self.local(_midnight(one) + timedelta(hours=hour)).at for one in (day, day + _DAY))
        return first, last - first

    def local(self, moment: datetime) -> Moment:
        """A time without offset. Refused when the spring night leaves it out."""
        if self._zone is None:
            raise Unreadable(FileReason.OPTION_NEEDED, "zone")
        if not EARLIEST <= moment.year <= LATEST:
            raise Refused(FileReason.WRONG_TIME, moment)
        seconds = int((moment - EPOCH).total_seconds())
        offset = self._offset_of(moment.date())
        if offset is not None:
            return Moment(seconds - offset)
        early, late = self._both(moment)
        if early > late:
            return Moment(seconds - early, early - late)
        before = self._both(moment - timedelta(seconds=1))
        if early < late and (self._stamp != "end" or before[0] < before[1]):
            # Only an interval that ends there may name the instant at which the missing hour begins.
            raise Refused(FileReason.WRONG_TIME, moment)
        # The instant of change itself may be written as the end of the first pass: 03:00, not yet 02:00.
        return Moment(seconds - early, min(0, before[1] - before[0]) if self._stamp == "end" else 0)

    def civil_day(self, cell: str) -> date:
        """A day, its time of day left aside. Refused when unreadable."""
        text = cell.strip()
        try:
            if match := _NUMERIC.fullmatch(text):
                return self._day_of(match)
            return date.fromisoformat(text[:10].replace("/", "-"))
        except ValueError:
            raise Refused(FileReason.WRONG_TIME, cell) from None

    def _read(self, text: str) -> Moment:
        if text[:4].isdecimal() and (match := _HALF_DAY.fullmatch(text)):
            text = f"{match[1]}{_of_half_day(int(match[2]), match[4]):02}{match[3]}"
        if match := _ISO.fullmatch(text):
            year, _, month, day, rest = match.groups()
            if rest is None:
                return self.local(_midnight(date(int(year), int(month), int(day))))._replace(is_date=True)
            extra = timedelta()
            if night := _END_OF_DAY.match(rest):
                rest, extra = "00:00" + rest[night.end() :], _DAY
            moment = (
                datetime.fromisoformat(f"{year}-{month}-{day}T{_SPACED_OFFSET.sub(_offset, rest)}") + extra
            )
        elif match := _NUMERIC.fullmatch(text):
            hours = int(match[5] or 0)
            moment = _midnight(self._day_of(match))
            if match[5] is None and match[8]:
                raise Refused(FileReason.WRONG_TIME, text)
            if match[5] is None:
                return self.local(moment)._replace(is_date=True)
            if match[8]:
                hours = _of_half_day(hours, match[8])
            is_wrong = hours > 24 or (hours == 24 and not _END_OF_DAY.match(text, match.start(5)))
            if is_wrong or int(match[6]) > 59 or int(match[7] or 0) > 59:
                raise Refused(FileReason.WRONG_TIME, text)
            moment += timedelta(hours=hours, minutes=int(match[6]), seconds=int(match[7] or 0))
        elif text.isascii() and text.isdecimal() and len(text) in (10, 13):
            moment = datetime.fromtimestamp(int(text[:10]), UTC)
        else:
            raise Refused(FileReason.WRONG_TIME, text)
        if moment.tzinfo is None:
            return self.local(moment)
        if not EARLIEST <= moment.year <= LATEST:
            raise Refused(FileReason.WRONG_TIME, text)
        return Moment(int(moment.timestamp()))

    def _day_of(self, match: re.Match[str]) -> date:
        day, month = int(match[1]), int(match[3])
        if self._order == "mdy":
            day, month = month, day
        return date(int(match[4]), month, day)

    def _offset_of(self, day: date) -> int | None:
        """Seconds east of Greenwich all through a day; None for one on which clocks change."""
        if day not in self._offsets:
            here, later = self._both(_midnight(day)), self._both(_midnight(day + _DAY))
            self._offsets[day] = here[0] if {*here} == {*later} and here[0] == here[1] else None
        return self._offsets[day]

    def _both(self, moment: datetime) -> tuple[int, int]:
        assert self._zone is not None
        first, second = (moment.replace(tzinfo=self._zone, fold=fold).utcoffset() for fold in (0, 1))
        assert first is not None
        assert second is not None
        return int(first.total_seconds()), int(second.total_seconds())


def is_local(cells: Sequence[str]) -> bool:
    """Whether one of `cells` is a time and none has an offset: only a zone says which instants they mean."""
    texts = [cell.strip() for cell in cells]
    isos = [match[5] or "" for text in texts if (match := _ISO.fullmatch(text))]
    if any(_HAS_OFFSET.search(rest) for rest in isos):
        return False
    return bool(isos) or any(_NUMERIC.fullmatch(text) for text in texts)


def numeric_days(cell: str) -> tuple[int, int, int] | None:
    """The three numbers of `02/03/2026`, as they stand; None for any other way to write a date."""
    match = _NUMERIC.fullmatch(cell.strip())
    return (int(match[1]), int(match[3]), int(match[4])) if match else None


def duration(text: str) -> int:
    """Seconds of an ISO 8601 duration such as PT30M, PT1H; a day is P1D. Refused when unreadable."""
    match = re.fullmatch(r"P(?:(\d{1,3})D)?(?:T(?:(\d{1,3})H)?(?:(\d{1,4})M)?(?:(\d{1,6})S)?)?", text.strip())
    if match is None:
        raise Refused(FileReason.IRREGULAR_STEP, text)
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return days * 86_400 + hours * 3_600 + minutes * 60 + seconds


def _of_half_day(hours: int, half: str) -> int:
    """Hours of 24 of an hour before or after noon. Refused when it is none of twelve: 13:00 PM."""
    if not 1 <= hours <= 12:
        raise Refused(FileReason.WRONG_TIME, f"{hours} {half.upper()}M")
    return hours % 12 + (12 if half in "pP" else 0)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time())


def _offset(match: re.Match[str]) -> str:
    return "+00:00" if match[1] else ""


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Unreadable(FileReason.UNKNOWN_OPTION, f"zone {name[:40]}") from None
