"""The dated figures the rules reckon with: thresholds and carbon lie beside in YAML, prices in the kit."""

from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from services.advice.prices import Prices, all_prices_on, energy_prices_on

HERE = Path(__file__).parent


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    source: str = ""
    verified: bool = False


class Standby(_Fact):
    night_from: str
    night_to: str
    window_days: int
    min_nights: int
    notice_w: int
    strong_w: int
    share: float
    share_from_w: int
    typical_w: int
    typical_source: str
    typical_verified: bool
    avoidable_share: float
    min_eur_year: Decimal
    never_standby_w: int
    far_above_ratio: float
    far_above_w: int
    vacant_rise_w: int
    heating_kept_share: float
    heating_spread_w: int
    heating_spread_share: float
    heating_season: tuple[str, str]
    """First and last day, `MM-DD`."""
    expires_days: int


class Offpeak(_Fact):
    window_days: int
    min_days: int
    full_year_days: int
    margin_share: float
    min_eur_year: Decimal
    movable_wh_day: int
    usual_windows: tuple[tuple[str, ...], ...]
    min_kva: int
    expires_days: int


class Subscribed(_Fact):
    steps_kva: tuple[int, ...]
    window_days: int
    min_days: int
    winter_months: tuple[int, ...]
    min_winter_days: int
    low_share: float
    short_min_days: int
    short_low_share: float
    crest_factor: float
    crest_source: str
    recent_days: int
    min_peak_days: int
    mean_share: float
    change_eur: Decimal
    change_source: str
    min_eur_year: Decimal
    expires_days: int


class Caps(_Fact):
    rule_days: int
    done_days: int
    period_days: int
    max_in_period: int


class Carbon(_Fact):
    g_per_kwh: Decimal


class Facts(BaseModel):
    """All that holds on one day."""

    model_config = ConfigDict(frozen=True)
    standby: Standby
    offpeak: Offpeak
    subscribed: Subscribed
    caps: Caps
    carbon: Carbon
    prices: Prices
    """For what a kilowatt-hour costs."""
    step_prices: Prices
    """For what a step of subscribed power costs: energy and subscription of one date."""

    def kg_co2(self, kwh: int) -> Decimal:
        return (kwh * self.carbon.g_per_kwh / 1000).quantize(Decimal("0.1"))


@lru_cache(maxsize=256)
def facts_on(day: date) -> Facts:
    """The figures valid on `day`; before the first version of the thresholds, the first one."""
    versions = sorted(_thresholds(), key=lambda version: version["valid_from"])
    current = [version for version in versions if version["valid_from"] <= day]
    thresholds = {key: value for key, value in (current or versions[:1])[-1].items() if key != "valid_from"}
    return Facts(**thresholds, prices=energy_prices_on(day), step_prices=all_prices_on(day))


@lru_cache(maxsize=1)
def _thresholds() -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = yaml.safe_load((HERE / "thresholds.yaml").read_text(encoding="utf-8"))
    return loaded
