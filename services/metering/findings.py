"""What validation found about a day, in the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.codes import UNIT_OF, Quantity, Severity
from contracts.words import labels
from services.kit.i18n import Formats

_COUNTS = ("readings", "seconds")
"""Figures of a finding that are no amounts."""


@dataclass(frozen=True, slots=True)
class Told:
    """One finding as a person reads it; both slots are inside."""

    check: str
    from_slot: int
    to_slot: int
    severity: str
    """`hold`: these half-hours are not counted until someone decides; `notice`: worth a look."""
    text: str
    title: str

    @property
    def is_held(self) -> bool:
        return self.severity == Severity.HOLD


def told(
    stored: Sequence[Mapping[str, Any]] | None, language: str, quantity: Quantity | None = None
) -> list[Told]:
    """The findings stored with a day, in slot order; none where the day has none. Amounts are said in the
    unit of `quantity`."""
    found = [
        Told(
            check=one["check"], from_slot=one["first_slot"], to_slot=one["last_slot"],
            severity=one["severity"], text=_text(one, language, quantity),
            title=title(one["check"], language),
        )
        for one in stored or ()
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.from_slot, one.to_slot, one.check))


def title(check: str, language: str) -> str:
    """A check's name in a few words."""
    label = labels("checks").get(check)
    return label.in_(language) if label else check


def _text(one: Mapping[str, Any], language: str, quantity: Quantity | None) -> str:
    """The finding in a sentence, then its figures; a check newer than these words keeps its title."""
    label = labels("check_reasons").get(one["check"])
    sentence = label.in_(language) if label else title(one["check"], language)
    figures = [_figure(name, value, language, quantity) for name, value in (one.get("detail") or {}).items()]
    return f"{sentence} ({', '.join(figures)})" if figures else sentence


def _figure(name: str, value: int | str, language: str, quantity: Quantity | None) -> str:
    label = labels("finding_details").get(name)
    words = label.in_(language) if label else name
    if isinstance(value, str):
        known = labels("qualities").get(value) if name == "left" else None
        return f"{words} {known.in_(language).lower() if known else value}"
    unit = f" {UNIT_OF[quantity].value}" if quantity and name not in _COUNTS else ""
    return f"{words} {Formats(language).number(value)}{unit}"
