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
    sensed_beside_percent: int
    gateway_meters: int
    gateway_percent: int
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
    metered: int = 0
    """Homes of the place with a meter that could show it; 0 when that is not known."""
    is_gateway: bool = False
    """The place is what one gateway sends for."""


def verdict(seen: Seen, rules: Thresholds) -> Verdict:
    """A person confirms whatever is proposed. More evidence never says less."""
    fell = sensed_needed(seen, rules)
    beside = max(rules.sensed_dwellings, _share(seen.metered, rules.sensed_beside_percent))
    with_meters = seen.reported >= rules.reports_when_sensed and seen.sensed >= min(beside, fell)
    if seen.reported >= needed(seen.served, rules) or seen.sensed >= fell or with_meters:
        return Verdict.PROPOSED
    if max(seen.reported, seen.sensed) >= rules.suggest_dwellings:
        return Verdict.SUGGESTED
    return Verdict.NOTHING


def sensed_needed(seen: Seen, rules: Thresholds) -> int:
    """From how many meters on that show it an incident is proposed: of those that could, not of all homes.
    Of a gateway most must be silent: one of its many may have a fault of its own."""
    if seen.is_gateway:
        return max(rules.gateway_meters, _share(seen.metered, rules.gateway_percent))
    return needed(seen.metered or seen.served, rules)


def may_be_enough(reported: int, sensed: int, rules: Thresholds) -> bool:
    """Whether it is worth counting the homes served and their meters."""
    enough = needed(0, rules)
    return reported >= enough or sensed >= min(enough, rules.sensed_dwellings, rules.gateway_meters)


def needed(served: int, rules: Thresholds) -> int:
    """From how many dwellings on an incident is proposed, where the place serves so many."""
    return max(rules.propose_dwellings, _share(served, rules.propose_percent))


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


def _share(of: int, percent: int) -> int:
    return -(-of * percent // 100)


@cache
def _rows() -> tuple[Thresholds, ...]:
    content = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return TypeAdapter(tuple[Thresholds, ...]).validate_python(content)
