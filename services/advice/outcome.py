"""What became of a tip: the rule's own measure before and after, with its noise, or `not_detectable`."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import sqrt
from statistics import mean, median

from contracts.codes import Rule
from services.advice.day import Day
from services.advice.facts import Facts
from services.advice.standby import HOURS_PER_YEAR, night_minimum_w
from services.advice.tip import Home
from services.advice.windows import inside_wh

BEFORE_DAYS = 60
SETTLE_DAYS = 7
"""Time to act, counted for neither side."""
AFTER_DAYS = 56
MIN_DAYS = 21
"""On each side: fewer would make any band meaningless."""
T_90 = 1.68
"""Student's t, two-sided 90 %, for about forty effective days."""
MAD_TO_SIGMA = 1.4826
MEDIAN_INEFFICIENCY = 1.2533
"""Standard error of a median relative to that of a mean, for normal noise."""


@dataclass(frozen=True)
class Outcome:
    """`improved`, `worse`, `followed` (a contract fact, not statistics) or `not_detectable`.

    `change` is after minus before in the rule's own unit (W, or Wh a day at peak hours), `band` the 90 %
    half-width of its noise. `kwh_year` is a saving of energy, only where one was seen.
    """

    code: str
    change: float | None = None
    band: float | None = None
    unit: str | None = None
    kwh_year: int | None = None
    days_before: int = 0
    days_after: int = 0


def measured_on(raised_on: date) -> date:
    """The first day on which the outcome can be told, on event time."""
    return raised_on + timedelta(days=SETTLE_DAYS + AFTER_DAYS)


def outcome(
    rule: Rule, evidence: dict[str, object], raised_on: date, days: list[Day], home: Home, facts: Facts
) -> Outcome:
    """Compare the weeks before the tip with those after; `days` may hold any others."""
    if rule == Rule.SUBSCRIBED_POWER:
        return _contract(evidence, home)
    before = [day for day in days if raised_on - timedelta(days=BEFORE_DAYS) <= day.day < raised_on]
    start = raised_on + timedelta(days=SETTLE_DAYS)
    after = [day for day in days if start <= day.day < start + timedelta(days=AFTER_DAYS)]
    if rule == Rule.STANDBY_LOAD:
        result = compare_medians(_floors(before, facts), _floors(after, facts), "W")
        return _with_energy(result)
    return compare_medians(_peak_wh(before, home), _peak_wh(after, home), "Wh/day")


def compare_medians(before: list[float], after: list[float], unit: str) -> Outcome:
    """Lower is better. The band widens with day-to-day persistence (lag-1 autocorrelation)."""
    if len(before) < MIN_DAYS or len(after) < MIN_DAYS:
        return Outcome("not_detectable", days_before=len(before), days_after=len(after))
    change = median(after) - median(before)
    band = T_90 * sqrt(_variance_of_median(before) + _variance_of_median(after))
    code = "not_detectable" if abs(change) <= band or change == 0 else "improved" if change < 0 else "worse"
    return Outcome(
        code, round(change, 1), round(band, 1), unit, days_before=len(before), days_after=len(after)
    )


def _with_energy(result: Outcome) -> Outcome:
    if result.code == "not_detectable" or result.change is None:
        return result
    kwh = round(-result.change * HOURS_PER_YEAR / 1000)
    return Outcome(
        result.code, result.change, result.band, result.unit, kwh, result.days_before, result.days_after
    )


def _contract(evidence: dict[str, object], home: Home) -> Outcome:
    return Outcome("followed" if home.subscribed_kva == evidence.get("next_kva") else "not_detectable")


def _floors(days: list[Day], facts: Facts) -> list[float]:
    rule = facts.standby
    lows = [night_minimum_w(day, rule) for day in days if day.is_trustworthy]
    return [float(low) for low in lows if low is not None and 0 < low <= rule.never_standby_w]


def _peak_wh(days: list[Day], home: Home) -> list[float]:
    """Energy at peak hours, which is what shifting lowers; nothing without the contract's hours."""
    if not home.offpeak:
        return []
    return [day.energy_wh - inside_wh(day, home.offpeak) for day in days if day.is_trustworthy]


def _variance_of_median(values: list[float]) -> float:
    centre = median(values)
    sigma = MAD_TO_SIGMA * median(abs(value - centre) for value in values)
    persistence = _lag_one(values)
    effective = max(2.0, len(values) * (1 - persistence) / (1 + persistence))
    return (MEDIAN_INEFFICIENCY * sigma) ** 2 / effective


def _lag_one(values: list[float]) -> float:
    """Lag-1 autocorrelation, 0 to 0.9: negative persistence is not credited."""
    centre = mean(values)
    spread = sum((value - centre) ** 2 for value in values)
    if spread == 0:
        return 0.0
    together = sum((a - centre) * (b - centre) for a, b in pairwise(values))
    return min(0.9, max(0.0, together / spread))
