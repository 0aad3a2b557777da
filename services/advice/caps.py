"""How often a household is spoken to: rare tips are read, repeated ones are not."""

from dataclasses import dataclass
from datetime import date, timedelta

from contracts.codes import Rule
from services.advice.facts import Caps


@dataclass(frozen=True)
class Past:
    """A tip raised before, and what the household answered (`done`, `not_for_me`, `doubtful` or None)."""

    rule: Rule
    raised_on: date
    answer: str | None = None


def silence(rule: Rule, today: date, past: list[Past], caps: Caps) -> str | None:
    """Why `rule` keeps quiet on `today`, or None when it may speak. Days are the cooperative's own."""
    same = [tip for tip in past if tip.rule == rule]
    if any(tip.answer == "not_for_me" for tip in same):
        return "not_for_me"
    for tip in same:
        rest = caps.done_days if tip.answer == "done" else caps.rule_days
        if today < tip.raised_on + timedelta(days=rest):
            return "said_recently"
    since = today - timedelta(days=caps.period_days)
    if sum(1 for tip in past if tip.raised_on > since) >= caps.max_in_period:
        return "enough_this_month"
    return None
