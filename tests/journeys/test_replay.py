"""`palier replay` from a terminal: a real home's file through the whole chain, into a sandbox that goes."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from deploy.commands.replay import app
from tests.house import House, eventually, move_in, open_coop, palier, running

ROOMS = ("members", "metering", "advice", "aftersales", "notifications")
AUTUMN = ("--from", "2021-10-25", "--to", "2021-11-03")
"""Ten civil days, one of 25 hours."""
SLOWLY = "864000"
"""Ten days a second."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running(tmp_path_factory.mktemp("replay")) as house:
        yield house


@pytest.fixture(scope="module")
def feed(shared_data: Path) -> Path:
    return shared_data / "opendsm" / "uk-electricity-hdd-only-hourly-sample-0.csv.gz"


def _replay(house: House, *arguments: str) -> dict[str, Any]:
    (played,) = json.loads(house.command("replay", "--zone", "Europe/London", "--json", *arguments))
    assert isinstance(played, dict)
    return played


def _kept(house: House, coop: str) -> dict[str, int]:
    """Rows by table that still name the cooperative, its own name and what was told on the bus excepted."""
    columns = (
        "SELECT table_schema || '.' || table_name FROM information_schema.columns"
        " WHERE column_name = 'coop' AND table_schema = ANY(%s)"
        " AND table_name NOT IN ('outbox', 'coop')"
    )
    with psycopg.connect(house.endpoints["database"], autocommit=True) as connection:
        tables = [row[0] for row in connection.execute(columns, [list(ROOMS)]).fetchall()]
        assert len(tables) > 30
        counts = {}
        for table in tables:
            row = connection.execute(f"SELECT count(*) FROM {table} WHERE coop = %s", [coop]).fetchone()  # type: ignore[arg-type]
            counts[table] = row[0] if row else 0
    return {table: count for table, count in counts.items() if count}


def _is_forgotten(house: House, coop: str) -> None:
    assert _kept(house, coop) == {}


def test_a_whole_file_at_full_speed_is_stored_to_the_watt_hour_and_its_sandbox_goes(
    house: House, feed: Path
) -> None:
    played = _replay(house, str(feed))
    assert played["stored_wh"] == played["file_wh"]
    assert played["days_equal"] == played["days"] > 900
    assert played["duplicates"] == 0
    eventually(lambda: _is_forgotten(house, played["coop"]), 90, "the sandbox is not forgotten everywhere")


def test_registers_say_the_same_and_a_kept_sandbox_stays(house: House, feed: Path) -> None:
    played = _replay(house, str(feed), *AUTUMN, "--registers", "--keep")
    assert (played["days"], played["days_equal"]) == (10, 10)
    assert _kept(house, played["coop"])["metering.day"] == 10


def test_at_a_speed_it_takes_its_time(house: House, feed: Path) -> None:
    played = _replay(house, str(feed), *AUTUMN, "--speed", SLOWLY)
    assert played["days_equal"] == 10
    assert played["seconds"] >= 0.8


def test_into_a_real_meter_only_when_somebody_says_yes_and_twice_changes_nothing(
    house: House, feed: Path
) -> None:
    open_coop(house, "reel", zone="Europe/London")
    home = move_in(house, "reel", "A1", moved_in_on=date(2021, 1, 1))
    into = ("--live", "--meter", home.meter)
    unasked = palier("replay", str(feed), *AUTUMN, *into, "--data-dir", str(house.data_dir))
    assert unasked.returncode == 1  # nobody there to answer
    assert "kWh" in unasked.stderr  # the dry run was shown
    resident = house.api("resident", "reel", home.person)
    span = {"from": "2021-10-25", "to": "2021-11-03"}
    assert resident.get(f"/meters/{home.meter}/days", **span)["days"] == []

    first = _replay(house, str(feed), *AUTUMN, *into, "--yes")
    again = _replay(house, str(feed), *AUTUMN, *into, "--yes")
    assert (first["days_equal"], first["duplicates"]) == (10, 0)
    assert (again["days_equal"], again["duplicates"]) == (10, again["readings"])
    days = resident.get(f"/meters/{home.meter}/days", **span)["days"]
    assert [day["revision"] for day in days] == [1] * 10


def test_wrong_usage_is_said_and_nothing_is_played(feed: Path) -> None:
    """In this process: none of these comes as far as looking for a running instance."""
    for wrong, code in (
        (("--live",), 2),
        (("--speed", "0"), 2),
        (("--live", "--meter", "mtr_x", "--registers"), 2),
        (("--from", "1999-01-01", "--to", "1999-01-02"), 1),
    ):
        assert CliRunner().invoke(app, [str(feed), *wrong]).exit_code == code, wrong
