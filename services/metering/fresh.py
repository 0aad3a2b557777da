"""Which days of which registers a batch of readings touches."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from services.metering.copying import Series
from services.metering.days import Calendar, CivilDay, instant_of

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
        civil: CivilDay | None = None
        group: Group | None = None
        for us, _ in one.points:
            if civil is None or group is None or not civil.start_us <= us < civil.end_us:
                civil = calendar.day(calendar.day_of(instant_of(us)))
                key = (one.meter, one.register, civil.day)
                group = found.setdefault(key, Group(one.coop, one.quantity, one.kind, one.step_s, us, us))
            group.count += 1
            if us < group.first_us:
                group.first_us = us
            elif us > group.last_us:
                group.last_us = us
    return found
