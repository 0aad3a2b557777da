"""A file played as a meter keeps its energy to the watt-hour."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulators.feeds import FeedError, as_load_curves, as_registers, between, read
from simulators.publications import Device

DEVICE = Device("mtr_1", "meters/demo/mtr_1", "mtr_1", "secret")
PARIS = "Europe/Paris"


def test_a_real_home_of_two_and_a_half_years(shared_data: Path) -> None:
    intervals = read(shared_data / "opendsm/uk-electricity-hdd-only-hourly-sample-0.csv.gz", PARIS)
    assert len(intervals) == 23_508
    total_wh = sum(one.energy_milli for one in intervals) // 1000
    assert list(as_registers(DEVICE, intervals, 500))[-1].registers[-1][1] - 500 == total_wh
    curves = list(as_load_curves(DEVICE, intervals, PARIS))
    assert sum(wh for curve in curves for _, wh in curve.intervals) == total_wh


def test_one_minute_powers_become_energy(shared_data: Path) -> None:
    intervals = read(shared_data / "uci_fr_1min_2days.txt", PARIS)
    assert len(intervals) == 2_880
    assert {one.step_s for one in intervals} == {60}
    assert sum(one.energy_milli for one in intervals) == pytest.approx(58_208_266, abs=2)


def test_a_repeated_row_counts_once_and_a_hole_stays_a_hole(tmp_path: Path) -> None:
    feed = tmp_path / "feed.csv"
    feed.write_text(
        "start,kwh\n2026-01-05 00:00,0.100\n2026-01-05 00:30,0.200\n2026-01-05 00:30,0.900\n"
        "2026-01-05 01:00,0.300\n2026-01-05 03:00,0.400\n"
    )
    intervals = read(feed, PARIS)
    assert [one.energy_milli for one in intervals] == [100_000, 200_000, 300_000, 400_000]
    assert intervals[0].start == datetime(2026, 1, 4, 23, 0, tzinfo=UTC)
    runs = list(as_load_curves(DEVICE, intervals, PARIS))
    assert [len(run.intervals) for run in runs] == [3, 1]


def test_only_a_period_is_played(tmp_path: Path) -> None:
    feed = tmp_path / "feed.csv"
    feed.write_text("start,wh\n" + "".join(f"2026-01-05T{hour:02}:00:00Z,{hour}\n" for hour in range(10)))
    part = between(
        read(feed, PARIS), datetime(2026, 1, 5, 2, tzinfo=UTC), datetime(2026, 1, 5, 5, tzinfo=UTC)
    )
    assert [one.energy_milli for one in part] == [2_000, 3_000, 4_000]


@pytest.mark.parametrize(
    "text", ["", "one\n1\n", "when,colour\n2026-01-05,blue\n", "start,kwh\nsoon,1\nlater,2\n"]
)
def test_a_file_that_is_no_consumption_is_refused_with_words(tmp_path: Path, text: str) -> None:
    feed = tmp_path / "feed.csv"
    feed.write_text(text)
    with pytest.raises(FeedError):
        read(feed, PARIS)
