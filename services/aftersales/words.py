"""Every text of this room that a rule or the API produces, rendered in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from contracts.words import Label, labels
from services.aftersales.tables import load
from services.aftersales.taxonomy import taxonomy
from services.kit.i18n import Formats, with_capital


@dataclass(frozen=True)
class Reason:
    """Why a rule decided so: a key of `words.yaml` (group `reasons`) and what its text names.

    Parameters ending in `_on` are ISO dates, others codes or plain values: all can be stored as JSON.
    """

    key: str
    params: Mapping[str, str] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((self.key, tuple(sorted(self.params.items()))))


def word(group: str, code: str, language: str) -> str:
    """The label of a code of a closed list, e.g. `word("states", "submitted", "fr")`."""
    return _labels(group)[code].in_(language)


def in_both(group: str, code: str) -> dict[str, str]:
    """The label by language, as the figure of a text that is said later."""
    return {language: word(group, code, language) for language in ("fr", "en")}


def codes(group: str) -> list[str]:
    """The codes of one group, in the order people should see them."""
    return list(_labels(group))


def labelled(group: str, language: str) -> list[dict[str, str]]:
    """The group as `[{"code", "label"}]` for lists of choices."""
    return [{"code": code, "label": word(group, code, language)} for code in codes(group)]


def render(reason: Reason, language: str) -> str:
    """The reason as a sentence in the reader's language."""
    values = {name: _value(name, value, language) for name, value in reason.params.items()}
    return with_capital(word("reasons", reason.key, language).format(**values))


def render_text(group: str, code: str, language: str, **values: object) -> str:
    """A sentence of `words.yaml` with what it names."""
    return word(group, code, language).format(**values)


def told(action: str, role: str, facts: Mapping[str, Any], language: str) -> str:
    """What was done, as the history tells it: the act, and of a missed visit whose side it was."""
    if action == "missed":
        said = word("visits_missed", str(facts.get("side", "cooperative")), language)
    elif action == "wait_access" and role == "resident":
        said = word("steps_taken", "wait_access_asked", language)
    else:
        said = word("steps_taken", action, language)
    was, now = facts.get("priority_was"), facts.get("priority")
    if was and now and was != now:
        said += f" ({word('priorities', was, language)} → {word('priorities', str(now), language)})"
    return said


def basis_of(stored: str, language: str) -> str:
    """What a decision rests on: an article of law as it stands, or one of our own bases in words."""
    code = "decided_by_cooperative" if stored == _AS_IT_WAS else stored
    return word("bases", code, language) if code in codes("bases") else stored


_AS_IT_WAS = "Décision de la coopérative"
"""How that basis was stored before it was a code."""


def spoken_day(day: date, language: str) -> str:
    """A civil day as people write it out."""
    return Formats(language).day(day, "long").replace("\u202f", " ")


_OWN = ("words", "dwelling_file/words", "inspections/words", "notices/words", "incidents/words")
"""The room's own tables of words, each beside what it speaks of."""


@cache
def _labels(group: str) -> dict[str, Label]:
    """Sentences are this room's own; what codes are called is the contract's."""
    own = next((table[group] for table in map(load, _OWN) if group in table), None)
    return labels(group) if own is None else {code: Label(**row) for code, row in own.items()}


def _within(label: str) -> str:
    """A label inside a sentence: without its capital, unless it is an acronym (`WC`)."""
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


def _value(name: str, value: str, language: str) -> str:
    if name.endswith("_on"):
        return spoken_day(date.fromisoformat(value), language)
    if name == "element" and value in taxonomy().elements:
        return _within(taxonomy().elements[value].label.in_(language))
    if name in ("debtor", "responsible"):
        return word("parties", value, language)
    if name == "regime":
        return word("regimes", value, language)
    if name == "trade":
        return word("trades", value, language).lower()
    return value
