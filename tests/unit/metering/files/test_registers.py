"""Cumulative registers: what was used is what the register moved, and nothing else."""

import pytest

from contracts.codes import FileFormat, FileReason, Quantity
from services.metering.files import Unreadable, detect
from services.metering.files.registers import faults, parts
from tests.unit.metering.files.reading_files import import_of

HEADER = "time,Import T1 kWh,Import T2 kWh,Export T1 kWh,Export T2 kWh,L1 max W\n"


def test_tariffs_are_summed_and_directions_kept_apart() -> None:
    seen = import_of(
        HEADER
        + "2024-01-01 00:00,100.000,200.000,50.000,30.000,0\n"
        + "2024-01-01 00:15,100.500,200.100,50.200,30.050,1200\n"
        + "2024-01-01 00:30,101.200,200.300,50.600,30.100,1100\n",
        "P1e-2024.csv",
        zone="Europe/Amsterdam",
    )
    # nothing is left to say: local times are those of the meter's place unless told otherwise
    assert (seen.found.format, seen.found.kind, seen.found.missing) == (FileFormat.P1_CSV, "register", ())
    assert seen.found.rests_upon == ("Import T1 kWh", "Import T2 kWh", "Export T1 kWh", "Export T2 kWh")
    assert [row.value_milli for row in seen.of(Quantity.ENERGY_IMPORT)] == [600_000, 900_000]
    assert [row.value_milli for row in seen.of(Quantity.ENERGY_EXPORT)] == [250_000, 450_000]
    assert {row.step_s for row in seen.rows} == {900}


def test_a_total_beside_its_tariffs_stands_alone() -> None:
    seen = import_of(
        "time;Import kWh;Import T1 kWh;Import T2 kWh\n"
        "2024-01-01T00:00Z;300,0;100,0;200,0\n2024-01-01T00:15Z;300,5;100,5;200,0\n"
    )
    assert seen.values == [("01-01 00:00", 15, 500.0)]


@pytest.mark.parametrize(
    "names",
    [
        "Import T1 kWh,Import T2 kWh,Export T1 kWh",
        "electricity_delivered_1,electricity_delivered_2,electricity_returned_1",
        "total_power_import_t1_kwh,total_power_import_t2_kwh,total_power_export_t1_kwh",
        "1-0:1.8.1,1-0:1.8.2,1-0:2.8.1",
        "1.8.1 (kWh),1.8.2 (kWh),2.8.1 (kWh)",
        "Afname T1 (kWh),Afname T2 (kWh),Teruglevering T1 (kWh)",
    ],
)
def test_readers_of_p1_name_registers_in_many_ways(names: str) -> None:
    rows = "2024-01-01T00:00Z,1,2,3,9\n2024-01-01T00:15Z,1.5,2.25,3.125,9\n"
    seen = import_of(f"timestamp,{names},L1 max W\n{rows}")
    assert seen.found.format is FileFormat.P1_CSV
    assert [row.value_milli for row in seen.of(Quantity.ENERGY_IMPORT)] == [750_000]
    assert [row.value_milli for row in seen.of(Quantity.ENERGY_EXPORT)] == [125_000]


def test_without_a_zone_local_times_are_not_guessed() -> None:
    with pytest.raises(Unreadable) as refused:
        import_of("time,Import T1 kWh\n2024-01-01 00:00,1\n2024-01-01 00:15,2\n")
    assert (refused.value.reason, refused.value.detail) == (FileReason.OPTION_NEEDED, "zone")


def p1(*values: str, step: int = 15) -> str:
    return "time,Import T1 kWh\n" + "".join(
        f"2024-01-01T{n * step // 60:02}:{n * step % 60:02}Z,{value}\n" for n, value in enumerate(values)
    )


def test_a_reset_is_a_bad_line_and_no_consumption() -> None:
    seen = import_of(p1("100.0", "100.5", "0.0", "0.25", "0.5"))
    assert [value for _, _, value in seen.values] == [500.0, 250.0, 250.0]
    assert seen.reasons == [(4, FileReason.REGISTER_FELL)]


def test_a_glitch_to_zero_does_not_count_the_whole_meter_again() -> None:
    seen = import_of(p1("39000.0", "39000.5", "0", "39001.0", "39001.5"))
    assert [(minutes, value) for _, minutes, value in seen.values] == [(15, 500.0), (30, 500.0), (15, 500.0)]
    assert seen.reasons == [(4, FileReason.REGISTER_FELL)]


def test_one_value_of_another_register_is_left_out() -> None:
    seen = import_of(p1("100.0", "100.5", "9999.0", "101.0", "101.5"))
    assert [(minutes, value) for _, minutes, value in seen.values] == [(15, 500.0), (30, 500.0), (15, 500.0)]


def test_a_jitter_downward_is_not_counted_twice() -> None:
    assert import_of(p1("100.0", "100.1", "100.0", "100.2")).total_milli == 200_000


def test_a_gap_of_days_is_told_in_days() -> None:
    seen = import_of("time,Import T1 kWh\n2024-01-01T00:00Z,1\n2024-01-03T12:00Z,6\n")
    assert seen.values == [
        ("01-01 00:00", 1440, 2000.0),
        ("01-02 00:00", 1440, 2000.0),
        ("01-03 00:00", 720, 1000.0),
    ]


def test_of_two_readings_in_the_repeated_hour_the_lower_came_first() -> None:
    times = ["02:00", "02:30", "02:30", "02:00", "03:00"]
    rows = zip(times, ("1", "4", "2", "3", "5"), strict=True)
    seen = import_of(
        "time,Import T1 kWh\n" + "".join(f"2025-10-26 {time},{value}\n" for time, value in rows),
        zone="Europe/Paris",
    )
    assert [value for _, _, value in seen.values] == [1000.0] * 4
    assert not seen.bad


def test_two_values_at_one_time_are_both_refused() -> None:
    seen = import_of(p1("1", "2", "3") + "2024-01-01T00:15Z,2.5\n" + "2024-01-01T00:30Z,3\n")
    assert seen.values == [("01-01 00:00", 30, 2000.0)]
    assert sorted(seen.reasons) == [
        (3, FileReason.CONFLICTING_TIME), (5, FileReason.CONFLICTING_TIME), (6, FileReason.REPEATED_TIME),
    ]  # fmt: skip


def test_a_lasting_fall_is_a_reset_even_when_it_passes_the_level_again_later() -> None:
    assert faults([50, 60, *range(0, 80, 5)]) == (set(), {2})


def test_parts_add_up() -> None:
    assert parts(100, 90_000) == [(0, 86_400, 96), (86_400, 3_600, 4)]


@pytest.mark.parametrize(
    ("time", "is_local"),
    [
        ("2024-01-01 00:00", True),
        ("01/02/2024 00:00", True),
        ("2024-01-01T00:00:00+01:00", False),
        ("2024-01-01 00:00:00 +0100", False),
        ("2024-01-01T00:00:00Z", False),
        ("1704067200", False),
    ],
)
def test_whether_a_zone_was_needed_is_known_from_the_first_row(time: str, is_local: bool) -> None:
    for header in ("time,Import T1 kWh", "end,kWh", "start,value", "quand,combien"):
        assert detect(f"{header}\n{time},1\n".encode()).is_local is is_local
