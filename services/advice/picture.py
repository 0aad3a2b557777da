"""A tip's evidence as a picture, day by day: what the household can check against its own memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from contracts.codes import Rule
from services.advice.day import SLOTS_PER_HOUR, Day
from services.advice.facts import Standby
from services.advice.standby import night_minimum_w
from services.kit.i18n import Formats

DAY_SECONDS = 86_400
MOST_BARS = 92
"""The last three months: a year of bars cannot be read on a phone."""


@dataclass(frozen=True)
class Picture:
    """`values` in `unit`, one for each of `days`; None where nothing was measured."""

    days: tuple[date, ...]
    values: tuple[float | None, ...]
    unit: str
    digits: int
    zone: str

    def rows(self, formats: Formats) -> list[tuple[str, str]]:
        """The same as a table, latest first."""
        pairs = zip(reversed(self.days), reversed(self.values), strict=True)
        return [(formats.day(day, "medium"), formats.number(value)) for day, value in pairs]

    def points(self, label: str) -> dict[str, Any]:
        """As the portal's charts read it."""
        local = ZoneInfo(self.zone)
        noons = [datetime.combine(day, time(12), local).astimezone(UTC) for day in self.days]
        series = {"label": label, "values": self.values, "unit": self.unit, "digits": self.digits}
        return {
            "kind": "bars", "by": "day", "span_s": DAY_SECONDS, "zone": self.zone, "series": [series],
            "x": [int(noon.timestamp()) for noon in noons],
        }  # fmt: skip


def picture(rule: Rule, days: Sequence[Day], facts: Standby) -> Picture | None:
    """Each night's floor in W, or each day's highest kVA; None where a day by itself shows nothing."""
    if not days or rule is Rule.OFFPEAK_SHIFT:
        return None
    shown = days[-MOST_BARS:]
    measure: Callable[[Day], float | None]
    if rule is Rule.STANDBY_LOAD:
        unit, digits, measure = "W", 0, lambda day: night_minimum_w(day, facts)
    else:
        unit, digits, measure = "kVA", 1, _highest_kva
    values = tuple(measure(day) for day in shown)
    return Picture(tuple(day.day for day in shown), values, unit, digits, shown[0].zone)


def _highest_kva(day: Day) -> float | None:
    """The measured peak, else the highest half-hour's mean, which is never above it."""
    known = [value for value in day.values if value is not None]
    if day.peak_va is None and not known:
        return None
    return round((day.peak_va if day.peak_va is not None else max(known) * SLOTS_PER_HOUR) / 1000, 1)
