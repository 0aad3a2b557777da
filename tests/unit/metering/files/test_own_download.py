"""What a household downloaded from Palier comes back as it was; and times of twelve hours."""

import json

import pytest

from contracts.codes import FileFormat, FileReason, Quantity
from services.metering.files import Unreadable
from tests.unit.metering.files.reading_files import import_of

HALF_HOURS = (
    "\ufefffrom,amount (Wh),quality\r\n"
    "2025-10-26T02:30:00+02:00,250,measured\r\n2025-10-26T02:00:00+01:00,251,interpolated\r\n"
    "2025-10-26T02:30:00+01:00,,missing\r\n2025-10-26T03:00:00+01:00,9999,suspect\r\n"
)
DAYS = (
    "jour;quantité (Wh);coût (EUR);demi-heures mesurées;demi-heures du jour;état\r\n"
    "2025-10-25;9001;1,80;48;48;closed\r\n2025-10-26;9500;1,90;50;50;closed\r\n"
    "2025-10-27;8000;1,60;40;48;closed\r\n2025-10-28;0;;0;48;closed\r\n2025-10-29;120;;2;48;open\r\n"
)


def test_half_hours_come_back_with_what_they_were() -> None:
    seen = import_of(HALF_HOURS)
    assert (seen.found.format, seen.found.quantity) == (FileFormat.PALIER_CSV, Quantity.ENERGY_IMPORT)
    assert seen.values == [("10-26 00:30", 30, 250.0), ("10-26 01:00", 30, 251.0)]
    assert [row.is_estimated for row in seen.rows] == [False, True]
    assert seen.reasons == [(5, FileReason.NOT_FINAL)]


def test_days_come_back_without_those_that_were_not_over() -> None:
    seen = import_of(DAYS, zone="Europe/Paris")
    assert next((row.value_milli, row.is_estimated) for row in seen.rows if row.step_s == 86_400) == (
        9_001_000,
        False,
    )
    assert seen.total_milli == 26_501_000
    assert seen.rows[-1].is_estimated
    assert seen.reasons == [(6, FileReason.NOT_FINAL)]
    assert [row.is_continued for row in seen.rows] == [False, False, True, False]


def test_days_of_gas_begin_in_the_morning() -> None:
    head = "day,amount (L),cost (EUR),half-hours measured,half-hours of the day,state,energy (Wh)\r\n"
    seen = import_of(head + "2025-01-10,4200,4.5,48,48,closed,47000\r\n", zone="Europe/Paris")
    assert seen.values == [("01-10 05:00", 1440, 4200.0)]
    water = import_of(
        (head + "2025-01-10,4200,,48,48,closed,\r\n").replace(",energy (Wh)", ""), zone="Europe/Paris"
    )
    assert water.values == [("01-09 23:00", 1440, 4200.0)]


def twelve(*times: str) -> str:
    return "start,kWh\n" + "".join(f"{time},1\n" for time in times)


def test_times_of_twelve_hours_are_read() -> None:
    seen = import_of(
        twelve("01/25/2026 11:00 PM", "01/26/2026 12:00 AM", "01/26/2026 1:00 a.m.", "01/26/2026 2:00:00 am"),
        zone="Europe/Paris",
    )
    assert [time for time, _, _ in seen.values] == [
        "01-25 22:00",
        "01-25 23:00",
        "01-26 00:00",
        "01-26 01:00",
    ]
    noon = import_of(twelve("2026-01-26 11:30 AM", "2026-01-26 12:00 PM", "2026-01-26 12:30PM"), zone="UTC")
    assert [time for time, _, _ in noon.values] == ["01-26 11:30", "01-26 12:00", "01-26 12:30"]


@pytest.mark.parametrize("time", ["01/26/2026 13:00 PM", "01/26/2026 0:30 AM", "01/26/2026 PM"])
def test_what_is_no_time_of_twelve_hours_is_refused(time: str) -> None:
    seen = import_of(twelve("01/26/2026 1:00 PM", "01/26/2026 2:00 PM", time), zone="UTC")
    assert seen.reasons == [(4, FileReason.WRONG_TIME)]


def test_they_do_not_tell_whether_the_day_comes_first() -> None:
    with pytest.raises(Unreadable) as asked:
        import_of(twelve("02/03/2026 1:00 PM", "02/04/2026 1:00 PM"), zone="UTC")
    assert asked.value.reason is FileReason.AMBIGUOUS_DATES


@pytest.mark.parametrize("factor", [1.0, 5.999, 14.001, -11, 11_200])
def test_a_factor_that_no_gas_has_is_refused_and_the_volume_kept(factor: float) -> None:
    day = {"time_period": "09/05/2019", "volume_m3": 5.1, "converter_factor_kwh/m3": factor}
    seen = import_of(json.dumps([day, day | {"time_period": "10/05/2019", "converter_factor_kwh/m3": 11.2}]))
    assert [(row.value_milli, row.factor_milli) for row in seen.rows] == [
        (5_100_000, None),
        (5_100_000, 11_200),
    ]
    assert seen.reasons == [(1, FileReason.IMPLAUSIBLE_FACTOR)]
    assert "kWh/m³" in seen.bad[0].detail
