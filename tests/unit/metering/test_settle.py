"""A day's half-hours from whatever the meter sends."""

import pytest

from contracts.codes import Quality
from services.metering.settle import Settled, Source
from tests.unit.metering.builders import (
    half_hourly,
    interval,
    mean_power,
    power,
    register,
    settled,
)


def test_a_register_read_every_half_hour_is_measured() -> None:
    day = settled(half_hourly())
    assert [slot.value for slot in day.slots] == [100] * 48
    assert {slot.quality for slot in day.slots} == {Quality.MEASURED}
    assert day.value == 4800
    assert day.is_complete


def test_a_meter_that_is_a_little_late_is_still_measured() -> None:
    day = settled([register(30 * i + 7 / 60, 1000 + 100 * i) for i in range(-1, 50)])
    assert {slot.quality for slot in day.slots} == {Quality.MEASURED}
    assert day.value == 4800


def test_nothing_known_is_missing_not_zero() -> None:
    day = settled([])
    assert {slot.quality for slot in day.slots} == {Quality.MISSING}
    assert {slot.value for slot in day.slots} == {None}
    assert not day.is_complete
    assert not day.has_data


def test_parts_of_a_tariff_add_up() -> None:
    points = [register(30 * i, 500 + 60 * min(i, 14), "energy_import.hc") for i in range(49)]
    points += [register(30 * i, 900 + 90 * max(0, i - 14), "energy_import.hp") for i in range(49)]
    day = settled(points)
    assert day.value == 60 * 14 + 90 * 34
    assert day.slots[0].value == 60
    assert day.slots[20].value == 90


def test_a_total_is_never_added_to_its_parts() -> None:
    parts = [register(30 * i, 40 * i, "energy_import.hp") for i in range(49)]
    parts += [register(30 * i, 60 * i, "energy_import.hc") for i in range(49)]
    assert settled(half_hourly() + parts).value == 4800


def test_a_part_that_is_not_running_and_not_sent_stands_still() -> None:
    night = [register(30 * i, 500 + 60 * i, "energy_import.hc") for i in range(15)]
    day_time = [register(30 * i, 900 + 90 * max(0, i - 14), "energy_import.hp") for i in range(49)]
    assert settled(night + day_time).value == 60 * 14 + 90 * 34


@pytest.mark.parametrize(
    ("gap_hours", "quality"), [(1, Quality.INTERPOLATED), (2, Quality.INTERPOLATED), (5, Quality.RECOVERED)]
)
def test_a_gap_loses_no_energy_and_says_so(gap_hours: int, quality: Quality) -> None:
    points = half_hourly()
    del points[11 : 10 + 2 * gap_hours]
    day = settled(points)
    assert day.value == 4800
    assert day.slots[9].quality is Quality.MEASURED
    assert {slot.quality for slot in day.slots[10 : 10 + 2 * gap_hours]} == {quality}


def test_a_register_that_stood_still_is_known_whatever_the_gap() -> None:
    day = settled([register(0, 1000), register(1440, 1000)])
    assert [slot.value for slot in day.slots] == [0] * 48
    assert {slot.quality for slot in day.slots} == {Quality.MEASURED}


def test_a_single_zero_makes_no_spike() -> None:
    points = half_hourly(5_508_000)
    points[20] = register(600, 0)
    day = settled(points)
    assert day.value == 4800
    assert max(slot.value or 0 for slot in day.slots) == 100


def test_five_zeros_in_a_minute_make_no_spike() -> None:
    points = half_hourly(5_508_000) + [register(605 + i / 5, 0) for i in range(5)]
    assert settled(points).value == 4800


def test_another_registers_value_makes_no_spike_up_or_down() -> None:
    for wrong in (9_340_700, 334_400):
        points = half_hourly(5_508_000)
        points[20] = register(600, wrong)
        assert settled(points).value == 4800


def test_pairing_frames_of_zeros_are_not_a_meters_first_index() -> None:
    points = [register(-60, 0), register(-59, 0), *half_hourly(5_508_000)]
    assert settled(points).value == 4800


def test_an_exchanged_meter_counts_on_from_its_new_index() -> None:
    old = [register(30 * i, 90_000 + 100 * i) for i in range(21)]
    new = [register(30 * i, 100 * (i - 21)) for i in range(21, 49)]
    day = settled(old + new)
    assert day.slots[20].quality is Quality.SUSPECT
    assert day.slots[20].value is None
    assert day.value == 2000 + 2700


def test_a_drop_not_yet_explained_is_held_back() -> None:
    day = settled([*half_hourly()[:21], register(630, 3)])
    assert day.slots[20].quality is Quality.SUSPECT
    assert day.value == 2000
    assert not day.is_complete


@pytest.mark.parametrize("step", [5, 10, 15, 30, 60])
def test_a_load_curve_of_any_step_fills_the_half_hours(step: int) -> None:
    day = settled([interval(i * step, step, 2 * step) for i in range(1440 // step)])
    assert [slot.value for slot in day.slots] == [60] * 48
    assert day.is_complete


def test_an_odd_hour_is_split_without_losing_a_watt_hour() -> None:
    day = settled([interval(60 * i, 60, 29) for i in range(24)])
    assert day.value == 24 * 29
    assert {slot.value for slot in day.slots} == {14, 15}
    assert {slot.quality for slot in day.slots} == {Quality.INTERPOLATED}


def test_a_daily_total_keeps_its_sum_and_owns_that_its_shape_is_a_guess() -> None:
    day = settled([interval(0, 1440, 11_776)])
    assert day.value == 11_776
    assert {slot.quality for slot in day.slots} == {Quality.ESTIMATED}


def test_ten_minutes_of_each_half_hour_are_not_taken_for_the_whole() -> None:
    """What lies between two known intervals is a short gap like any other; it stays open for late data."""
    day = settled([interval(30 * i, 10, 100) for i in range(48)])
    assert [slot.value for slot in day.slots[:-1]] == [300] * 47
    assert {slot.quality for slot in day.slots[:-1]} == {Quality.INTERPOLATED}
    assert (day.slots[-1].value, day.slots[-1].quality) == (100, Quality.ESTIMATED), (
        "nothing is known after it"
    )
    assert not day.is_complete


def test_a_hole_is_bridged_from_what_is_on_either_side_of_it() -> None:
    def of_ten_minutes(without: set[int]) -> Settled:
        return settled([interval(10 * i, 10, 60 if i < 72 else 120) for i in range(144) if i not in without])

    known = of_ten_minutes(set())
    assert of_ten_minutes({71, 72}).slots[23].value == 60 + 60 + 75
    assert of_ten_minutes({71, 72}).slots[24].value == 105 + 120 + 120
    assert of_ten_minutes({71, 72}).value == known.value == 72 * 60 + 72 * 120
    a_long_hole = of_ten_minutes(set(range(40, 54)))
    assert (a_long_hole.slots[13].value, a_long_hole.slots[13].quality) == (60, Quality.ESTIMATED)
    assert a_long_hole.slots[14].quality is Quality.MISSING


def test_minute_powers_are_integrated_exactly() -> None:
    day = settled([mean_power(i, 60, 326) for i in range(1440)])
    assert day.value == round(0.326 * 24 * 1000)
    assert {slot.quality for slot in day.slots} == {Quality.MEASURED}


def test_momentary_powers_are_the_last_resort_and_never_bridge_a_gap() -> None:
    points = [power(i, 600) for i in range(0, 600)] + [power(i, 600) for i in range(720, 1441)]
    day = settled(points)
    assert day.slots[0].value == 300
    assert day.slots[0].quality is Quality.ESTIMATED
    assert day.slots[21].quality is Quality.MISSING
    assert settled(points + half_hourly()).value == 4800


def test_better_sources_win_slot_by_slot() -> None:
    points = half_hourly()[:25]  # the register knows the morning only
    points += [interval(30 * i, 30, 70) for i in range(48)]
    points += [mean_power(i, 60, 80) for i in range(1440)]
    points += [interval(0, 30, 55, "energy_import.file"), interval(30, 30, 44, "energy_import.edited")]
    day = settled(points)
    assert [slot.value for slot in day.slots[:3]] == [55, 44, 100]
    assert [slot.source for slot in day.slots[:3]] == [Source.FILE, Source.EDITED, Source.REGISTER]
    assert day.slots[1].quality is Quality.EDITED
    assert day.slots[30].value == 70


def test_two_curves_that_disagree_are_a_conflict_and_the_first_stands() -> None:
    points = [interval(30 * i, 30, 70) for i in range(48)] + [interval(60 * i, 60, 400) for i in range(24)]
    day = settled(points)
    assert day.value == 70 * 48
    assert all(slot.is_conflict for slot in day.slots)


def test_export_and_apparent_power_are_not_consumption() -> None:
    points = [register(30 * i, 10 * i, "energy_export") for i in range(49)]
    points += [power(5, 0)._replace(register="apparent_power", value_milli=3_450_900)]
    day = settled(points)
    assert day.value == 0
    assert not day.has_data
    assert day.peak_va == 3450


def test_what_a_file_calls_estimated_is_shown_so_until_something_measured_comes() -> None:
    told = [interval(30 * i, 30, 80, "energy_import.estimated") for i in range(48)]
    day = settled(told)
    assert {(slot.value, slot.quality) for slot in day.slots} == {(80, Quality.ESTIMATED)}
    measured = [interval(0, 30, 55, "energy_import.file"), interval(30, 30, 44), mean_power(60, 1_800, 60)]
    measured += [register(30 * i, 1_000 + 100 * i) for i in range(4, 9)]
    day = settled(told + measured)
    assert [slot.value for slot in day.slots[:9]] == [55, 44, 30, 80, 100, 100, 100, 100, 80]
    assert {slot.quality for slot in day.slots[4:8]} == {Quality.MEASURED}
    assert day.slots[8].source is Source.TOLD_ESTIMATE
    assert not any(slot.is_conflict for slot in day.slots)


def test_a_day_s_measured_total_beats_its_estimated_one() -> None:
    total = [interval(0, 1_440, 4_800, "energy_import.file")]
    day = settled([*total, interval(0, 1_440, 9_600, "energy_import.estimated")])
    assert day.value == 4_800
    assert not any(slot.is_conflict for slot in day.slots)


def test_a_file_s_estimate_beats_momentary_powers() -> None:
    told = [interval(30 * i, 30, 80, "energy_import.estimated") for i in range(48)]
    assert settled([power(i, 600) for i in range(1_441)] + told).value == 80 * 48
