"""The dated table of what makes a fault of the supply."""

from datetime import date
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter


class _Sourced(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Voltage(_Sourced):
    nominal_v: int
    percent: int
    mean_minutes: int
    sustained_minutes: int
    known_percent: int
    source: str
    verified: bool

    @property
    def lowest_milli(self) -> int:
        return self.nominal_v * (100 - self.percent) * 10

    @property
    def highest_milli(self) -> int:
        return self.nominal_v * (100 + self.percent) * 10


class NightFlow(_Sourced):
    from_hour: int
    until_hour: int
    nights: int
    least_l_hour: int
    least_l_night: int
    source: str
    verified: bool


class Electric(_Sourced):
    usual_wh: int
    dead_percent: int
    lived_in_percent: int
    lived_in_wh: int
    together_homes: int


class NoHeating(_Sourced):
    season: tuple[str, str]
    cold_cel: int
    usual_days: int
    usual_known_days: int
    usual_wh: int
    dead_percent: int
    neighbours_percent: int
    alone_days: int
    together_days: int
    together_homes: int
    electric: Electric
    source: str
    verified: bool

    def is_season(self, day: date) -> bool:
        """Whether homes are heated on that civil day, by the calendar alone."""
        first, last = self.season
        at = day.strftime("%m-%d")
        return first <= at <= last if first <= last else at >= first or at <= last


class MeterSilent(_Sourced):
    days: int
    source: str
    verified: bool


class Facts(_Sourced):
    """A row of `thresholds.yaml`."""

    valid_from: date
    voltage: Voltage
    night_flow: NightFlow
    no_heating: NoHeating
    meter_silent: MeterSilent
    evidence_days: int
    evidence_most_days: int


def facts(on: date) -> Facts:
    """What holds on that civil day."""
    return [row for row in _rows() if row.valid_from <= on or row is _rows()[0]][-1]


@cache
def _rows() -> tuple[Facts, ...]:
    text = (files("services.metering.supply_faults") / "thresholds.yaml").read_text(encoding="utf-8")
    return TypeAdapter(tuple[Facts, ...]).validate_python(yaml.safe_load(text))
