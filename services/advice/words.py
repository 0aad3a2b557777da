"""The words of a tip in French and English: euros first, what we saw, what it means, what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from services.advice.texts import STEPS, TEXTS, TITLES, WHY_NOT
from services.kit.everyday import led_bulbs
from services.kit.i18n import Formats, translations

LOCALE = Path(__file__).parent / "locale"


@dataclass(frozen=True)
class Words:
    title: str
    text: str
    """What we saw and what it costs."""
    steps: tuple[str, ...]
    """What to do, easiest first."""


_MONEY = ("eur_year", "cost_eur_year", "switch_eur_year", "step_up_eur_year", "change_eur")


def words(
    rule: str, variant: str, evidence: Mapping[str, Any], eur_year: Decimal | str, language: str
) -> Words:
    """Title, text and steps for a reader of `language` (fr, en)."""
    key = f"{rule}.{variant}"
    catalogue = translations(language, [LOCALE])
    facts = _spoken(evidence, eur_year, Formats(language))
    steps = (catalogue.gettext(step) for step in STEPS[key] if _can_say(step, facts))
    return Words(
        title=catalogue.gettext(TITLES[key]) % facts,
        text=catalogue.gettext(TEXTS[key]) % facts,
        steps=tuple(step % facts for step in steps),
    )


def why_not_words(code: str, language: str) -> str | None:
    """A sentence on why a rule has nothing to say; None for a code that needs no words."""
    text = WHY_NOT.get(code)
    return translations(language, [LOCALE]).gettext(text) if text else None


def _spoken(evidence: Mapping[str, Any], eur_year: Decimal | str, formats: Formats) -> dict[str, str]:
    """Rounded as people speak: whole euros, decimals with the reader's comma."""
    facts: dict[str, str] = {}
    for name, value in {**evidence, "eur_year": eur_year}.items():
        if value is None:
            continue
        if name in _MONEY:
            facts[name] = euros(Decimal(str(value)), formats)
        elif isinstance(value, int | float):
            facts[name] = formats.number(value)
        else:
            facts[name] = _dated(name, str(value), formats)
    if "night_floor_w" in evidence:
        facts["bulbs"] = formats.number(led_bulbs(float(evidence["night_floor_w"])))
    return facts


def euros(amount: Decimal, formats: Formats) -> str:
    """Whole euros from ten on: nobody believes the cents of an estimate."""
    return formats.whole_euros(amount) if amount >= 10 else formats.money(amount)


def _dated(name: str, value: str, formats: Formats) -> str:
    if name.startswith("data_"):
        return formats.day(date.fromisoformat(value), "long")
    return value


def _can_say(step: str, facts: Mapping[str, str]) -> bool:
    """A step that needs a figure we do not have is left out."""
    return all(
        name in facts for name in ("next_kva", "step_up_eur_year", "kwh_to_move_week") if f"%({name})" in step
    )
