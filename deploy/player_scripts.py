"""What a replay plays: a feed as messages of meters still to be made, and what their days must become."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, pairwise
from operator import attrgetter
from zoneinfo import ZoneInfo

from contracts.codes import UNIT_OF, FileReason, Fluid, Quantity
from services.metering.days import Calendar
from services.metering.fluids import calendar_of
from services.metering.replays.problems import Why, kept, told
from simulators import feeds
from simulators.feeds import Interval
from simulators.households import KVA_STEPS
from simulators.publications import Device, Publication

MOST_INTERVALS = 2_000_000
"""Of a file: more would not fit beside the service on a small machine."""
_DAY_S = 86_400
_INSTANT = timedelta(microseconds=1)
_SHOWN_GAPS = 20


class ScriptError(Exception):
    """A feed that cannot be played; says what a person can do, as a row keeps it."""

    def __init__(self, why: Why | FileReason, detail: str = "") -> None:
        self.problem = kept(why, detail)
        super().__init__(self.in_("en"))

    def in_(self, language: str) -> str:
        """The words for a reader."""
        return told(self.problem, language) or ""


@dataclass(frozen=True)
class Part:
    """What one meter plays."""

    name: str
    fluid: Fluid
    first_day: date
    until: datetime
    """The end of its last interval: somebody has to live there until then."""
    expected: dict[Quantity, dict[date, int]]
    """Whole units of each civil day; empty where nobody knows what is right."""
    messages: Callable[[Device], Iterable[Publication]]
    calendar: Calendar
    partial: Mapping[Quantity, Set[date]] = field(default_factory=dict)
    """Days of which the feed holds only a part of what they were made of elsewhere: told, not compared."""
    home: Mapping[str, object] = field(default_factory=dict)
    """More of its dwelling than that somebody lives there, as the API takes it."""
    contract: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Script:
    """A feed ready to be played, its days civil days of `zone`."""

    parts: tuple[Part, ...]
    zone: str
    summary: dict[str, object]
    spoil: Callable[[Iterable[Publication]], Iterable[Publication]] | None = None
    """What devices and network do to the messages."""

    @property
    def until(self) -> datetime:
        return max(part.until for part in self.parts)

    def messages(self, devices: Sequence[Device]) -> list[Publication]:
        """Everything in the order in which it is sent: the same for the same feed, whoever plays it."""
        every = [
            message
            for part, device in zip(self.parts, devices, strict=True)
            for message in part.messages(device)
        ]
        every.sort(key=attrgetter("at"))  # stable: of one instant, the first meter's first
        return list(self.spoil(every)) if self.spoil else every


@dataclass(frozen=True)
class Series:
    """One quantity of a file's meter, in order of time."""

    quantity: Quantity
    intervals: list[Interval]

    @property
    def is_load_curve(self) -> bool:
        """Whether every interval is one that a load curve may have; else registers say it."""
        return all(60 <= one.step_s <= _DAY_S and _DAY_S % one.step_s == 0 for one in self.intervals)

    def between(self, start: datetime | None, end: datetime | None) -> "Series":
        return Series(self.quantity, feeds.between(self.intervals, start, end))


def of_series(
    name: str,
    fluid: Fluid,
    series: Sequence[Series],
    zone: str,
    summary: dict[str, object],
    *,
    as_registers: bool = False,
) -> Script:
    """One meter that plays a file."""

    def messages(device: Device) -> Iterable[Publication]:
        for one in series:
            if as_registers or not one.is_load_curve:
                yield from feeds.as_registers(device, one.intervals, quantity=one.quantity)
            else:
                yield from feeds.as_load_curves(device, one.intervals, zone, one.quantity)

    first = min(one.intervals[0].start for one in series)
    calendar = calendar_of(fluid, zone)
    part = Part(
        name=name,
        fluid=fluid,
        first_day=calendar.day_of(first),
        until=max(one.intervals[-1].end for one in series),
        expected={one.quantity: by_day(one.intervals, calendar) for one in series},
        messages=messages,
        calendar=calendar,
        contract=contract_for(fluid, series),
    )
    return Script((part,), zone, summary)


def by_day(intervals: Iterable[Interval], calendar: Calendar) -> dict[date, int]:
    """Whole units of each of the meter's days, cumulatively rounded as the messages are; what an interval
    tells over a day's end belongs to both days by its time in each."""
    total = 0
    days: dict[date, int] = {}

    def add(day: date, until_milli: int) -> None:
        nonlocal total
        days[day] = days.get(day, 0) + feeds.whole(until_milli) - feeds.whole(total)
        total = until_milli

    for one in intervals:
        begin, end, before = one.start, one.end, total
        first, last = calendar.day_of(begin), calendar.day_of(end - _INSTANT)
        if first != last:  # the message tells whole units of the interval: those are shared out
            told = feeds.whole(before + one.energy_milli) - feeds.whole(before)
            while first != last:
                border = calendar.day(first).ends_at
                share = told * 1000 * (border - begin) // (end - begin)
                add(first, feeds.whole(before) * 1000 + share)
                first = calendar.day_of(border)
        add(last, before + one.energy_milli)
    return days


def contract_for(fluid: Fluid, series: Iterable[Series]) -> dict[str, object]:
    """A subscribed power that the feed's own peaks are plausible under: else the service would hold them
    back as a fault, which is right for a home of 6 kVA and wrong for a feed of which nobody knows it."""
    if fluid is not Fluid.ELECTRICITY:
        return {}
    peak_kw = max(
        (
            interval.energy_milli * 3600 / interval.step_s / 1_000_000
            for one in series
            for interval in one.intervals
        ),
        default=0.0,
    )
    kva = next((step for step in KVA_STEPS if step >= peak_kw), None)
    return {"subscribed_kva": kva}


def summary_of(series: Sequence[Series], zone: str, file_format: str) -> dict[str, object]:
    """What a file holds, for a person who decides whether to play it."""
    return {
        "format": file_format,
        "starts_at": min(one.intervals[0].start for one in series).astimezone(ZoneInfo(zone)).isoformat(),
        "ends_at": max(one.intervals[-1].end for one in series).astimezone(ZoneInfo(zone)).isoformat(),
        "meters": 1,
        "readings": sum(len(one.intervals) for one in series),
        "days": len({day for one in series for day in feeds.by_day(one.intervals, zone)}),
        "series": [
            {
                "quantity": one.quantity.value,
                "unit": UNIT_OF[one.quantity].value,
                "step_s": one.intervals[0].step_s,
                "readings": len(one.intervals),
                "value": feeds.whole(sum(interval.energy_milli for interval in one.intervals)),
                **_gaps(one.intervals, zone),
            }
            for one in series
        ],
    }


def instants(messages: Sequence[Publication]) -> list[datetime]:
    """When each message is sent, never earlier than the one before it: what arrives late is sent then."""
    return list(accumulate((message.at for message in messages), max))


def days_told(
    messages: Iterable[Publication], calendars: Mapping[str, Calendar]
) -> dict[tuple[str, date], set[int]]:
    """(meter, day) to the numbers of the messages that say something about it, the days by each meter's
    calendar. A register at midnight ends one day and begins the next."""
    told: dict[tuple[str, date], set[int]] = defaultdict(set)
    for number, message in enumerate(messages):
        moments = {seconds for seconds, _ in message.intervals}
        moments |= {second for seconds, _ in message.registers for second in (seconds, seconds - 1)}
        calendar = calendars[message.meter]
        for day in {calendar.day_of(datetime.fromtimestamp(moment, UTC)) for moment in moments}:
            told[message.meter, day].add(number)
    return dict(told)


def _gaps(intervals: Sequence[Interval], zone: str) -> dict[str, object]:
    local = ZoneInfo(zone)
    holes = [(one.end, other.start) for one, other in pairwise(intervals) if other.start > one.end]
    return {
        "gaps": len(holes),
        "missing_s": int(sum(((end - start) for start, end in holes), timedelta()).total_seconds()),
        "first_gaps": [
            {"from": start.astimezone(local).isoformat(), "to": end.astimezone(local).isoformat()}
            for start, end in holes[:_SHOWN_GAPS]
        ],
    }
