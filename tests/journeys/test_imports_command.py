"""`palier import` from a terminal: files of grid operators through the whole chain of a running Palier."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.house import Home, House, eventually, move_in, open_coop, palier, running
from tests.integration.metering.files_of_homes import PRM, amount_wh, enedis, half_hours

pytestmark = pytest.mark.engines

FIRST = date(2024, 3, 1)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running(tmp_path_factory.mktemp("import")) as house:
        open_coop(house, "tilleuls")
        yield house


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / f"mes-mesures-elec-prm-{PRM}.csv"
    path.write_bytes(enedis(FIRST, 731))
    return path


def household(house: House, ref: str, **more: Any) -> Home:
    return move_in(house, "tilleuls", ref, moved_in_on=date(2006, 1, 1), **more)


def run(house: House, *arguments: str, code: int = 0) -> dict[str, Any]:
    done = palier("import", *arguments, "--json", "--data-dir", str(house.data_dir))
    assert done.returncode == code, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def test_a_strangers_enedis_export_needs_no_instructions(house: House, file: Path) -> None:
    home = household(house, "A1")
    tried = palier("import", str(file), "--meter", home.meter, "--dry-run", "--data-dir", str(house.data_dir))
    assert tried.returncode == 0, tried.stderr
    assert "35,088 accepted" in tried.stdout
    assert "nothing was stored" in tried.stdout
    assert "Enedis" in tried.stderr
    assert "mean W, 30 min, time at the end of each interval" in tried.stderr
    assert PRM not in (house.data_dir / "up.log").read_text()

    found = run(house, str(file), "--meter", home.meter)
    assert (found["state"], found["accepted"], found["refused"]) == ("done", len(half_hours(FIRST, 731)), 0)
    reader = house.api("resident", home.coop, home.person)

    def all_days_are_there() -> None:
        days = reader.get(f"/meters/{home.meter}/days", **{"from": "2024-03-01", "to": "2026-03-01"})["days"]
        assert len(days) == 731
        assert sum(day["value"] for day in days) == pytest.approx(amount_wh(FIRST, 731), abs=731)

    eventually(all_days_are_there)
    again = run(house, str(file), "--meter", home.meter)
    assert (again["accepted"], again["duplicate"]) == (0, found["accepted"])


def test_real_files_of_other_kinds_are_recognised(house: House, shared_data: Path) -> None:
    gas = household(house, "A2", meter={"fluid": "gas", "subscribed_kva": None})
    daily = run(house, str(shared_data / "gas_fr_grdf" / "daily_data_sample.json"), "--meter", gas.meter)
    assert (daily["state"], daily["found"]["format"]) == ("done", "grdf_json")
    yearly = shared_data / "gas_fr_grdf" / "yearly_data_sample.json"
    refused = palier("import", str(yearly), "--meter", gas.meter, "--data-dir", str(house.data_dir))
    assert refused.returncode == 1
    assert "longer than a day" in refused.stderr + refused.stdout
    home = household(house, "A3")
    hourly = shared_data / "opendsm" / "uk-electricity-hdd-only-hourly-sample-0.csv.gz"
    found = run(house, str(hourly), "--meter", home.meter)
    assert (found["state"], found["found"]["format"], found["found"]["step_s"]) == ("done", "opendsm", 3_600)
    assert found["accepted"] > 8_000
    minutes = run(house, str(shared_data / "uci_fr_1min_2days.txt"), "--meter", home.meter)
    assert (minutes["state"], minutes["found"]["format"], minutes["found"]["step_s"]) == ("done", "uci", 60)


def test_what_fails_says_why_and_exits_with_one(house: House, tmp_path: Path, file: Path) -> None:
    home = household(house, "A4", consents=())
    refused = palier("import", str(file), "--meter", home.meter, "--data-dir", str(house.data_dir))
    assert refused.returncode == 1
    assert "has not allowed" in refused.stderr
    nobody = palier("import", str(file), "--meter", "mtr_nobody", "--data-dir", str(house.data_dir))
    assert nobody.returncode == 1
    picture = tmp_path / "photo.csv"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(300))
    allowed = household(house, "A5")
    strange = palier("import", str(picture), "--meter", allowed.meter, "--data-dir", str(house.data_dir))
    assert strange.returncode == 1
    assert "palier: " in strange.stderr


def test_a_csv_that_does_not_say_everything_is_asked_about(house: House, tmp_path: Path) -> None:
    home = household(house, "A6")
    path = tmp_path / "mine.csv"
    path.write_text("quand;combien\n2025-03-01 00:00;1,5\n2025-03-01 01:00;1,7\n2025-03-01 02:00;1,1\n")
    asked = palier("import", str(path), "--meter", home.meter, "--data-dir", str(house.data_dir))
    assert asked.returncode == 2
    assert "--unit" in asked.stderr
    found = run(
        house, str(path), "--meter", home.meter, "--time-column", "quand", "--value-column", "combien",
        "--unit", "kWh", "--stamp", "start", "--kind", "interval",
    )  # fmt: skip
    assert (found["state"], found["accepted_value"]) == ("done", 4_300)
    assert palier("import", str(path)).returncode == 2


def test_an_import_is_taken_back_from_the_terminal(house: House, file: Path) -> None:
    home = household(house, "A9")
    there = ("--data-dir", str(house.data_dir))
    done = palier("import", str(file), "--meter", home.meter, *there)
    id = done.stderr.split("--undo ")[1].split()[0]
    asked = palier("import", "--undo", id, *there)  # nobody answers
    assert asked.returncode == 1
    assert "goes, and its days are worked out again" in asked.stderr
    assert "Take it back?" in asked.stderr
    undone = palier("import", "--undo", id, "--yes", *there)
    assert undone.returncode == 0, undone.stderr
    assert "was taken back" in undone.stdout
    again = palier("import", "--undo", id, "--yes", *there)
    assert again.returncode == 1
    assert "not possible for this import now" in again.stderr
