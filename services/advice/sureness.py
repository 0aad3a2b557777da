"""How sure a tip is, by what it rests on: shown to the household beside every promise."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from contracts.codes import Rule

MANY_NIGHTS, SOME_NIGHTS = 45, 28
WHOLE_YEAR_DAYS, A_SEASON_DAYS = 330, 90


class Sureness(StrEnum):
    HIGH = "high"
    FAIR = "fair"
    FIRST = "first"
    """A first estimate, from few days or one season."""


def sureness(rule: Rule, variant: str, evidence: Mapping[str, Any]) -> Sureness:
    """By how many nights or days were counted, and whether peaks were measured or inferred."""
    if rule is Rule.STANDBY_LOAD:
        return _by_count(int(evidence.get("nights") or 0), MANY_NIGHTS, SOME_NIGHTS)
    days = int(evidence.get("days") or 0)
    if rule is Rule.OFFPEAK_SHIFT:
        return _by_count(days, WHOLE_YEAR_DAYS, A_SEASON_DAYS)
    if variant == "too_low":
        return Sureness.HIGH  # it has happened, and was counted
    good = bool(evidence.get("is_measured")) + (days >= WHOLE_YEAR_DAYS)
    return (Sureness.FIRST, Sureness.FAIR, Sureness.HIGH)[good]


def _by_count(count: int, many: int, some: int) -> Sureness:
    return Sureness.HIGH if count >= many else Sureness.FAIR if count >= some else Sureness.FIRST
