"""Which days of which registers a batch of readings touches."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from services.metering.copying import Series
from services.metering.days import Calendar, instant_of

Key = tuple[str, str, date]
"""Meter, register, local day."""


@dataclass(slots=True)
class Group:
    """A register's readings of one day. Instants in microseconds since 1970 UTC."""

    coop: str
    quantity: str
    kind: str
    step_s: int
    first_us: int
    last_us: int
    count: int = 0


def groups(series: Iterable[Series], calendars: Mapping[str, Calendar]) -> dict[Key, Group]:
    """All readings by day; `calendars`: the days of each meter."""
    found: dict[Key, Group] = {}
    for one in series:
        calendar = calendars[one.meter]
        instants = sorted([us for us, _ in one.points])
        at = 0
        while at < len(instants):
            first = instants[at]
            civil = calendar.day(calendar.day_of(instant_of(first)))
            until = bisect_left(instants, civil.end_us, at)
            last, count = instants[until - 1], until - at
            key = (one.meter, one.register, civil.day)
            group = found.get(key)
            if group is None:
                found[key] = Group(one.coop, one.quantity, one.kind, one.step_s, first, last, count)
            else:
                group.first_us, group.last_us = min(group.first_us, first), max(group.last_us, last)
                group.count += count
            at = until
    return found
