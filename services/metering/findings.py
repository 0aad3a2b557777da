"""What validation found about a day, in the reader's language."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from contracts.codes import Severity
from contracts.words import labels


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


def told(stored: Sequence[dict[str, Any]] | None, language: str) -> list[Told]:
    """The findings stored with a day, in slot order; none where the day has none."""
    found = [
        Told(
            check=one["check"],
            from_slot=one["first_slot"],
            to_slot=one["last_slot"],
            severity=one["severity"],
            text=_text(one, language),
            title=title(one["check"], language),
        )
        for one in stored or ()
    ]
    return sorted(found, key=lambda one: (one.from_slot, one.to_slot, one.check))


def title(check: str, language: str) -> str:
    """A check's name in a few words."""
    label = labels("checks").get(check)
    return label.in_(language) if label else check


def _text(one: dict[str, Any], language: str) -> str:
    """The finding in a sentence; a check newer than this reader's words keeps its title."""
    label = labels("check_reasons").get(one["check"])
    if label is None:
        return title(one["check"], language)
    return label.in_(language)
