"""The stored readings that may bear on a run of days, fetched at once and sliced day by day."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise

from sqlalchemy import text

from contracts.codes import Kind, Quantity
from services.kit.unit import Unit
from services.metering import registers
from services.metering.bounds import NEAR, between, midnight
from services.metering.candidates import LONGEST_STEP_US
from services.metering.curves import Curve, whole
from services.metering.days import Calendar, CivilDay, instant_of
from services.metering.interval_rows import DAY_US, number_of
from services.metering.interval_store import days_between
from services.metering.intervals import SAMPLE_GAP_US
from services.metering.slots import Point
from services.metering.tellers import SHARED_US
from services.metering.touching import SETTLED_BY

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
        FROM metering.reading_row r
        WHERE g.kind = '{Kind.REGISTER}' AND r.meter = g.meter AND r.register = g.register
          AND r.instant >= :start AND r.instant <= :end AND {{bounds_r}}
    ) e WINDOW line AS (ORDER BY e.instant)
) r WHERE r.is_outermost OR r.is_wanted
"""  # noqa: S608 - only constants are formatted in
_ALL = """
SELECT r.instant, r.value_milli FROM metering.reading_row r
WHERE {registers} r.meter = g.meter AND r.register = g.register AND r.instant >= :start AND r.instant <= :end
  AND {bounds_r}
"""

# From `start` to `end` is the run with the time that registers are believed in. What lies before: for
# registers so many readings more, for intervals and means whatever may reach into the run. The bounds leave
# out partitions, see `store`; a register without enough context within them answers that it has more.
_READINGS = f"""
SELECT g.meter, g.register, g.kind, g.step_s, p.us, p.milli,
    g.kind = '{Kind.REGISTER}' AND ((p.earlier < {registers.CONTEXT} AND g.first_instant < {{low}})
        OR (p.later < {registers.CONTEXT} AND s.watermark >= {{high}})) AS has_more
FROM metering.meter_register g
LEFT JOIN metering.meter_state s ON s.meter = g.meter
CROSS JOIN LATERAL (
    SELECT array_agg(round(date_part('epoch', q.instant) * 1000000)::bigint ORDER BY q.instant) AS us,
        array_agg(q.value_milli ORDER BY q.instant) AS milli,
        count(*) FILTER (WHERE q.instant < :start) AS earlier,
        count(*) FILTER (WHERE q.instant > :end) AS later
    FROM (
        (SELECT b.instant, b.value_milli FROM metering.reading_row b
         WHERE b.meter = g.meter AND b.register = g.register AND b.instant < :start AND {{bounds_b}}
           AND (g.kind = '{Kind.REGISTER}' OR b.instant >= CAST(:start AS timestamptz) - interval '1 day')
         ORDER BY b.instant DESC
         LIMIT CASE WHEN g.kind = '{Kind.REGISTER}' THEN {registers.CONTEXT} END)
        UNION ALL
        ({{inside}})
        UNION ALL
        (SELECT a.instant, a.value_milli FROM metering.reading_row a
         WHERE a.meter = g.meter AND a.register = g.register AND a.instant > :end AND {{bounds_a}}
         ORDER BY a.instant LIMIT {registers.CONTEXT})
    ) q
) p
WHERE g.meter = ANY(:meters) AND g.quantity = ANY(:quantities) AND g.first_instant IS NOT NULL
"""  # noqa: S608 - only constants are formatted in
_HAS_SINGLES = """
SELECT 1 FROM metering.meter_register g
WHERE g.meter = ANY(:meters) AND g.quantity = ANY(:quantities) AND g.first_instant IS NOT NULL LIMIT 1
"""
_INTERVALS = """
SELECT r.meter, r.register, r.day, r.amounts FROM metering.interval_row r
WHERE r.meter = ANY(:meters) AND starts_with(r.register, :quantity) AND {bounds}
"""
_FURTHER = f"""
SELECT g.meter, g.register, g.kind, g.step_s,
    round(date_part('epoch', p.instant) * 1000000)::bigint AS us, p.value_milli AS milli
FROM metering.meter_register g
JOIN unnest(CAST(:meters AS text[]), CAST(:registers AS text[])) AS w(meter, register)
    ON w.meter = g.meter AND w.register = g.register
CROSS JOIN LATERAL (
    (SELECT b.instant, b.value_milli FROM metering.reading_row b
     WHERE b.meter = g.meter AND b.register = g.register AND b.instant < :start
     ORDER BY b.instant DESC LIMIT {registers.CONTEXT})
    UNION
    (SELECT a.instant, a.value_milli FROM metering.reading_row a
     WHERE a.meter = g.meter AND a.register = g.register AND a.instant > :end
     ORDER BY a.instant LIMIT {registers.CONTEXT})
) p
"""  # noqa: S608 - only constants are formatted in

_Key = tuple[str, str, int]
"""Register, kind, step in seconds."""
_Line = list[tuple[int, int]]
"""(microseconds since 1970 UTC, thousandths of the unit), in order of time."""


_Amounts = Sequence[int | None]
_Days = dict[str, dict[int, _Amounts]]
"""Register to UTC day since 1970 to its intervals, see `interval_rows`."""


class Readings:
    """A meter's readings around a run of days, by register."""

    def __init__(self, series: Mapping[_Key, _Line], days: _Days) -> None:
        self._series = series
        self._days = days

    def curve(self, civil: CivilDay, since_us: int | None, until_us: int | None) -> Curve | None:
        """The one load curve that is all that is known of a day and knows all of it: intervals that make up
        half-hours, each one there. None where anything else is, or might be."""
        if self._series or len(self._days) != 1:
            return None
        if (since_us or 0) > civil.start_us or (until_us is not None and until_us < civil.end_us):
            return None
        ((register, days),) = self._days.items()
        return whole(register, days, civil)

    def around(self, civil: CivilDay, since_us: int | None, until_us: int | None) -> Iterator[Point]:
        """The readings that bear on one day, within the household's period: one household's readings
        never shape another's day. Only a register read as it leaves is its own and the next one's."""
        before_us = 2**62 if until_us is None else until_us
        for (register, kind, step_s), points in self._series.items():
            if kind == Kind.REGISTER:
                low, high = _within(points, since_us, until_us)
                near = registers.window(points[low:high], civil.start_us, civil.end_us)
            else:
                back = LONGEST_STEP_US if step_s else SAMPLE_GAP_US
                low = bisect_left(points, (max(civil.start_us - back, since_us or 0),))
                high = bisect_left(points, (min(civil.end_us + SAMPLE_GAP_US + 1, before_us),))
                near = points[low:high]
            for us, value in near:
                yield Point(register, kind, step_s, us, value)
        after_us = SHARED_US if self._series else SAMPLE_GAP_US
        low_us = max(civil.start_us - LONGEST_STEP_US, since_us or 0)
        high_us = min(civil.end_us + after_us, before_us - 1)
        for register, days in self._days.items():
            for day in range(low_us // DAY_US, high_us // DAY_US + 1):
                amounts = days.get(day, ())
                step = DAY_US // len(amounts) if amounts else 0
                for n, amount in enumerate(amounts):
                    if amount is not None and low_us <= (at := day * DAY_US + n * step) <= high_us:
                        yield Point(register, Kind.INTERVAL, step // 1_000_000, at, amount)


async def load(
    unit: Unit,
    meters: Iterable[str],
    quantity: Quantity,
    first: CivilDay,
    last: CivilDay,
    *,
    is_whole: bool = False,
) -> dict[str, Readings]:
    """What bears on the days from `first` to `last`, of each meter. Of a register read every few seconds only
    so much as gives the same half-hours, unless all of it is wanted."""
    wanted = sorted(set(meters))
    found = await _load(unit, wanted, quantity, first, last, is_thinned=not is_whole)
    if not is_whole and (doubted := sorted(meter for meter in found if _may_be_doubted(found[meter]))):
        found |= await _load(unit, doubted, quantity, first, last, is_thinned=False)
    days = await _intervals(unit, wanted, quantity, first, last, is_wide=bool(found))
    return {meter: Readings(found.get(meter, {}), days.get(meter, {})) for meter in wanted}


def _may_be_doubted(series: Mapping[_Key, _Line]) -> bool:
    """Whether some register falls or begins with zeros: then every reading is a witness."""
    return any(
        kind == Kind.REGISTER
        and (line[0][1] == 0 or any(later < earlier for (_, earlier), (_, later) in pairwise(line)))
        for (_, kind, _), line in series.items()
    )


async def _intervals(
    unit: Unit, meters: list[str], quantity: Quantity, first: CivilDay, last: CivilDay, *, is_wide: bool
) -> dict[str, _Days]:
    """Those that may reach into the days, by meter; `is_wide`: and those that tell of gaps of registers."""
    low = instant_of(first.start_us - LONGEST_STEP_US).date()
    high = instant_of(last.end_us + (SHARED_US if is_wide else SAMPLE_GAP_US)).date()
    statement = text(_INTERVALS.format(bounds=days_between("r", low, high)))
    found: dict[str, _Days] = defaultdict(lambda: defaultdict(dict))
    for row in await unit.session.execute(statement, {"meters": meters, "quantity": quantity.value}):
        meter, register, day, amounts = row
        found[meter][register][number_of(day)] = amounts
    return found


async def _load(
    unit: Unit, meters: list[str], quantity: Quantity, first: CivilDay, last: CivilDay, *, is_thinned: bool
) -> dict[str, dict[_Key, _Line]]:
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
    quantities = [source.value for source, target in SETTLED_BY.items() if target is quantity]
    period = {"start": start, "end": end}
    found: dict[str, dict[_Key, _Line]] = defaultdict(dict)
    # Planning to look into so many partitions costs as much as looking: most meters have curves only.
    named = {"meters": meters, "quantities": quantities}
    if (await unit.session.execute(text(_HAS_SINGLES), named)).first() is None:
        return found
    seldom = []
    for row in await unit.session.execute(text(statement), {**named, **period}):
        if row.us:
            line = list(zip(row.us, row.milli, strict=True))
            found[row.meter][row.register, row.kind, row.step_s] = line
        if row.has_more:
            seldom.append((row.meter, row.register))
    if seldom:
        names = {"meters": [meter for meter, _ in seldom], "registers": [name for _, name in seldom]}
        further: dict[tuple[str, _Key], set[tuple[int, int]]] = defaultdict(set)
        for row in await unit.session.execute(text(_FURTHER), {**names, **period}):
            further[row.meter, (row.register, row.kind, row.step_s)].add((row.us, row.milli))
        for (meter, key), points in further.items():
            found[meter][key] = sorted(points.union(found[meter].get(key, ())))
    return found


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
