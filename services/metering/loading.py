"""The stored readings that may bear on a run of days, fetched at once and sliced day by day."""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import text

from contracts.codes import Kind, Quantity
from services.kit.unit import Unit
from services.metering import registers
from services.metering.bounds import NEAR, between, midnight
from services.metering.candidates import LONGEST_STEP_US
from services.metering.days import Calendar, CivilDay, instant_of, microseconds
from services.metering.intervals import SAMPLE_GAP_US
from services.metering.slots import Point
from services.metering.store import SETTLED_BY

LONGEST_RUN_DAYS = 31

# From `start` to `end` is the run with the time that registers are believed in. What lies before: for
# registers so many readings more, for intervals and means whatever may reach into the run. The bounds leave
# out partitions, see `store`; a register without enough context within them answers that it has more.
_READINGS = f"""
SELECT g.register, g.kind, g.step_s, (extract(epoch FROM p.instant) * 1000000)::bigint, p.value_milli,
    g.kind = '{Kind.REGISTER}' AND g.first_instant < {{low}},
    g.kind = '{Kind.REGISTER}' AND s.watermark >= {{high}}
FROM metering.meter_register g
LEFT JOIN metering.meter_state s ON s.meter = g.meter
LEFT JOIN LATERAL (
    (SELECT b.instant, b.value_milli FROM metering.reading b
     WHERE b.meter = g.meter AND b.register = g.register AND b.instant < :start AND {{bounds_b}}
       AND (g.kind = '{Kind.REGISTER}' OR b.instant >= CAST(:start AS timestamptz) - interval '1 day')
     ORDER BY b.instant DESC
     LIMIT CASE WHEN g.kind = '{Kind.REGISTER}' THEN {registers.CONTEXT} END)
    UNION ALL
    (SELECT r.instant, r.value_milli FROM metering.reading r
     WHERE r.meter = g.meter AND r.register = g.register AND r.instant >= :start AND r.instant <= :end
       AND {{bounds_r}})
    UNION ALL
    (SELECT a.instant, a.value_milli FROM metering.reading a
     WHERE a.meter = g.meter AND a.register = g.register AND a.instant > :end AND {{bounds_a}}
     ORDER BY a.instant LIMIT {registers.CONTEXT})
) p ON true
WHERE g.meter = :meter AND g.quantity = ANY(:quantities)
"""  # noqa: S608 - only constants are formatted in
_FURTHER = f"""
SELECT g.register, g.kind, g.step_s, (extract(epoch FROM p.instant) * 1000000)::bigint, p.value_milli
FROM metering.meter_register g
CROSS JOIN LATERAL (
    (SELECT b.instant, b.value_milli FROM metering.reading b
     WHERE b.meter = g.meter AND b.register = g.register AND b.instant < :start
     ORDER BY b.instant DESC LIMIT {registers.CONTEXT})
    UNION
    (SELECT a.instant, a.value_milli FROM metering.reading a
     WHERE a.meter = g.meter AND a.register = g.register AND a.instant > :end
     ORDER BY a.instant LIMIT {registers.CONTEXT})
) p
WHERE g.meter = :meter AND g.register = ANY(:registers)
"""  # noqa: S608 - only constants are formatted in

_Key = tuple[str, str, int]


class Readings:
    """A run's readings by register, in time order."""

    def __init__(self, rows: Sequence[Sequence[object]]) -> None:
        self._series: dict[_Key, list[tuple[int, int]]] = defaultdict(list)
        for register, kind, step_s, us, value in rows:
            self._series[register, kind, step_s].append((us, value))  # type: ignore[index,arg-type]
        for points in self._series.values():
            points.sort()

    def around(self, civil: CivilDay, since_us: int | None, until_us: int | None) -> Iterator[Point]:
        """The readings that bear on one day, within the household's period: one household's readings
        never shape another's day."""
        for (register, kind, step_s), points in self._series.items():
            if kind == Kind.REGISTER:
                low, high = _within(points, since_us, until_us)
                near = registers.window(points[low:high], civil.start_us, civil.end_us)
            else:
                back = LONGEST_STEP_US if step_s else SAMPLE_GAP_US
                low = bisect_left(points, (max(civil.start_us - back, since_us or 0),))
                high = bisect_left(points, (min(civil.end_us + SAMPLE_GAP_US, until_us or 2**62) + 1,))
                near = points[low:high]
            for us, value in near:
                yield Point(register, kind, step_s, us, value)


async def load(unit: Unit, meter: str, quantity: Quantity, first: CivilDay, last: CivilDay) -> Readings:
    start = instant_of(first.start_us - registers.REACH_US)
    end = instant_of(last.end_us + registers.REACH_US)
    low, high = start - NEAR, end + NEAR
    statement = _READINGS.format(
        low=midnight(low),
        high=midnight(high, 1),
        **{f"bounds_{name}": between(name, low, high) for name in "bra"},
    )
    values = {
        "meter": meter,
        "quantities": [source.value for source, target in SETTLED_BY.items() if target is quantity],
        "start": start,
        "end": end,
    }
    found = (await unit.session.execute(text(statement), values)).all()
    rows = {tuple(row[:5]) for row in found if row[3] is not None}
    if seldom := _seldom(found, microseconds(start), microseconds(end)):
        further = await unit.session.execute(
            text(_FURTHER), {"meter": meter, "registers": seldom, "start": start, "end": end}
        )
        rows |= {tuple(row) for row in further}
    return Readings(list(rows))


def _seldom(found: Sequence[Sequence[Any]], start_us: int, end_us: int) -> list[str]:
    """Registers whose context does not lie within the bounds, and that have more beyond."""
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    for register, _, _, us, *_ in found:
        if us is not None:
            before[register] += us < start_us
            after[register] += us > end_us
    return sorted(
        {
            register
            for register, *_, has_earlier, has_later in found
            if (has_earlier and before[register] < registers.CONTEXT)
            or (has_later and after[register] < registers.CONTEXT)
        }
    )


def runs(days: Sequence[date], calendar: Calendar) -> Iterator[list[CivilDay]]:
    """Sorted days in stretches near enough to be fetched together."""
    run: list[CivilDay] = []
    for day in sorted(days):
        if run and (day - run[-1].day > timedelta(days=3) or len(run) >= LONGEST_RUN_DAYS):
            yield run
            run = []
        run.append(calendar.day(day))
    if run:
        yield run


def _within(points: list[tuple[int, int]], since_us: int | None, until_us: int | None) -> tuple[int, int]:
    low = 0 if since_us is None else bisect_left(points, (since_us,))
    high = len(points) if until_us is None else bisect_right(points, (until_us + 1,))
    return low, high
