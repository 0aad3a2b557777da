"""The development sentences: what was improved on them stays, and the signs of dangers speak of what exists.

They are no proof for anybody else's post: the vocabulary was written with them in sight.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.aftersales.intake.classifier import Understood, understand
from services.aftersales.intake.safety import safety
from services.aftersales.intake.vocabulary import vocabulary
from services.aftersales.tables import load
from services.aftersales.taxonomy import taxonomy

FILE = Path(__file__).parent / "intake_development_sentences.yaml"
ROWS: list[dict[str, Any]] = yaml.safe_load(FILE.read_text("utf-8"))
DANGERS = [row for row in ROWS if "danger" in row]


@pytest.fixture(scope="module")
def told() -> list[tuple[dict[str, Any], Understood]]:
    return [(row, understand(row["say"])) for row in ROWS]


def share(rows: list[tuple[dict[str, Any], Understood]], is_right: Callable[..., bool]) -> float:
    right = sum(is_right(*row) for row in rows)
    print(f"{right}/{len(rows)}")
    return right / len(rows)


def is_element(row: dict[str, Any], found: Understood) -> bool:
    return bool(found.proposals) and found.proposals[0].element in row["is"][0].split("|")


def is_symptom(row: dict[str, Any], found: Understood) -> bool:
    return bool(found.proposals) and found.proposals[0].symptom in row["is"][1].split("|")


def test_there_are_many_and_each_is_labelled_with_what_exists() -> None:
    known, codes = taxonomy(), {danger.code for danger in safety()}
    assert len(ROWS) >= 200
    assert len({row["say"] for row in ROWS}) == len(ROWS)
    for row in ROWS:
        elements, symptoms = [part.split("|") for part in row.get("is") or ["", ""]]
        assert set(elements) - {""} <= set(known.elements), row
        assert set(symptoms) - {""} <= set(known.symptoms), row
        assert set(filter(None, row.get("danger", "").split("|"))) <= codes, row


def test_every_danger_told_by_its_signs_is_told(told: list[tuple[dict[str, Any], Understood]]) -> None:
    for row, found in told:
        if wanted := set(filter(None, row.get("danger", "").split("|"))):
            assert wanted & {one.code for one in found.dangers}, row["say"]


def test_hardly_any_plain_sentence_alarms(told: list[tuple[dict[str, Any], Understood]]) -> None:
    plain = [(row, found) for row, found in told if "danger" not in row]
    alarms = [
        row["say"]
        for row, found in plain
        if {one.code for one in found.dangers} - set(row.get("tolerated", "").split("|"))
    ]
    assert len(alarms) <= MOST_ALARMS, alarms


def test_what_is_wrong_is_found(told: list[tuple[dict[str, Any], Understood]]) -> None:
    repairs = [(row, found) for row, found in told if row.get("is")]
    assert share(repairs, is_element) >= 0.92
    assert share(repairs, is_symptom) >= 0.88


def test_nothing_is_proposed_where_one_only_asks_or_thanks(
    told: list[tuple[dict[str, Any], Understood]],
) -> None:
    others = [(row, found) for row, found in told if row.get("is") == []]
    assert share(others, lambda _row, found: not found.proposals) >= 0.85
    assert share(others, lambda _row, found: not found.sure) >= 0.95


MOST_ALARMS = 2


def test_no_leak_of_gas_is_proposed_without_whom_to_call(
    told: list[tuple[dict[str, Any], Understood]],
) -> None:
    """One rule for all that was ever written here: a sure proposal that the table calls a danger is told."""
    table = vocabulary().implied_by_proposal
    for row, found in told:
        heard = {one.code for one in (*found.dangers, *found.hinted)}
        for one in found.sure:
            of_it = table.get(one.element, {})
            meant = of_it.get(one.symptom or "") or of_it.get("")
            assert meant is None or meant in heard, row["say"]


def test_the_signs_are_dated_and_speak_of_what_exists() -> None:
    known, codes = taxonomy(), {danger.code for danger in safety()}
    words = load("intake/vocabulary")
    for name in ("signs", "everyday"):
        table = load(f"intake/{name}")
        assert table["valid_from"]
        assert table["source"]
        assert isinstance(table["verified"], bool)
    signs = load("intake/signs")
    parts = {*words["parts"], *signs["parts"]}
    for rule in signs["together"]:
        assert rule["danger"] in codes
        assert {*rule["parts"], *rule.get("unless", ())} <= parts, rule
    for element, of_it in signs["implied_by_proposal"].items():
        assert set(of_it) - {""} <= set(known.elements[element].symptoms), element
        assert set(of_it.values()) <= codes
    for danger, (element, symptom) in signs["otherwise"].items():
        assert danger in codes
        assert symptom in known.elements[element].symptoms
    assert set(signs["never_harmless"]) <= parts
    assert {part for some in signs["voids"].values() for part in some} <= parts
    assert set(signs["voids"]) | {"long_ago", "figurative", "allowed"} <= set(words["calms"])
