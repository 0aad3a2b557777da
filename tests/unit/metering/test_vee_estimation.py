"""What nobody measured: a straight line for two hours, like days beyond, an outage in their shape."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import Check, Quality, Quantity
from services.metering.days import civil_day
from services.metering.settle import Point, Settled, Slot, Source, finish, settle
from services.metering.vee.day import Facts
from services.metering.vee.estimation import Beside, estimated
from services.metering.vee.profile import Past, halves, usual
from services.metering.vee.thresholds import thresholds
from tests.unit.metering.builders import DAY, interval, register

PARIS = "Europe/Paris"
RULES = thresholds(DAY, Quantity.ENERGY_IMPORT)
PROFILE = [40] * 14 + [300] * 4 + [80] * 18 + [500] * 6 + [60] * 6


def measured(values: list[int], quality: Quality = Quality.MEASURED) -> tuple[Slot, ...]:
    return tuple(Slot(value, quality, Source.INTERVAL) for value in values)


def weeks(count: int, before: date = DAY, quality: Quality = Quality.MEASURED) -> Past:
    """So many like days of `before`, a watt-hour more each week back."""
    return Past(
        PARIS,
        {
            before - timedelta(weeks=n): measured([wh + n - 1 for wh in PROFILE], quality)
            for n in range(1, count + 1)
        },
    )


def curve(values: Sequence[int | None]) -> list[Point]:
    return [interval(30 * n, 30, wh) for n, wh in enumerate(values) if wh is not None]


def told(points: list[Point], past: Past | None, day: date = DAY) -> Settled:
    civil = civil_day(day, PARIS)
    settled = settle(points, civil, Quantity.ENERGY_IMPORT, past=past)
    return finish(settled, civil, Quantity.ENERGY_IMPORT, past=past)


def test_up_to_two_hours_are_a_straight_line_between_good_half_hours() -> None:
    day = told(curve([100] * 10 + [None] * 4 + [200] * 34), weeks(6))
    assert [slot.value for slot in day.slots[9:15]] == [100, 120, 140, 160, 180, 200]
    assert {slot.quality for slot in day.slots[10:14]} == {Quality.INTERPOLATED}
    assert day.value == 100 * 10 + 600 + 200 * 34


def test_beyond_two_hours_like_days_are_averaged_and_say_so() -> None:
    day = told(curve([100] * 12 + [None] * 8 + [200] * 28), weeks(3))
    assert [slot.value for slot in day.slots[12:20]] == [wh + 1 for wh in PROFILE[12:20]]
    assert {slot.quality for slot in day.slots[12:20]} == {Quality.ESTIMATED}
    assert [one.detail for one in day.findings if one.check is Check.GAP] == [{"left": "estimated"}]


@pytest.mark.parametrize(
    "past",
    [
        None,
        weeks(2),
        weeks(6, DAY + timedelta(days=1)),
        weeks(6, quality=Quality.ESTIMATED),
        weeks(6, quality=Quality.RECOVERED),
        weeks(6, quality=Quality.EDITED),
        Past(PARIS, dict(weeks(6, DAY + timedelta(weeks=7)).slots)),
    ],
    ids=["no past", "too few", "other weekdays", "estimates", "outages", "edits", "later days"],
)
def test_without_enough_measured_like_days_before_it_stays_missing(past: Past | None) -> None:
    day = told(curve([100] * 12 + [None] * 8 + [200] * 28), past)
    assert {slot.quality for slot in day.slots[12:20]} == {Quality.MISSING}
    assert day.value == 100 * 12 + 200 * 28


def test_a_day_hardly_measured_itself_is_not_made_up() -> None:
    day = told(curve([100] * 3 + [None] * 45), weeks(6))
    assert day.value == 300


def test_what_is_held_back_is_never_filled_in() -> None:
    day = told(curve([100] * 20 + [99_000] + [100] * 27), weeks(6))
    assert (day.slots[20].value, day.slots[20].quality) == (None, Quality.SUSPECT)
    beside = told(curve([100] * 20 + [99_000, None] + [100] * 26), weeks(6))
    assert (beside.slots[21].value, beside.slots[21].quality) == (PROFILE[21] + 3, Quality.ESTIMATED)


def test_an_outage_has_the_registers_energy_in_the_shape_of_like_days() -> None:
    points = [
        register(0, 1_000),
        register(360, 1_480),
        register(1_320, 1_480 + 7_000),
        register(1_440, 8_900),
    ]
    flat, shaped = told(points, None), told(points, weeks(6))
    assert shaped.value == flat.value == 7_900
    assert sum(slot.value or 0 for slot in shaped.slots[12:44]) == 7_000
    assert {slot.quality for slot in shaped.slots[12:44]} == {Quality.RECOVERED}
    assert shaped.slots[38].value > 3 * shaped.slots[30].value  # type: ignore[operator]
    assert {slot.value for slot in flat.slots[12:44]} <= {218, 219}


def test_an_outage_over_midnights_adds_up_whichever_day_looks() -> None:
    points = [register(-600, 5_000), register(-300, 5_400), register(1_440 * 2 + 500, 40_321)]
    past = Past(
        PARIS,
        {DAY - timedelta(days=n): measured([wh + n % 3 for wh in PROFILE]) for n in range(2, 60)},
    )
    days = [told(points, past, DAY + timedelta(days=n)) for n in range(-1, 3)]
    assert sum(day.value for day in days) == 40_321 - 5_000
    assert days[1].slots[38].value > 3 * days[1].slots[30].value  # type: ignore[operator]


def test_a_longer_outage_than_a_fortnight_is_spread_evenly() -> None:
    points = [register(-1_440 * 15, 5_000), register(1_440 * 2, 200_000)]
    past = Past(PARIS, {DAY - timedelta(days=n): measured(PROFILE) for n in range(1, 70)})
    assert len({slot.value for slot in told(points, past).slots}) <= 2


@pytest.mark.parametrize(("day", "count"), [(date(2026, 3, 29), 46), (date(2026, 10, 25), 50), (DAY, 48)])
def test_on_the_days_when_clocks_change_the_local_hour_counts(day: date, count: int) -> None:
    civil = civil_day(day, PARIS)
    assert len(halves(civil)) == count
    start = civil.start_us
    known = [
        Point("energy_import@1800", "interval", 1800, start + n * 1_800_000_000, 100_000)
        for n in range(count)
        if not 2 <= n < 12
    ]
    found = told(known, weeks(4, day), day)
    assert len(found.slots) == count
    for slot, half in list(zip(found.slots, halves(civil), strict=True))[2:12]:
        assert slot.quality is Quality.ESTIMATED
        assert abs((slot.value or 0) - (PROFILE[half] + 1.5)) <= 1


def test_reference_days_of_another_length_do_not_count() -> None:
    past = Past(PARIS, {DAY - timedelta(weeks=n): measured(PROFILE[:46]) for n in range(1, 7)})
    assert usual(past, DAY, DAY.weekday(), RULES) is None


def test_a_meter_that_was_never_heard_that_day_stays_unknown() -> None:
    assert not told([], weeks(6)).has_data


def test_facts_do_not_change_what_is_measured() -> None:
    points = curve([100 + n for n in range(48)])
    civil = civil_day(DAY, PARIS)
    one = settle(points, civil, Quantity.ENERGY_IMPORT)
    other = settle(points, civil, Quantity.ENERGY_IMPORT, facts=Facts(subscribed_kva=3), past=weeks(6))
    assert one.slots == other.slots


NOBODY = Slot(None, Quality.MISSING, Source.NONE)


def over_midnight(values: Sequence[int | None], past: Past | None = None) -> list[tuple[Slot, ...]]:
    """Two days in a row of half-hours, each told beside what was measured on the other."""
    slots = [NOBODY if value is None else Slot(value, Quality.MEASURED, Source.INTERVAL) for value in values]
    one, other = slots[:48], slots[48:]
    civil, following = (civil_day(DAY + timedelta(days=n), PARIS) for n in (0, 1))
    return [
        estimated(one, civil, past, RULES, Beside(after=other)),
        estimated(other, following, past, RULES, Beside(before=one)),
    ]


def test_a_short_gap_over_midnight_is_one_straight_line_on_both_days() -> None:
    one, other = over_midnight([100] * 46 + [None] * 4 + [200] * 46)
    assert [slot.value for slot in (*one[45:], *other[:3])] == [100, 120, 140, 160, 180, 200]
    assert {slot.quality for slot in (*one[46:], *other[:2])} == {Quality.INTERPOLATED}


def test_a_short_gap_up_to_midnight_leans_on_the_other_days_first_half_hour() -> None:
    one, other = over_midnight([100] * 46 + [None] * 2 + [130] * 48)
    assert [slot.value for slot in one[45:]] == [100, 110, 120]
    assert {slot.quality for slot in other} == {Quality.MEASURED}
    one, other = over_midnight([130] * 48 + [None] * 2 + [100] * 46)
    assert [slot.value for slot in other[:3]] == [120, 110, 100]


def test_a_gap_over_midnight_is_as_long_as_on_both_days_together() -> None:
    """An hour and a half before, an hour after."""
    one, other = over_midnight([100] * 45 + [None] * 5 + [200] * 46, weeks(6, DAY + timedelta(days=1)))
    assert {slot.quality for slot in one[45:]} == {Quality.MISSING}, "its weekday is not known"
    assert {slot.quality for slot in other[:2]} == {Quality.ESTIMATED}
    one, _ = over_midnight([100] * 45 + [None] * 5 + [200] * 46, weeks(6))
    assert {slot.quality for slot in one[45:]} == {Quality.ESTIMATED}


@pytest.mark.parametrize(
    "beyond",
    [
        (),
        (NOBODY,) * 48,
        measured([100] * 48, Quality.RECOVERED),
        (Slot(None, Quality.SUSPECT, Source.REGISTER), *measured([100] * 47)),
        (Slot(None, Quality.MISSING, Source.EDITED), *measured([100] * 47)),
    ],
    ids=["nobody's", "unheard", "an outage", "held back", "a person knows nothing"],
)
def test_without_a_good_half_hour_beyond_midnight_there_is_no_line(beyond: tuple[Slot, ...]) -> None:
    slots = (*measured([100] * 46), NOBODY, NOBODY)
    assert estimated(slots, civil_day(DAY, PARIS), None, RULES, Beside(after=beyond)) == slots


@given(
    st.lists(st.none() | st.integers(0, 900), min_size=96, max_size=96)
    | st.tuples(st.integers(40, 52), st.integers(1, 8)).map(
        lambda gap: [None if gap[0] <= n < sum(gap) else 10 * n for n in range(96)]
    ),
    st.booleans(),
)
def test_what_the_day_beside_was_filled_in_with_says_nothing(
    values: list[int | None], is_past_known: bool
) -> None:
    """So it is all one which of two days is told first; and what was measured stays as it is."""
    past = Past(PARIS, {DAY - timedelta(days=n): measured(PROFILE) for n in range(60)})
    found = over_midnight(values, past if is_past_known else None)
    one, other = (
        [NOBODY if value is None else Slot(value, Quality.MEASURED, Source.INTERVAL) for value in part]
        for part in (values[:48], values[48:])
    )
    civil, following = (civil_day(DAY + timedelta(days=n), PARIS) for n in (0, 1))
    known = past if is_past_known else None
    assert found[0] == estimated(one, civil, known, RULES, Beside(after=found[1]))
    assert found[1] == estimated(other, following, known, RULES, Beside(before=found[0]))
    for slot, value in zip((*found[0], *found[1]), values, strict=True):
        assert value is None or slot == Slot(value, Quality.MEASURED, Source.INTERVAL)
