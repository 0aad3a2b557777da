"""`palier replay` plays any CSV once a person says of it what `palier import` would ask."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from contracts.codes import Quantity
from deploy.commands import importing, replays
from deploy.commands.replay import _feeds, app

PLAIN = "When,Used\n2026-01-05 00:00,1.5\n2026-01-05 00:30,2\n2026-01-05 01:00,1\n"
SAID = {"time_column": "When", "value_column": "Used", "unit": "kWh", "stamp": "start"}
OF_A_FILE = (
    "--time-column", "--value-column", "--unit", "--stamp", "--kind", "--quantity", "--date-order", "--zone",
)  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "plain.csv"
    path.write_text(PLAIN)
    return path


def test_a_plain_csv_is_played_as_it_was_said(file: Path) -> None:
    (feed,) = _feeds([file], "Europe/Paris", SAID, None, None)
    assert (feed.energy_wh, len(feed.intervals), feed.quantity) == (4_500, 3, Quantity.ENERGY_IMPORT)


def test_a_register_is_played_by_its_differences_and_says_nothing_of_starts(file: Path) -> None:
    said = {"time_column": "When", "value_column": "Used", "unit": "kWh", "kind": "register"}
    file.write_text("When,Used\n2026-01-05 00:00,1000\n2026-01-05 00:30,1001\n2026-01-05 01:00,1002\n")
    (feed,) = _feeds([file], "Europe/Paris", said, None, None)
    assert (feed.energy_wh, len(feed.intervals)) == (2_000, 2)


@pytest.mark.parametrize(
    ("language", "words"), [("fr_FR.UTF-8", "précisez-le. --unit"), ("C", "please state it. --unit")]
)
def test_what_is_not_said_is_asked_for_by_its_option(
    file: Path, monkeypatch: pytest.MonkeyPatch, language: str, words: str
) -> None:
    monkeypatch.setenv("LC_ALL", language)
    options = ["--time-column", "When", "--value-column", "Used", "--stamp", "end"]
    answer = CliRunner().invoke(app, [str(file), *options])
    assert (answer.exit_code, words in answer.stderr) == (1, True), answer.stderr


def test_all_commands_that_take_a_file_have_the_same_words_for_it() -> None:
    runner = CliRunner()
    wide = {"COLUMNS": "200", "TERM": "dumb"}
    for command, arguments in ((app, []), (importing.app, []), (replays.app, ["upload"])):
        told = runner.invoke(command, [*arguments, "--help"], env=wide).stdout
        assert [option for option in OF_A_FILE if option not in told] == []
