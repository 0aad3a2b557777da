"""When like reports of one place are one cause: nothing, worth a look, or an incident to propose."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path

import yaml
from pydantic import TypeAdapter

from contracts.codes import Priority
from services.aftersales.tables import Row, in_force

_FILE = Path(__file__).parent / "thresholds.yaml"


class Thresholds(Row):
    """A row of `thresholds.yaml`; the meaning of each figure is said there."""

    window_hours: int
    suggest_dwellings: int
    propose_dwellings: int
    propose_percent: int
    sensed_window_hours: int
    sensed_dwellings: int
    reports_when_sensed: int
    rises_at_dwellings: tuple[int, ...]
    own_hours: int
    close_after_days: int
    after_days: int

    @property
    def window(self) -> timedelta:
        return timedelta(hours=self.window_hours)

    @property
    def after(self) -> timedelta:
        return timedelta(days=self.after_days)

    @property
    def sensed_window(self) -> timedelta:
        return timedelta(hours=self.sensed_window_hours)


class Verdict(StrEnum):
    """What to make of the reports of one place within the window."""

    NOTHING = "nothing"
    SUGGESTED = "suggested"
    PROPOSED = "proposed"


@dataclass(frozen=True)
class Seen:
    """Different dwellings of one place that reported, whose meters fell, and that the place serves."""

    reported: int
    sensed: int = 0
    served: int = 0


def verdict(seen: Seen, rules: Thresholds) -> Verdict:
    """A person confirms whatever is proposed. More evidence never says less."""
    enough = needed(seen.served, rules)
    with_meters = seen.reported >= rules.reports_when_sensed and seen.sensed >= rules.sensed_dwellings
    if seen.reported >= enough or seen.sensed >= enough or with_meters:
        return Verdict.PROPOSED
    if max(seen.reported, seen.sensed) >= rules.suggest_dwellings:
        return Verdict.SUGGESTED
    return Verdict.NOTHING


def needed(served: int, rules: Thresholds) -> int:
    """From how many dwellings on an incident is proposed, where the place serves so many."""
    share = -(-served * rules.propose_percent // 100)
    return max(rules.propose_dwellings, share)


def urgency(most_urgent: Priority, dwellings: int, rules: Thresholds) -> Priority:
    """The incident is as urgent as its most urgent report, and more with the number of homes; a danger to
    life (p0) is said by a report, never by a number."""
    order = list(Priority)
    rank = order.index(most_urgent)
    if rank <= 1:
        return most_urgent
    steps = sum(dwellings >= at for at in rules.rises_at_dwellings)
    return order[max(1, rank - steps)]


def thresholds(on: date) -> Thresholds:
    """The figures in force on that legal day."""
    return in_force(_rows(), on)[-1]


@cache
def _rows() -> tuple[Thresholds, ...]:
    content = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return TypeAdapter(tuple[Thresholds, ...]).validate_python(content)
