"""Commands speak the terminal's language: French or English, and English for all others."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy import words
from deploy.commands.importing import found_in_words, result_in_words, undoing_in_words

FOUND: dict[str, Any] = {
    "state": "done", "dry_run": True, "accepted": 35_088, "duplicate": 2, "conflict": 0, "refused": 1,
    "outside_occupancy": 3, "no_consent": 0, "first_day": "2024-03-01", "last_day": "2026-03-01",
    "accepted_value": 8_123_456, "unit": "Wh", "message": None,
    "refusals": [{"line": 7, "text": "…"}],
    "found": {
        "label": "Enedis", "quantity": "energy_import", "unit": "W", "step_s": 1_800, "kind": "interval",
        "stamp": "end", "zone": "Europe/Paris", "estimated": 4,
    },
}  # fmt: skip


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PALIER_", "LC_", "LANG"))
    }
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", *arguments, "--data-dir", str(folder)],
        capture_output=True, text=True, env=kept | environment, check=False, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "fr_CA"}, "fr"),
        ({"LANG": "", "LC_ALL": "fr"}, "fr"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
    ],
)
def test_the_first_variable_that_is_set_says_the_language(environment: dict[str, str], language: str) -> None:
    assert words.language(environment) == language


def test_the_result_of_an_import_reads_well_in_both_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "en_GB")
    english = result_in_words(FOUND).splitlines()
    assert english[0] == (
        "done (dry run: nothing was stored): 35,088 accepted, 2 duplicate, 0 conflict, 1 refused"
    )
    assert "accepted in all: 8,123.456 kWh" in english
    assert "4 that the file itself calls estimated" in english
    monkeypatch.setenv("LC_ALL", "fr_FR")
    french = result_in_words(FOUND).replace("\u202f", " ").splitlines()
    assert french[0] == (
        "terminé (à blanc : rien n’a été enregistré): "
        "35 088 nouvelles, 2 déjà connues, 0 en contradiction, 1 refusées"
    )
    assert "nouveau en tout : 8 123,456 kWh" in french
    assert "  ligne 7 : …" in french
    assert found_in_words(FOUND["found"]).endswith(
        "W moyens, 30 min, heure à la fin de chaque intervalle, heure locale de Europe/Paris"
    )


def test_quantities_are_never_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "en_GB")
    sums = [
        {"quantity": "energy_import", "value": 2_000, "unit": "Wh"},
        {"quantity": "energy_export", "value": 500, "unit": "Wh"},
    ]
    told = result_in_words(FOUND | {"accepted_sums": sums, "accepted_value": None}).splitlines()
    assert "accepted of energy_import: 2.000 kWh" in told
    assert "accepted of energy_export: 0.500 kWh" in told
    assert not any("2.500" in line for line in told)


def test_a_file_that_only_contradicts_and_one_that_asks_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = {"dry_run": False, "accepted": 0, "duplicate": 0, "conflict": 578, "first_day": None}
    monkeypatch.setenv("LC_ALL", "C")
    assert "every value contradicts what is known" in result_in_words(FOUND | nothing)
    asked = {"state": "failed", "question": {"points": ["9876"], "earlier": ["0123"]}, "message": "…"}
    told = result_in_words(FOUND | nothing | asked | {"conflict": 0}).splitlines()
    assert "earlier files were of the point ending in 0123; this one is of the one ending in 9876" in told
    assert any(line.endswith("--point 9876") for line in told)
    monkeypatch.setenv("LC_ALL", "fr_FR")
    french = result_in_words(FOUND | nothing | asked | {"conflict": 0})
    assert "les fichiers précédents étaient du point se terminant par 0123" in french
    assert "chaque valeur contredit" in result_in_words(FOUND | nothing)


def test_before_an_import_is_taken_back_the_days_that_stay_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    stays = [
        {"first_day": "2024-03-01", "last_day": "2024-03-04", "text": "Their readings were deleted."},
        {"first_day": "2024-03-09", "last_day": "2024-03-09", "text": "Only the total is kept."},
    ]
    monkeypatch.setenv("LC_ALL", "C")
    assert undoing_in_words(FOUND | {"stays": stays}).splitlines() == [
        "What this import brought from 2024-03-01 to 2026-03-01 goes, and its days are worked out again.",
        "Some days can no longer change, and stay as they are now:",
        "  from 2024-03-01 to 2024-03-04: Their readings were deleted.",
        "  2024-03-09: Only the total is kept.",
    ]
    monkeypatch.setenv("LC_ALL", "fr")
    assert "du 2024-03-01 au 2024-03-04" in undoing_in_words(FOUND | {"stays": stays})
    assert len(undoing_in_words(FOUND | {"stays": []}).splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "fr", "en"),
    [
        (("rejected", "list"), "aucun Palier ne tourne", "no running palier"),
        (("doctor",), "lancez `palier up`", "start `palier up`"),
        (("replay", "nowhere.csv"), "il n’y a pas de fichier", "there is no file"),
        (("replay", "x.csv", "--live"), "vont ensemble", "go together"),
        (("import", __file__, "--meter", "mtr_x"), "aucun Palier ne tourne", "no running palier"),
        (("import",), "un import avec --undo", "an import with --undo"),
        (("up", "--tls-cert", __file__), "ne sert qu’avec --mqtt-listen", "is for --mqtt-listen"),
    ],
)
def test_commands_speak_the_terminal_s_language(
    tmp_path: Path, arguments: tuple[str, ...], fr: str, en: str
) -> None:
    for environment, told in (({"LANG": "fr_FR.UTF-8"}, fr), ({"LANG": "en_GB.UTF-8"}, en)):
        done = run(tmp_path, *arguments, **environment)
        assert told in " ".join(re.sub("[│╭╮╰╯─]", " ", done.stdout + done.stderr).split())


def test_what_machines_read_has_the_same_names_everywhere(tmp_path: Path) -> None:
    names = [
        [
            check["name"]
            for check in json.loads(run(tmp_path, "doctor", "--json", LANG=language).stdout)["checks"]
        ]
        for language in ("fr_FR", "en_GB")
    ]
    assert names[0] == names[1]
