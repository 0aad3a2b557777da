"""A coarse interval beside half-hours of the same rank: agreement is no conflict, another sum is."""

from tests.unit.metering.builders import interval, settled


def test_a_total_that_its_half_hours_add_up_to_disputes_none_of_them() -> None:
    fine = [interval(30 * i, 30, 10 + i, "energy_import.file") for i in range(48)]
    day = settled([*fine, interval(0, 1_440, sum(10 + i for i in range(48)), "energy_import.file")])
    assert [slot.value for slot in day.slots] == [10 + i for i in range(48)]
    assert not any(slot.is_conflict for slot in day.slots)


def test_another_total_disputes_all_of_them() -> None:
    fine = [interval(30 * i, 30, 100, "energy_import.file") for i in range(48)]
    day = settled([*fine, interval(0, 1_440, 5_000, "energy_import.file")])
    assert day.value == 4_800
    assert all(slot.is_conflict for slot in day.slots)


def test_of_a_stretch_that_is_known_in_part_nothing_is_said() -> None:
    fine = [interval(30 * i, 30, 100, "energy_import.file") for i in range(48) if i not in (20, 21)]
    day = settled([*fine, interval(0, 1_440, 9_600, "energy_import.file")])
    assert not any(slot.is_conflict for slot in day.slots)
    assert day.slots[20].value == 200
