"""How long what is kept, and what late readings still add to a day whose own readings are gone."""

from datetime import date

import pytest

from contracts.codes import Quality
from services.metering.packing import pack, unpack
from services.metering.retention import months_before, onto, rules
from services.metering.settle import Settled
from services.metering.slots import ABSENT, Slot, Source

MEASURED = Slot(100, Quality.MEASURED, Source.REGISTER)


def day(*slots: Slot, peak_va: int | None = None) -> Settled:
    return Settled(slots, peak_va, is_complete=False)


def test_rules_before_the_first_of_them_are_the_first() -> None:
    assert rules(date(2010, 1, 1)) == rules(date(2026, 1, 1))
    assert rules(date(2026, 6, 1)).household_curve_months == 24


@pytest.mark.parametrize(
    ("on", "months", "then"),
    [
        (date(2026, 3, 15), 2, date(2026, 1, 15)),
        (date(2026, 1, 31), 1, date(2025, 12, 28)),
        (date(2026, 3, 31), 24, date(2024, 3, 28)),
    ],
)
def test_months_are_counted_back(on: date, months: int, then: date) -> None:
    assert months_before(on, months) == then


def test_late_readings_fill_what_was_unknown_and_change_nothing_else() -> None:
    late = MEASURED._replace(value=102)
    assert onto(day(MEASURED, ABSENT), day(late, late)).slots == (MEASURED, late)


def test_a_better_source_stands_and_a_worse_one_does_not() -> None:
    file = Slot(90, Quality.MEASURED, Source.FILE)
    sampled = Slot(70, Quality.ESTIMATED, Source.SAMPLED_POWER)
    assert onto(day(MEASURED, MEASURED), day(file, sampled)).slots == (file, MEASURED)


def test_of_the_same_rank_the_first_stands_and_the_other_is_shown() -> None:
    (slot,) = onto(day(MEASURED), day(MEASURED._replace(value=300))).slots
    assert (slot.value, slot.is_conflict) == (100, True)


@pytest.mark.parametrize(
    ("kept", "late", "peak"), [(None, 5, 5), (7, 5, 7), (7, None, 7), (None, None, None)]
)
def test_the_highest_peak_stands(kept: int | None, late: int | None, peak: int | None) -> None:
    assert onto(day(MEASURED, peak_va=kept), day(ABSENT, peak_va=late)).peak_va == peak


def test_days_packed_by_the_version_before_are_read() -> None:
    old = bytes.fromhex("01036500ac02000202060601")
    assert unpack(old) == (
        MEASURED,
        Slot(None, Quality.MEASURED, Source.REGISTER),
        Slot(299, Quality.MISSING, Source.NONE),
    )
    assert unpack(pack(unpack(old))) == unpack(old)


def test_on_a_day_whose_readings_are_gone_a_measured_value_still_replaces_an_estimate() -> None:
    told = Slot(80, Quality.ESTIMATED, Source.TOLD_ESTIMATE)
    record = Settled((told, told, told), None, is_complete=False)
    late = (
        Slot(100, Quality.MEASURED, Source.REGISTER),
        Slot(90, Quality.ESTIMATED, Source.SAMPLED_POWER),
        ABSENT,
    )
    found = onto(record, Settled(late, None, is_complete=False))
    assert [slot.value for slot in found.slots] == [100, 80, 80]
