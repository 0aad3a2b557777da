"""The stored readings that may bear on a run of days, fetched at once and sliced day by day."""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
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

THINNED_FROM = 200
"""Readings of a register in a run from which on only the outermost of each quarter of an hour are fetched."""

# A register that never falls is known by its outermost readings between two instants at which half-hours and
# households may begin: in any zone these are quarters of an hour. Answers with all where it falls.
_OUTERMOST = f"""
SELECT r.instant, r.value_milli FROM (
    SELECT e.instant, e.value_milli,
        lag(e.quarter) OVER line IS DISTINCT FROM e.quarter
            OR lead(e.quarter) OVER line IS DISTINCT FROM e.quarter AS is_outermost,
        bool_or(e.falls) OVER () OR count(*) OVER () < {THINNED_FROM} AS is_wanted
    FROM (
        SELECT r.instant, r.value_milli, floor(extract(epoch FROM r.instant) / 900) AS quarter,
            r.value_milli < lag(r.value_milli) OVER (ORDER BY r.instant) AS falls
        FROM metering.reading r
        WHERE g.kind = '{Kind.REGISTER}' AND r.meter = g.meter AND r.register = g.register
          AND r.instant >= :start AND r.instant <= :end AND {{bounds_r}}
    ) e WINDOW line AS (ORDER BY e.instant)
) r WHERE r.is_outermost OR r.is_wanted
"""  # noqa: S608 - only constants are formatted in
_ALL = """
SELECT r.instant, r.value_milli FROM metering.reading r
WHERE {registers} r.meter = g.meter AND r.register = g.register AND r.instant >= :start AND r.instant <= :end
  AND {bounds_r}
"""

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
    ({{inside}})
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
_Row = tuple[str, str, int, int, int]
"""Register, kind, step in seconds, microseconds since 1970 UTC, thousandths of the unit."""


class Readings:
    """A run's readings by register, in time order."""

    def __init__(self, rows: Iterable[_Row]) -> None:
        self._series: dict[_Key, list[tuple[int, int]]] = defaultdict(list)
        for register, kind, step_s, us, value in rows:
            self._series[register, kind, step_s].append((us, value))
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


async def load(
    unit: Unit, meter: str, quantity: Quantity, first: CivilDay, last: CivilDay, *, is_whole: bool = False
) -> Readings:
    """What bears on the days from `first` to `last`. Of a register read every few seconds only so much as
    gives the same half-hours, unless all of it is wanted."""
    rows = await _load(unit, meter, quantity, first, last, is_thinned=not is_whole)
    if not is_whole and _may_be_doubted(rows):
        rows = await _load(unit, meter, quantity, first, last, is_thinned=False)
    return Readings(rows)


def _may_be_doubted(rows: Sequence[_Row]) -> bool:
    """Whether some register falls or begins with zeros: then every reading is a witness."""
    lines: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for register, kind, _, us, value in rows:
        if kind == Kind.REGISTER:
            lines[register].append((us, value))
    for points in lines.values():
        points.sort()
        if points[0][1] == 0 or any(later < earlier for (_, earlier), (_, later) in pairwise(points)):
            return True
    return False


async def _load(
    unit: Unit, meter: str, quantity: Quantity, first: CivilDay, last: CivilDay, *, is_thinned: bool
) -> list[_Row]:
    start = instant_of(first.start_us - registers.REACH_US)
    end = instant_of(last.end_us + registers.REACH_US)
    low, high = start - NEAR, end + NEAR
    bounds = {f"bounds_{name}": between(name, low, high) for name in "bra"}
    if is_thinned:
        others = _ALL.format(registers=f"g.kind <> '{Kind.REGISTER}' AND", **bounds)
        inside = f"{_OUTERMOST.format(**bounds)} UNION ALL ({others})"
    else:
        inside = _ALL.format(registers="", **bounds)
    statement = _READINGS.format(low=midnight(low), high=midnight(high, 1), inside=inside, **bounds)
    values = {
        "meter": meter,
        "quantities": [source.value for source, target in SETTLED_BY.items() if target is quantity],
        "start": start,
        "end": end,
    }
    found = (await unit.session.execute(text(statement), values)).all()
    rows: set[Any] = {tuple(row[:5]) for row in found if row[3] is not None}
    if seldom := _seldom(found, microseconds(start), microseconds(end)):
        further = await unit.session.execute(
            text(_FURTHER), {"meter": meter, "registers": seldom, "start": start, "end": end}
        )
        rows |= {tuple(row) for row in further}
    return list(rows)


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
