"""A tip's words: complete in both languages, euros first, no unit that needs an engineer."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from services.advice import texts
from services.advice.facts import facts_on
from services.advice.words import LOCALE, words
from tests.unit.advice.homes import TODAY

EVIDENCE = {
    "night_floor_w": 178, "nights": 27, "typical_w": 82, "cost_eur_year": "312.02", "share_percent": 37,
    "offpeak_share_percent": 22.3, "break_even_percent": 28.4, "offpeak_hours": "22:00-06:00", "days": 60,
    "kwh_to_move_week": 10.5, "switch_eur_year": "5.29", "subscribed_kva": 9, "next_kva": 6,
    "highest_kva": 3.4, "days_at_limit": 4, "change_eur": "4.21", "step_up_eur_year": "48.24",
    "data_from": "2026-01-05",
}  # fmt: skip
FIGURE = re.compile(r"%\((\w+)\)s")


def catalogue() -> dict[str, str]:
    """The words of tips; those of the pages stand in the same file."""
    with (Path(LOCALE) / "fr" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return {
            str(message.id): str(message.string)
            for message in read_po(file, "fr")
            if message.id and any(name == "texts.py" for name, _ in message.locations)
        }


def all_texts() -> list[str]:
    steps = [step for group in texts.STEPS.values() for step in group]
    return [*texts.TITLES.values(), *texts.TEXTS.values(), *steps, *texts.WHY_NOT.values()]


def test_every_text_has_its_french_with_the_same_figures() -> None:
    french = catalogue()
    for text in all_texts():
        assert french.get(text), text
        assert set(FIGURE.findall(french[text])) == set(FIGURE.findall(text)), text


def test_no_french_text_is_left_over() -> None:
    assert set(catalogue()) <= set(all_texts())


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("key", sorted(texts.TITLES))
def test_every_variant_can_be_said(key: str, language: str) -> None:
    rule, variant = key.split(".")
    said = words(rule, variant, EVIDENCE, "168.30", language)
    everything = " ".join([said.title, said.text, *said.steps])
    assert "%(" not in everything
    assert said.steps
    if variant != "too_low":
        assert "168" in said.title
        assert "€" in said.title


def test_a_step_without_its_figure_is_left_out() -> None:
    highest = {**EVIDENCE, "next_kva": None, "step_up_eur_year": None}
    said = words("subscribed_power", "too_low", highest, "0.00", "en")
    assert len(said.steps) == 2


def test_every_threshold_names_its_source() -> None:
    facts = facts_on(TODAY)
    for part in (facts.standby, facts.offpeak, facts.subscribed, facts.caps, facts.carbon):
        assert part.source
