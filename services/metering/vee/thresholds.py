"""The dated table of thresholds, resolved for one meter on one day."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from contracts.codes import Fluid, Quantity

_MILLI = 1_000
_MINUTE_US = 60 * 1_000_000
_HOUR_US = 60 * _MINUTE_US
_USUAL_FLUID = {
    Quantity.ENERGY_IMPORT: Fluid.ELECTRICITY, Quantity.ENERGY_EXPORT: Fluid.ELECTRICITY,
    Quantity.VOLUME: Fluid.WATER, Quantity.HEAT: Fluid.HEAT,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What the checks compare with. Units are whole canonical units (Wh, L), `milli` thousandths."""

    cap_units_per_hour: int
    jitter_milli: int
    register_step_milli: int
    confirm_readings: int
    confirm_us: int
    rollover_least_milli: int
    spike_third_percent: int
    spike_share_percent: int
    stuck_slots: int
    zero_slots: int | None
    frozen_units: int
    agree_units: int
    sum_percent: int
    sum_units: int
    unusual_high_percent: int
    unusual_low_percent: int
    unusual_units: int
    unusual_days: int
    drift_seconds: int
    interpolate_slots: int
    like_weeks: int
    like_days: int
    shape_days: int
    known_slots: int

    def most_units(self, us: int) -> int:
        """The most that can pass in so many microseconds."""
        return self.cap_units_per_hour * us // _HOUR_US

    def is_possible(self, advance_milli: int, us: int) -> bool:
        """Whether a register can have advanced so far in that time, one step of its figures aside."""
        most = self.cap_units_per_hour * _MILLI * us
        return (advance_milli - self.register_step_milli) * _HOUR_US <= most


@lru_cache(maxsize=4_096)
def thresholds(
    day: date,
    quantity: Quantity,
    fluid: Fluid | None = None,
    subscribed_kva: int | None = None,
    is_common: bool = False,
) -> Thresholds:
    """The thresholds of `day`. Without a known fluid the quantity's usual one stands in."""
    table = _version(day)
    fluid = fluid or _USUAL_FLUID.get(quantity, Fluid.ELECTRICITY)
    caps = table["caps"][fluid.value]
    cap = caps["common"] if is_common else caps.get(quantity.value, caps["common"])
    if quantity is Quantity.ENERGY_IMPORT and fluid is Fluid.ELECTRICITY and subscribed_kva:
        cap = subscribed_kva * 1_000 * table["subscribed_percent"]["value"] // 100

    def value(name: str) -> Any:
        found = table[name]["value"]
        if isinstance(found, dict):
            return found["volume" if quantity is Quantity.VOLUME else "energy"]
        return found

    as_they_are = (
        "spike_third_percent", "spike_share_percent", "stuck_slots", "frozen_units", "agree_units",
        "confirm_readings", "sum_percent", "sum_units", "unusual_high_percent", "unusual_low_percent",
        "unusual_units", "unusual_days", "drift_seconds", "interpolate_slots", "like_weeks", "like_days",
        "shape_days", "known_slots",
    )  # fmt: skip
    return Thresholds(
        cap_units_per_hour=cap,
        jitter_milli=value("jitter_units") * _MILLI,
        register_step_milli=value("register_step_units") * _MILLI,
        confirm_us=value("confirm_minutes") * _MINUTE_US,
        rollover_least_milli=value("rollover_least_units") * _MILLI,
        zero_slots=None
        if quantity is Quantity.ENERGY_EXPORT
        else table["zero_slots"]["value"].get(fluid.value),
        **{name: value(name) for name in as_they_are},
    )


def _version(day: date) -> dict[str, Any]:
    begun = [version for version in table() if version["valid_from"] <= day]
    return max(begun or table()[:1], key=lambda version: version["valid_from"])


@lru_cache(maxsize=1)
def table() -> list[dict[str, Any]]:
    """The table as written: every version, each threshold with its source."""
    text = files("services.metering.vee").joinpath("thresholds.yaml").read_text(encoding="utf-8")
    return sorted(yaml.safe_load(text), key=lambda version: version["valid_from"])
