"""Which readings of a register are believed: glitches, swaps, jitter, resets, rollovers and replacements."""

import pytest

from contracts.codes import Check, EditKind, Quality, Quantity, Severity
from services.metering.days import civil_day
from services.metering.edits import Edit
from services.metering.settle import Point, Settled, settle
from services.metering.vee.belief import Exchange
from services.metering.vee.day import Facts
from tests.unit.metering.builders import DAY, at, half_hourly, register

PARIS = "Europe/Paris"
SIX_KVA = Facts(subscribed_kva=6)
MINUTES = range(0, 1441, 10)


def settled(
    points: list[Point], facts: Facts = SIX_KVA, edits: tuple[Edit, ...] = (), of: Quantity | None = None
) -> Settled:
    return settle(points, civil_day(DAY, PARIS), of or Quantity.ENERGY_IMPORT, facts=facts, edits=edits)


def every_ten_minutes(start_wh: int = 5_508_000, step_wh: int = 30) -> list[Point]:
    return [register(minutes, start_wh + step_wh * n) for n, minutes in enumerate(MINUTES)]


def confirm(first: int, last: int) -> tuple[Edit, ...]:
    return (Edit("edt_1", DAY, first, last, EditKind.CONFIRM),)


def found(day: Settled) -> list[tuple[Check, Severity]]:
    return [(finding.check, finding.severity) for finding in day.findings if finding.check is not Check.STUCK]


def test_five_zeros_within_a_minute_are_left_out_and_said() -> None:
    clean = every_ten_minutes()
    day = settled(clean + [register(601 + n / 5, 0) for n in range(5)])
    assert day.slots == settled(clean).slots
    (finding,) = [one for one in day.findings if one.check is Check.REGISTER_GLITCH]
    assert (finding.severity, finding.first_slot, finding.last_slot) == (Severity.NOTICE, 20, 20)
    assert finding.detail == {"readings": 5, "index": 0}


@pytest.mark.parametrize("wrong", [9_340_700, 334_400])
def test_another_registers_value_for_a_minute_is_left_out(wrong: int) -> None:
    clean = every_ten_minutes()
    assert settled([*clean, register(601, wrong)]).slots == settled(clean).slots


@pytest.mark.parametrize("wrong", [9_340_700, 334_400])
def test_another_registers_value_for_four_hours_is_left_out_once_it_comes_back(wrong: int) -> None:
    clean = every_ten_minutes()
    swapped = [register(605 + 10 * n, wrong + n) for n in range(24)]
    kept = [point for point in clean if not at(604) < point.us < at(840)]
    day = settled(kept + swapped)
    assert day.slots == settled(kept).slots
    assert day.value == 144 * 30


def test_a_register_that_shows_a_siblings_value_is_held_as_long_as_it_lasts() -> None:
    sibling = [register(m, 334_400 + n, "energy_import.hc") for n, m in enumerate(MINUTES)]
    other = [register(m, 900_000, "energy_import.hp") for m in MINUTES]
    total = every_ten_minutes()[:60] + [register(m, 334_400 + n) for n, m in enumerate(MINUTES)][60:]
    day = settled(total + sibling + other)
    foreign = [one for one in day.findings if one.check is Check.REGISTER_FOREIGN]
    assert [one.detail["register"] for one in foreign] == ["energy_import.hc"]
    assert not [one for one in day.findings if one.check is Check.REGISTER_RESET]


def test_a_small_step_back_is_neither_a_reset_nor_a_loss() -> None:
    clean = every_ten_minutes()
    jitter = [
        point._replace(us=point.us + 60_000_000, value_milli=point.value_milli - 100_000) for point in clean
    ]
    day = settled(clean + jitter)
    assert day.slots == settled(clean).slots
    assert found(day) == []


def test_an_index_that_stays_a_little_lower_stands_still_until_it_has_caught_up() -> None:
    values = [1_000_000 + 10 * n for n in range(60)] + [1_000_500 + (n - 60) for n in range(60, 145)]
    day = settled([register(m, values[n]) for n, m in enumerate(MINUTES)])
    assert day.value == 590
    assert Check.REGISTER_RESET not in {check for check, _ in found(day)}


def test_a_drop_is_a_reset_only_after_readings_and_time() -> None:
    before = every_ten_minutes()[:61]
    soon = [register(600 + n / 6, 0.2 * n) for n in range(1, 60)]
    pending = settled(before + soon)
    assert found(pending) == [(Check.REGISTER_DROP, Severity.HOLD)]
    later = [register(600 + 10 * n, 12 + 30 * n) for n in range(1, 85)]
    day = settled(before + soon + later)
    assert found(day) == [(Check.REGISTER_RESET, Severity.HOLD)]
    assert day.slots[20].quality is Quality.SUSPECT
    assert day.value == 20 * 90 + (12 + 30 * 84) - (12 + 30 * 3)


def test_a_confirmed_reset_counts_what_the_register_says() -> None:
    old = [register(30 * i, 90_000 + 100 * i) for i in range(21)]
    new = [register(30 * i, 70 + 100 * (i - 21)) for i in range(21, 49)]
    held = settled(old + new)
    assert (held.value, held.held[20]) == (4_700, 70)
    confirmed = settled(old + new, edits=confirm(20, 20))
    assert (confirmed.slots[20].value, confirmed.value) == (70, 4_770)
    assert found(confirmed) == [(Check.REGISTER_RESET, Severity.NOTICE)]
    assert confirmed.is_complete


def test_a_register_past_its_highest_figure_goes_on() -> None:
    points = [register(30 * i, (99_998_000 + 100 * i) % 100_000_000) for i in range(49)]
    day = settled(points)
    assert [slot.value for slot in day.slots] == [100] * 48
    assert found(day) == [(Check.REGISTER_ROLLOVER, Severity.NOTICE)]


def test_a_replaced_meter_counts_on_by_the_indices_that_were_read() -> None:
    old = [register(30 * i, 90_000 + 100 * i) for i in range(21)]
    new = [register(30 * i, 7 + 100 * (i - 21)) for i in range(21, 49)]
    bounds = civil_day(DAY, PARIS)
    exchange = Exchange(bounds.start_us, bounds.end_us, 92_050_000, 2_000)
    day = settled(old + new, Facts(subscribed_kva=6, exchanges=(exchange,)))
    assert day.slots[20].value == 50 + 5
    assert day.value == 2_000 + 55 + 2_700
    assert found(day) == [(Check.REGISTER_EXCHANGED, Severity.NOTICE)]
    assert day.is_complete


def test_what_flowed_at_a_replacement_without_indices_is_unknown_rather_than_nothing() -> None:
    old = [register(30 * i, 90_000 + 100 * i) for i in range(21)]
    new = [register(30 * i, 50_000 + 100 * (i - 21)) for i in range(21, 49)]
    bounds = civil_day(DAY, PARIS)
    day = settled(
        old + new, Facts(subscribed_kva=6, exchanges=(Exchange(bounds.start_us, bounds.end_us, None, None),))
    )
    assert (day.slots[20].value, day.slots[20].quality) == (None, Quality.SUSPECT)
    assert day.value == 4_700
    assert found(day) == [(Check.REGISTER_EXCHANGED, Severity.HOLD)]


def test_a_replacement_whose_new_index_is_higher_is_no_spike() -> None:
    old = [register(30 * i, 90_000 + 100 * i) for i in range(21)]
    new = [register(30 * i, 5_000_000 + 100 * (i - 21)) for i in range(21, 49)]
    bounds = civil_day(DAY, PARIS)
    exchange = Exchange(bounds.start_us, bounds.end_us, 92_060_000, 4_999_990_000)
    day = settled(old + new, Facts(subscribed_kva=6, exchanges=(exchange,)))
    assert day.value == 2_000 + 70 + 2_700
    assert found(day) == [(Check.REGISTER_EXCHANGED, Severity.NOTICE)]


def test_the_day_before_and_the_day_after_a_break_agree_to_the_watt_hour() -> None:
    old = [register(30 * i - 1_440, 1_000.4 + 100.3 * i) for i in range(48 + 21)]
    new = [register(30 * i, 0.3 + 100.3 * (i - 21)) for i in range(21, 97)]
    days = [
        settle(old + new, civil_day(day, PARIS), Quantity.ENERGY_IMPORT, facts=SIX_KVA)
        for day in (DAY.replace(day=14), DAY, DAY.replace(day=16))
    ]
    counted = sum(day.value for day in days)
    assert counted == round(1_000.4 + 100.3 * 68) - round(1_000.4) + round(0.3 + 100.3 * 75) - round(0.3)


def test_half_hours_of_a_clean_register_find_nothing() -> None:
    values = [100 + (n * 37) % 61 for n in range(48)]
    points = [register(30 * i, 5_000 + sum(values[:i])) for i in range(49)]
    day = settled(points)
    assert (day.findings, day.is_complete, day.value) == ((), True, sum(values))


def test_a_drop_at_the_end_of_a_day_is_decided_by_the_next_days_readings() -> None:
    clean = [register(30 * i, 5_000 + 100 * i) for i in range(60)]
    glitch = register(1_440 - 10, 0)
    assert settled([*clean, glitch]).slots == settled(half_hourly(5_000)).slots


def test_a_water_meter_reset_after_its_first_bucket_is_a_reset() -> None:
    old = [register(30 * i, 60, "volume") for i in range(21)]
    new = [register(30 * i, 2 * (i - 21), "volume") for i in range(21, 49)]
    day = settled(old + new, Facts(), of=Quantity.VOLUME)
    assert (Check.REGISTER_RESET, Severity.HOLD) in found(day)
    assert day.value == 54


def test_a_true_index_that_comes_back_between_two_wrong_ones_is_believed() -> None:
    clean = every_ten_minutes()
    wrong = [register(601, 9_000_000), register(612, 9_000_001)]
    assert settled(clean + wrong).slots == settled(clean).slots


def test_what_is_seen_for_longer_is_the_meters_own() -> None:
    """A swap just before the day, and another within it, do not make the true index the odd one."""
    clean = [register(minute, 900_000 + 9 * minute) for minute in range(-30, 1_500)]
    low = [register(minute, 149_000) for minute in (*range(-24, -18), 700, 701)]
    swapped = {point.us for point in low}
    points = [point for point in clean if point.us not in swapped]
    assert settled(points + low).slots == settled(points).slots
