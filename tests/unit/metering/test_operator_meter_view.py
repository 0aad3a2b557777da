"""How a day reads to an operator: times also on clock-change days, what is held back, what was typed."""

from datetime import date

import pytest

from contracts.codes import EditKind, Fluid, Quality
from services.metering.days import civil_day
from services.metering.findings import Told
from services.metering.fluids import calendar_of
from services.metering.operator_meter_view import amounts, held, length, times
from services.metering.slots import Slot, Source

PARIS = "Europe/Paris"


def test_a_days_half_hours_begin_at_midnight_and_end_at_24() -> None:
    names = times(civil_day(date(2026, 1, 5), PARIS), "en")
    assert (names[0], names[1], names[-2], names[-1]) == ("00:00", "00:30", "23:30", "24:00")


def test_the_hour_that_autumn_has_twice_is_told_apart_and_springs_is_missing() -> None:
    autumn = times(civil_day(date(2026, 10, 25), PARIS), "en")
    assert len(autumn) == len(set(autumn)) == 51
    first, second = "(first time: summer time, UTC+2)", "(second time: winter time, UTC+1)"
    assert autumn[3:9] == [
        "01:30", f"02:00 {first}", f"02:30 {first}", f"02:00 {second}", f"02:30 {second}", "03:00",
    ]  # fmt: skip
    spring = times(civil_day(date(2026, 3, 29), PARIS), "en")
    assert len(spring) == 47
    assert "02:00" not in spring


def test_an_offset_of_half_an_hour_is_told_with_its_minutes() -> None:
    newfoundland = times(civil_day(date(2026, 11, 1), "America/St_Johns"), "en")
    assert newfoundland[2] == "01:00 (first time: summer time, UTC-2:30)"


def test_a_gas_days_half_hours_begin_and_end_at_six() -> None:
    names = times(calendar_of(Fluid.GAS, PARIS).day(date(2026, 10, 24)), "fr")
    assert (names[0], names[1], names[-2], names[-1]) == ("06:00", "06:30", "05:30", "06:00")
    assert names[40] == "02:00 (1re fois : heure d’été, UTC+2)"
    assert names[43] == "02:30 (2e fois : heure d’hiver, UTC+1)"


def test_what_is_held_back_comes_with_the_findings_that_touch_it() -> None:
    good, doubtful = Slot(100, Quality.MEASURED, Source.REGISTER), Slot(None, Quality.SUSPECT, Source.NONE)
    slots = [good] * 10 + [doubtful] * 3 + [good] * 35
    near, elsewhere, notice = (
        Told("spike", 12, 14, "hold", "a", "A"), Told("spike", 20, 21, "hold", "b", "B"),
        Told("stuck", 10, 12, "notice", "c", "C"),
    )  # fmt: skip
    (one,) = held(slots, [near, elsewhere, notice], times(civil_day(date(2026, 1, 5), PARIS), "en"))
    assert (one.first, one.last, one.begin, one.end) == (10, 12, "05:00", "06:30")
    assert one.findings == (near,)


@pytest.mark.parametrize(
    ("typed", "slots", "expected"),
    [
        ("330", 3, (None, 330)),
        ("330", 1, ((330,), None)),
        ("1 2 3", 3, ((1, 2, 3), None)),
        ("1; - ; 3", 3, ((1, None, 3), None)),
        ("", 3, (None, None)),
    ],
)
def test_one_number_is_a_total_and_several_are_values(typed: str, slots: int, expected: object) -> None:
    assert amounts(typed, EditKind.SET, slots) == expected


def test_values_are_of_no_concern_when_a_measure_is_confirmed() -> None:
    assert amounts("12 nonsense", EditKind.CONFIRM, 3) == (None, None)


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        amounts("1,5 kWh", EditKind.SET, 2)


@pytest.mark.parametrize(
    ("seconds", "words"), [(10, "10 s"), (60, "1 min"), (1_800, "30 min"), (3_600, "1 h"), (86_400, "1 d")]
)
def test_a_rhythm_is_said_in_its_own_unit(seconds: int, words: str) -> None:
    assert length(seconds) == words
