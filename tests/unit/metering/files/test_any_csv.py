"""Any CSV: what a person says of it, what its header says, and what nobody may guess."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from contracts.codes import FileFormat, FileReason, Quantity
from services.metering.files import Options, Unreadable
from services.metering.files.any_csv import lacking
from tests.unit.metering.files.reading_files import import_of

PLAIN = "When,Used\n2026-01-05 00:00,1.5\n2026-01-05 00:30,2\n2026-01-05 01:00,1\n"
SAID = {
    "time_column": "when", "value_column": "Used", "unit": "kWh", "zone": "Europe/Paris", "stamp": "start",
    "kind": "interval",
}  # fmt: skip


def test_a_person_names_what_the_file_does_not() -> None:
    seen = import_of(PLAIN, **SAID)
    assert seen.found.format is FileFormat.CSV
    assert seen.found.columns == ("When", "Used")
    assert seen.found.missing == ("time_column", "value_column", "unit", "stamp")
    assert seen.values == [
        ("01-04 23:00", 30, 1500.0),
        ("01-04 23:30", 30, 2000.0),
        ("01-05 00:00", 30, 1000.0),
    ]


@pytest.mark.parametrize("option", ["time_column", "value_column", "unit", "zone", "stamp"])
def test_what_nobody_says_is_asked_for(option: str) -> None:
    with pytest.raises(Unreadable) as refused:
        import_of(PLAIN, **{name: value for name, value in SAID.items() if name != option})
    assert (refused.value.reason, refused.value.detail) == (FileReason.OPTION_NEEDED, option)


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ({}, ["time_column", "value_column", "unit", "stamp"]),
        (SAID, []),
        # A register is read at instants: it has no interval that a time could begin or end.
        ({"time_column": "When", "value_column": "Used", "unit": "kWh", "kind": "register"}, []),
        ({"time_column": "When", "value_column": "Used", "unit": "kWh"}, ["stamp"]),
    ],
)
def test_only_what_is_lacking_beside_what_was_said_is_asked_for(
    said: dict[str, Any], asked: list[str]
) -> None:
    found = import_of(PLAIN, **SAID).found
    assert lacking(found, Options(**said)) == asked


def test_a_named_column_that_says_its_unit_or_its_end_needs_no_more_words() -> None:
    two = "start,end,kWh,Wh\n2026-01-05T00:00Z,2026-01-05T00:30Z,1,1000\n"
    found = import_of(two, value_column="kWh").found
    assert lacking(found, Options()) == ["value_column", "unit"]
    assert lacking(found, Options(value_column="Wh", time_column="end")) == []
    clear = import_of("start,index kWh\n2026-01-05T00:00Z,1\n2026-01-05T00:30Z,2\n").found
    assert clear.kind == "register"
    assert lacking(clear, Options(time_column="start")) == []


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"time_column": "nowhere"}, FileReason.UNKNOWN_COLUMN),
        ({"zone": "Europe/Atlantis"}, FileReason.UNKNOWN_OPTION),
        ({"unit": "horsepower"}, FileReason.WRONG_UNIT),
        ({"unit": "mWh"}, FileReason.WRONG_UNIT),
        ({"quantity": Quantity.VOLUME}, FileReason.WRONG_UNIT),
        ({"unit": "kW", "kind": "register"}, FileReason.WRONG_UNIT),
    ],
)
def test_what_a_person_says_wrongly_is_told(changed: dict[str, object], reason: FileReason) -> None:
    with pytest.raises(Unreadable) as refused:
        import_of(PLAIN, **(SAID | changed))
    assert refused.value.reason is reason


def test_a_clear_header_needs_no_words() -> None:
    seen = import_of("start;temp;Energy (Wh)\n2026-01-05T00:00Z;20;500\n2026-01-05T01:00Z;21;250,5\n")
    assert seen.found.missing == ()
    assert seen.values == [("01-05 00:00", 60, 500.0), ("01-05 01:00", 60, 250.5)]


def test_values_that_only_grow_are_not_taken_for_amounts_unasked() -> None:
    rows = "".join(f"2026-01-05T{hour:02}:00Z,{100 + hour}\n" for hour in range(20))
    with pytest.raises(Unreadable) as refused:
        import_of("start,kWh\n" + rows)
    assert refused.value.detail == "kind"
    assert import_of("start,kWh\n" + rows, kind="register").total_milli == 19_000_000
    assert len(import_of("start,kWh\n" + rows, kind="interval").rows) == 20


@pytest.mark.parametrize(
    ("first", "then", "expected"),
    [
        ("13/01/2026 00:00", "13/01/2026 00:30", "01-12 23:00"),
        ("01/13/2026 00:00", "01/13/2026 00:30", "01-12 23:00"),
        ("13.01.2026 00h00", "13.01.2026 00h30", "01-12 23:00"),
        ("2026/01/13 00:00:00", "2026/01/13 00:30:00", "01-12 23:00"),
        ("2026-01-13T00:00:00+0100", "2026-01-13T00:30:00.000+01:00", "01-12 23:00"),
        ("2026-01-13 00:00:00 UTC", "2026-01-13 00:30:00 +00:00", "01-13 00:00"),
        ("1768262400", "1768264200", "01-13 00:00"),
        ("12/01/2026 24:00", "13/01/2026 00:30", "01-12 23:00"),
    ],
)
def test_times_are_read_as_they_are_written(first: str, then: str, expected: str) -> None:
    seen = import_of(f"When,Used\n{first},1\n{then},2\n", **SAID)
    assert seen.values[0][0] == expected
    assert [row.step_s for row in seen.rows] == [1800, 1800]


def test_dates_that_could_be_either_way_round_are_not_guessed() -> None:
    content = "When,Used\n02/03/2026 00:00,1\n02/03/2026 00:30,2\n"
    with pytest.raises(Unreadable) as refused:
        import_of(content, **SAID)
    assert refused.value.reason is FileReason.AMBIGUOUS_DATES
    assert import_of(content, **SAID, date_order="dmy").values[0][0] == "03-01 23:00"
    assert import_of(content, **SAID, date_order="mdy").values[0][0] == "02-02 23:00"


def test_days_without_a_hole_tell_which_way_round_they_are() -> None:
    rows = "".join(f"{day:02}/03/2026 {hour:02}:00,{hour}\n" for day in range(5, 9) for hour in range(24))
    assert import_of("When,Used\n" + rows, **SAID).values[0][0] == "03-04 23:00"


def test_months_are_too_long() -> None:
    seen = import_of("When,Used\n2026-01-01,300\n2026-02-01,310\n2026-03-01,290\n2026-04-01,280\n", **SAID)
    assert not seen.rows
    assert {reason for _, reason in seen.reasons} <= {FileReason.LONG_PERIODS, FileReason.IRREGULAR_STEP}


def test_numbers_are_read_as_they_are_written() -> None:
    cells = ["1 234,5", "1.234,5", "1e3", "12", "0,1", "NA", "1,2,3", "٣", "0x10", "-0"]
    rows = "".join(f"2026-01-05 {n:02}:00;{cell}\n" for n, cell in enumerate(cells))
    seen = import_of("When;Used\n" + rows, **(SAID | {"unit": "Wh"}))
    assert [row.value_milli for row in seen.rows] == [1_234_500, 1_234_500, 1_000_000, 12_000, 100, 0]
    assert [reason for _, reason in seen.reasons] == [
        FileReason.NO_VALUE, FileReason.NOT_A_NUMBER, FileReason.NOT_A_NUMBER, FileReason.NOT_A_NUMBER,
    ]  # fmt: skip


def test_between_commas_a_comma_before_three_digits_is_not_guessed() -> None:
    seen = import_of(
        'When,Used\n2026-01-05 00:00,"1,234"\n2026-01-05 01:00,"0,28"\n2026-01-05 02:00,1\n', **SAID
    )
    assert [row.value_milli for row in seen.rows] == [280_000, 1_000_000]
    assert seen.reasons == [(2, FileReason.NOT_A_NUMBER)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_neither_encoding_nor_line_endings_matter(encoding: str, ending: str) -> None:
    content = "Début;Énergie (Wh)\n2026-01-05T00:00Z;500\n2026-01-05T01:00Z;250\n".replace("\n", ending)
    assert import_of(content.encode(encoding)).total_milli == 750_000


def test_the_minutes_of_a_french_household(shared_data: Path) -> None:
    content = (shared_data / "uci_fr_1min_2days.txt").read_text()
    seen = import_of(content)
    assert seen.found.format is FileFormat.UCI
    assert len(seen.rows) == 2880
    kilowatts = [line.split(";")[2] for line in content.splitlines()[1:] if line]
    exact = sum(int(kw.replace(".", "")) for kw in kilowatts) * 1000 / 60
    # Half a thousandth of a watt-hour an hour at most.
    assert abs(seen.total_milli - exact) <= 24


def test_a_compressed_year_with_its_offsets(shared_data: Path) -> None:
    content = (shared_data / "opendsm" / "uk-electricity-hdd-only-hourly-sample-0.csv.gz").read_bytes()
    seen = import_of(content)
    assert (seen.found.format, seen.found.is_compressed, seen.found.missing) == (FileFormat.OPENDSM, True, ())
    assert len(seen.rows) == 23_508
    plain = gzip.decompress(content).decode().splitlines()[1:]
    assert seen.total_milli == sum(round(float(line.split(",")[1]) * 1_000_000) for line in plain)


def test_repeated_rows_of_a_real_file_count_once(shared_data: Path) -> None:
    seen = import_of(
        (shared_data / "opendsm" / "uk-electricity-hdd-only-hourly-sample-1.csv.gz").read_bytes(), zone="UTC"
    )
    assert [reason for _, reason in seen.reasons] == [FileReason.REPEATED_TIME] * 15
    assert {row.step_s for row in seen.rows} == {1800}


def test_a_real_water_register(shared_data: Path) -> None:
    seen = import_of(
        (shared_data / "water_daiad" / "home_7ebfe8b4.csv.gz").read_bytes(),
        time_column="datetime",
        value_column="meter_reading_L",
        unit="L",
        kind="register",
        zone="Europe/Madrid",
    )
    assert {row.quantity for row in seen.rows} == {Quantity.VOLUME}
    assert seen.total_milli == 55_855_000
