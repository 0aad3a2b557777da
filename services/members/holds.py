"""Legal holds: what of a person an erasure keeps, why, and until when (see holds.yaml)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from contracts.codes import Right


@dataclass(frozen=True)
class Tie:
    """A person's place in one household; `last_on` is its last day, None while it goes on."""

    right: Right
    last_on: date | None


@dataclass(frozen=True)
class Hold:
    code: str
    what: dict[str, str]
    why: dict[str, str]
    source: str
    until: date | None
    """The last day of the hold; None while its reason lasts."""


def kept(ties: Iterable[Tie], today: date) -> list[Hold]:
    """The holds that stand today, each once, with its latest end."""
    found: dict[str, Hold] = {}
    for tie in ties:
        for row in _rows():
            hold = _hold(row, tie, today)
            if hold and (hold.code not in found or _later(hold, found[hold.code])):
                found[hold.code] = hold
    return list(found.values())


def has_left(ties: Iterable[Tie], today: date) -> bool:
    """Whether the person lives in none of these households any more."""
    return not any(_goes_on(tie, today) for tie in ties)


def _hold(row: dict[str, Any], tie: Tie, today: date) -> Hold | None:
    if tie.right not in row["applies_to"] or today < row["valid_from"]:
        return None
    if _goes_on(tie, today) != row["while_living_there"]:
        return None
    until = None
    if row["years_after"] is not None:
        assert tie.last_on
        until = _years_after(tie.last_on, row["years_after"])
        if until < today:
            return None
    return Hold(row["code"], row["what"], row["why"], row["source"], until or tie.last_on)


def _goes_on(tie: Tie, today: date) -> bool:
    return tie.last_on is None or today <= tie.last_on


def _later(one: Hold, other: Hold) -> bool:
    return other.until is not None and (one.until is None or one.until > other.until)


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)


@cache
def _rows() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("holds.yaml").read_text())
    return rows
