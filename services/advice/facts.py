"""The dated figures the rules reckon with: thresholds, prices, carbon. Data lie beside, in YAML."""

from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

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


class BasePrice(BaseModel):
    upto_kva: int
    kwh: Decimal


class Prices(_Fact):
    """EUR including tax."""

    valid_from: date
    base: tuple[BasePrice, ...]
    peak: Decimal
    offpeak: Decimal
    subscription_month: dict[int, Decimal]

    def base_kwh(self, kva: int) -> Decimal:
        """EUR/kWh of the base tariff at a subscribed power in kVA; ValueError above the largest."""
        for row in self.base:
            if kva <= row.upto_kva:
                return row.kwh
        raise ValueError(f"no base price for {kva} kVA")

    def subscription_year(self, kva: int) -> Decimal | None:
        month = self.subscription_month.get(kva)
        return None if month is None else month * 12


class Facts(BaseModel):
    """All that holds on one day."""

    model_config = ConfigDict(frozen=True)
    standby: Standby
    offpeak: Offpeak
    subscribed: Subscribed
    caps: Caps
    carbon: Carbon
    prices: Prices

    def kg_co2(self, kwh: int) -> Decimal:
        return (kwh * self.carbon.g_per_kwh / 1000).quantize(Decimal("0.1"))


@lru_cache(maxsize=256)
def facts_on(day: date) -> Facts:
    """The figures valid on `day`. Before the first version the first one is used: a saving is about
    today's prices, and the tip's evidence names their date."""
    thresholds = {
        key: value for key, value in _version("thresholds.yaml", day).items() if key != "valid_from"
    }
    return Facts(**thresholds, prices=Prices(**_version("prices.yaml", day)))


def _version(name: str, day: date) -> dict[str, Any]:
    versions = sorted(_load(name), key=lambda version: version["valid_from"])
    current = [version for version in versions if version["valid_from"] <= day]
    return current[-1] if current else versions[0]


@lru_cache(maxsize=8)
def _load(name: str) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = yaml.safe_load((HERE / name).read_text())
    return loaded
