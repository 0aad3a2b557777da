"""What settling needs besides readings: a household's own earlier days, decisions of people, the way here.

One question each for all the days of a round, and none for what most rounds do not need, so that settling
costs the same however long the history is.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text

from contracts.codes import EditKind, Kind, Quality, Quantity
from services.kit.unit import Unit
from services.metering.curves import Whole
from services.metering.days import Calendar, CivilDay, microseconds
from services.metering.edits import Edit, standing
from services.metering.packing import unpack
from services.metering.settle import Settled
from services.metering.slots import Slot
from services.metering.touching import SETTLED_BY
from services.metering.vee.day import Heard
from services.metering.vee.profile import Past
from services.metering.vee.thresholds import thresholds

Key = tuple[str, Quantity, date]
"""Meter, quantity, civil day."""

_RULES = thresholds(date.max, Quantity.ENERGY_IMPORT)
WEEKS = timedelta(weeks=_RULES.like_weeks)
REACH = WEEKS + timedelta(days=7)
"""How far back a day's reference days lie."""
LEANS = REACH + timedelta(days=_RULES.shape_days)
"""How far ahead a day is a reference for others: an outage leans on the weeks before it began."""
_EPOCH = date(1970, 1, 1).toordinal()
_TO_THE_NEXT = timedelta(days=2)
"""A gap may go on over midnight: until the end of the day after."""
_LIVE = timedelta(days=2)
"""Only of days so recent does the way here say anything about the meter's clock."""

_DAYS = """
SELECT d.meter, d.quantity, d.day, d.occupancy, d.value, d.slots, d.quality, d.packed
FROM unnest(CAST(:meters AS text[]), CAST(:quantities AS text[]), CAST(:firsts AS date[]),
            CAST(:lasts AS date[])) w(meter, quantity, first, last)
JOIN metering.day d ON d.meter = w.meter AND d.quantity = w.quantity AND d.day BETWEEN w.first AND w.last
"""
# Where totals are enough: one row a series, and no list of qualities is read that is not there.
_TOTALS = """
SELECT s.meter, s.quantity, s.occupancy, array_agg(r.day - DATE '1970-01-01') AS days,
    array_agg(CASE WHEN r.extra IS NULL THEN r.value
        WHEN 10 * (coalesce((r.extra -> 'quality' ->> 'missing')::int, 0)
                   + coalesce((r.extra -> 'quality' ->> 'suspect')::int, 0)) <= get_byte(r.body, 1)
        THEN coalesce((r.extra ->> 'value')::bigint, r.value) END) AS totals
FROM unnest(CAST(:meters AS text[]), CAST(:quantities AS text[]), CAST(:firsts AS date[]),
            CAST(:lasts AS date[])) w(meter, quantity, first, last)
JOIN metering.series s ON s.meter = w.meter AND s.quantity = w.quantity
JOIN metering.day_row r ON r.series = s.id AND r.day BETWEEN w.first AND w.last
GROUP BY s.id
"""
_EDITS = """
SELECT meter, quantity, day, id, first_slot, last_slot, kind, amounts FROM metering.edit
WHERE meter = ANY(:meters) AND day = ANY(:days) AND undone_at IS NULL ORDER BY day, id
"""
_LEANING = """
INSERT INTO metering.dirty_day (coop, meter, quantity, day)
SELECT d.coop, d.meter, d.quantity, d.day
FROM unnest(CAST(:meters AS text[]), CAST(:quantities AS text[]), CAST(:firsts AS date[]),
            CAST(:lasts AS date[])) w(meter, quantity, first, last)
JOIN metering.day d ON d.meter = w.meter AND d.quantity = w.quantity AND d.day BETWEEN w.first AND w.last
WHERE d.findings @> '[{"check": "gap"}]' AND NOT d.is_frozen
  AND (d.day > w.first
    OR d.findings @> jsonb_build_array(jsonb_build_object('check', 'gap', 'last_slot', d.slots - 1)))
  AND NOT EXISTS (
    SELECT 1 FROM unnest(CAST(:done_meters AS text[]), CAST(:done_quantities AS text[]),
                         CAST(:done_days AS date[])) k(meter, quantity, day)
    WHERE k.meter = d.meter AND k.quantity = d.quantity AND k.day = d.day)
"""
_DELAYS = f"""
SELECT w.meter, w.quantity, w.day, count(*) AS readings,
       floor(min(extract(epoch FROM r.received_at - r.instant)))::int AS least_s,
       ceil(max(extract(epoch FROM r.received_at - r.instant)))::int AS most_s
FROM unnest(CAST(:meters AS text[]), CAST(:quantities AS text[]), CAST(:days AS date[]),
            CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[])) w(meter, quantity, day, first, last)
JOIN metering.meter_register g ON g.meter = w.meter AND g.quantity = w.quantity
    AND g.kind = '{Kind.REGISTER}'
JOIN metering.reading_row r ON r.meter = g.meter AND r.register = g.register
    AND r.instant >= w.first AND r.instant < w.last
GROUP BY 1, 2, 3
"""  # noqa: S608 - only a constant is formatted in
_DISAGREEMENTS = """
SELECT meter, register, instant FROM metering.disagreement
WHERE meter = ANY(:meters) AND instant >= :first AND instant < :last
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A day that leans on earlier ones. `since`: the day before which its reference days lie, the day
    itself or the one on which an outage began. `is_deep`: it needs their half-hours, not only totals."""

    meter: str
    quantity: Quantity
    day: date
    since: date
    is_deep: bool


@dataclass(slots=True)
class _Known:
    occupancy: str | None
    total: int | None
    """None unless nearly the whole day is known."""
    slots: Sequence[Slot] | Whole | None


@dataclass(slots=True)
class History:
    """Closed days by series, with those of this round in the place of what was stored. Days are counted from
    year 1, as `date.toordinal` does."""

    days: dict[tuple[str, Quantity], dict[int, _Known]] = field(default_factory=lambda: defaultdict(dict))

    def note(
        self,
        meter: str,
        quantity: Quantity,
        day: date,
        occupancy: str | None,
        settled: Settled | Whole,
    ) -> None:
        """A day as it is closed in this round."""
        if isinstance(settled, Whole):
            known = _Known(occupancy, settled.value, settled)
        else:
            values = [slot.value for slot in settled.slots if slot.value is not None]
            total = sum(values) if 10 * len(values) >= 9 * len(settled.slots) else None
            known = _Known(occupancy, total, settled.slots)
        self.days[meter, quantity][day.toordinal()] = known

    def past(self, wanted: Wanted, calendar: Calendar, occupancy: str | None, *, keeps_slots: bool) -> Past:
        """The household's own earlier days: one household's never shape another's."""
        own = {
            date.fromordinal(day): known
            for day, known in self.days[wanted.meter, wanted.quantity].items()
            if wanted.since - REACH <= date.fromordinal(day) < wanted.day and known.occupancy == occupancy
        }
        since = wanted.day - WEEKS
        totals = {day: known.total for day, known in own.items() if day >= since and known.total is not None}
        kept: dict[date, Sequence[Slot]] = {}
        if keeps_slots and wanted.is_deep:
            kept = {day: _slots(known.slots) for day, known in own.items() if known.slots is not None}
        return Past(calendar.zone, kept, totals, calendar.first_hour)

    def told(self, meter: str, quantity: Quantity, day: date, occupancy: str | None) -> Sequence[Slot]:
        """The half-hours of one of the household's own closed days; empty where they are not known."""
        known = self.days[meter, quantity].get(day.toordinal())
        if known is None or known.slots is None or known.occupancy != occupancy:
            return ()
        return _slots(known.slots)

    def usual(self, wanted: Wanted, occupancy: str | None) -> tuple[int, int]:
        """The sum of `past`'s totals, and of how many days it is."""
        days, last = self.days[wanted.meter, wanted.quantity], wanted.day.toordinal()
        totals = [
            known.total
            for day in range(last - WEEKS.days, last)
            if (known := days.get(day)) and known.total is not None and known.occupancy == occupancy
        ]
        return sum(totals), len(totals)


def _slots(kept: Sequence[Slot] | Whole) -> Sequence[Slot]:
    return kept.settled().slots if isinstance(kept, Whole) else kept


async def load(unit: Unit, wanted: Sequence[Wanted]) -> History:
    """The closed days before those `wanted`, and the ones after those whose half-hours count."""
    history = History()
    ranges: dict[tuple[str, Quantity], tuple[date, date, bool]] = {}
    for one in wanted:
        before = one.day + (_TO_THE_NEXT if one.is_deep else timedelta())
        first, last, is_deep = ranges.get((one.meter, one.quantity), (one.since, before, False))
        ranges[one.meter, one.quantity] = (min(first, one.since), max(last, before), is_deep or one.is_deep)
    if deep := {key: reach for key, reach in ranges.items() if reach[2]}:
        for row in await unit.session.execute(text(_DAYS), _reaches(deep)):
            unknown = row.quality.get(Quality.MISSING.value, 0) + row.quality.get(Quality.SUSPECT.value, 0)
            total = row.value if 10 * unknown <= row.slots else None
            slots = unpack(row.packed) if row.packed is not None else None
            known = _Known(row.occupancy, total, slots)
            history.days[row.meter, Quantity(row.quantity)][row.day.toordinal()] = known
    if shallow := {key: reach for key, reach in ranges.items() if not reach[2]}:
        for meter, quantity, occupancy, days, totals in await unit.session.execute(
            text(_TOTALS), _reaches(shallow)
        ):
            found = history.days[meter, Quantity(quantity)]
            for day, total in zip(days, totals, strict=True):
                found[_EPOCH + day] = _Known(occupancy, total, None)
    return history


def _reaches(ranges: Mapping[tuple[str, Quantity], tuple[date, date, bool]]) -> dict[str, list[Any]]:
    return {
        "meters": [meter for meter, _ in ranges],
        "quantities": [quantity.value for _, quantity in ranges],
        "firsts": [first - REACH for first, _, _ in ranges.values()],
        "lasts": [last - timedelta(days=1) for _, last, _ in ranges.values()],
    }


async def edits(unit: Unit, keys: Iterable[Key]) -> dict[Key, tuple[Edit, ...]]:
    """What people decided about these days, where anything."""
    keys = list(keys)
    rows = await unit.session.execute(
        text(_EDITS),
        {"meters": sorted({meter for meter, _, _ in keys}), "days": sorted({day for _, _, day in keys})},
    )
    made: dict[Key, list[Edit]] = defaultdict(list)
    for row in rows:
        values = None if row.amounts is None else tuple(row.amounts)
        edit = Edit(row.id, row.day, row.first_slot, row.last_slot, EditKind(row.kind), values)
        made[row.meter, Quantity(row.quantity), row.day].append(edit)
    return {key: standing(of_day) for key, of_day in made.items()}


async def heard(unit: Unit, days: Mapping[Key, CivilDay], now: datetime) -> dict[Key, Heard]:
    """How the readings of days about to close reached us, where that says anything."""
    if not days:
        return {}
    found: dict[Key, Heard] = {}
    live = [(key, civil) for key, civil in days.items() if civil.ends_at >= now - _LIVE]
    if live:
        values: dict[str, list[Any]] = {
            "meters": [meter for (meter, _, _), _ in live],
            "quantities": [quantity.value for (_, quantity, _), _ in live],
            "days": [day for (_, _, day), _ in live],
            "starts": [civil.starts_at for _, civil in live],
            "ends": [civil.ends_at for _, civil in live],
        }
        for row in await unit.session.execute(text(_DELAYS), values):
            key = (row.meter, Quantity(row.quantity), row.day)
            found[key] = Heard(row.readings, row.least_s, row.most_s)
    for key, counts in (await _disagreements(unit, days)).items():
        known = found.get(key, Heard())
        found[key] = Heard(known.readings, known.least_delay_s, known.most_delay_s, counts)
    return found


async def mark_leaning(unit: Unit, changed: Sequence[Key], done: Iterable[Key]) -> None:
    """Days with gaps that lean on those that `changed` are settled again, and the day before where its gap
    goes up to midnight; those just `done` knew already."""
    series: dict[tuple[str, Quantity], list[date]] = defaultdict(list)
    for meter, quantity, day in changed:
        series[meter, quantity].append(day)
    if not series:
        return
    done = sorted(done)
    await unit.session.execute(
        text(_LEANING),
        {
            "meters": [meter for meter, _ in series],
            "quantities": [quantity.value for _, quantity in series],
            "firsts": [min(days) - timedelta(days=1) for days in series.values()],
            "lasts": [max(days) + LEANS for days in series.values()],
            "done_meters": [meter for meter, _, _ in done],
            "done_quantities": [quantity.value for _, quantity, _ in done],
            "done_days": [day for _, _, day in done],
        },
    )


async def _disagreements(unit: Unit, days: Mapping[Key, CivilDay]) -> dict[Key, dict[int, int]]:
    rows = await unit.session.execute(
        text(_DISAGREEMENTS),
        {
            "meters": sorted({meter for meter, _, _ in days}),
            "first": min(civil.starts_at for civil in days.values()),
            "last": max(civil.ends_at for civil in days.values()),
        },
    )
    found: dict[Key, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    by_meter: dict[str, list[tuple[Key, CivilDay]]] = defaultdict(list)
    for key, civil in days.items():
        by_meter[key[0]].append((key, civil))
    for row in rows:
        source = Quantity(row.register.partition("@")[0].partition(".")[0])
        us = microseconds(row.instant)
        for key, civil in by_meter[row.meter]:
            if SETTLED_BY.get(source) is key[1] and civil.start_us <= us < civil.end_us:
                found[key][(us - civil.start_us) // 1_800_000_000] += 1
    return found
