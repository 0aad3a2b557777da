"""What differs between fluids: when their day begins, what their amounts hold and may cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from contracts.codes import Fluid, GasFactorSource, Quantity
from contracts.units import Energy, GasFactor, Volume, in_steps
from services.metering.days import Calendar, begin_sql

_COUNTED = {Quantity.ENERGY_IMPORT, Quantity.ENERGY_EXPORT, Quantity.VOLUME, Quantity.HEAT}
_COUNTED_BY: dict[Fluid, set[Quantity]] = {
    Fluid.ELECTRICITY: {Quantity.ENERGY_IMPORT, Quantity.ENERGY_EXPORT},
    Fluid.GAS: {Quantity.VOLUME, Quantity.ENERGY_IMPORT},
    Fluid.WATER: {Quantity.VOLUME},
    Fluid.HOT_WATER: {Quantity.VOLUME, Quantity.HEAT},
    Fluid.HEAT: {Quantity.HEAT, Quantity.ENERGY_IMPORT, Quantity.VOLUME},
}


@dataclass(frozen=True, slots=True)
class Conversion:
    """A gas factor, and whose word it is."""

    factor: GasFactor
    source: GasFactorSource


@dataclass(frozen=True, slots=True)
class DatedFactor:
    """A row of `facts/fluids.yaml`."""

    valid_from: date
    factor: GasFactor


def calendar_of(fluid: Fluid, zone: str) -> Calendar:
    """The days of a meter of that fluid in that zone: in France a gas day begins at 06:00."""
    return Calendar(zone, first_hour(fluid, zone))


def first_hour(fluid: Fluid, zone: str) -> int:
    """The local hour at which its days begin."""
    hours = _first_hours().get(fluid, {})
    return hours.get(zone, hours.get(None, 0))


def measures(fluid: Fluid, quantity: Quantity) -> bool:
    """False for an amount that such a meter cannot have counted: it is another meter's. Momentary values
    are taken as they come."""
    return quantity not in _COUNTED or quantity in _COUNTED_BY[fluid]


def first_hour_sql(meter: str = "m") -> str:
    """SQL of `first_hour` for a meter, an alias of `registry.meter`."""
    cases = []
    for fluid, hours in _first_hours().items():
        for zone, hour in sorted(hours.items(), key=lambda row: row[0] is None):  # all other zones last
            there = f" AND {meter}.zone = '{zone}'" if zone else ""
            cases.append(f"WHEN {meter}.fluid = '{fluid}'{there} THEN {hour}")
    return f"(CASE {' '.join(cases)} ELSE 0 END)"


def came_sql(occupancy: str = "o", meter: str = "m") -> str:
    """SQL of the instant at which a household's time with a meter begins: where the meter's days do. Both are
    aliases, of `registry.occupancy` and `registry.meter`."""
    return begin_sql(f"{occupancy}.moved_in_on", f"{meter}.zone", first_hour_sql(meter))


def left_sql(occupancy: str = "o", meter: str = "m") -> str:
    """SQL of the instant at which it ends; null while the household lives there."""
    return begin_sql(f"{occupancy}.moved_out_on + 1", f"{meter}.zone", first_hour_sql(meter))


def is_converted(fluid: Fluid, quantity: Quantity) -> bool:
    """Whether days of that quantity have an energy besides: a volume of gas."""
    return fluid is Fluid.GAS and quantity is Quantity.VOLUME


def conversion(
    day: date,
    of_network: GasFactor | None,
    of_contract: GasFactor | None,
    table: Sequence[DatedFactor] | None = None,
) -> Conversion | None:
    """The factor of a day: the network's own of that day, else the contract's, else the table's; None
    before the table begins."""
    if of_network is not None:
        return Conversion(of_network, GasFactorSource.NETWORK)
    if of_contract is not None:
        return Conversion(of_contract, GasFactorSource.CONTRACT)
    begun = [row for row in (gas_factors() if table is None else table) if row.valid_from <= day]
    if not begun:
        return None
    return Conversion(max(begun, key=lambda row: row.valid_from).factor, GasFactorSource.TABLE)


def energies(days: Sequence[tuple[Volume, Conversion | None]]) -> list[int | None]:
    """Whole Wh of each day in a row; None where it has no factor. Each volume is converted exactly, and
    rounding is cumulative: the days add up to the period, rounded once."""
    exact = [found.factor.energy(volume) for volume, found in days if found is not None]
    told = iter(in_steps(exact))
    return [None if found is None else next(told) for _, found in days]


def energy(volume: Volume, found: Conversion | None) -> Energy | None:
    """The energy of one volume; None without a factor."""
    return None if found is None else found.factor.energy(volume)


@cache
def _plausible() -> tuple[tuple[date, GasFactor, GasFactor], ...]:
    return tuple(
        (
            row["valid_from"],
            GasFactor.of_kwh_per_m3(row["least_kwh_per_m3"]),
            GasFactor.of_kwh_per_m3(row["most_kwh_per_m3"]),
        )
        for row in _facts()["gas_factor_range"]
    )


def is_plausible(factor: GasFactor, day: date) -> bool:
    """Whether a cubic metre of any gas from a public network can hold that much energy."""
    begun = [row for row in _plausible() if row[0] <= day]
    if not begun:
        return True
    _, least, most = max(begun, key=lambda row: row[0])
    return least.wh_per_m3 <= factor.wh_per_m3 <= most.wh_per_m3


@cache
def gas_factors() -> tuple[DatedFactor, ...]:
    """The factors that come with Palier."""
    return tuple(
        DatedFactor(row["valid_from"], GasFactor.of_kwh_per_m3(row["kwh_per_m3"]))
        for row in _facts()["gas_factor"]
    )


@cache
def _first_hours() -> dict[Fluid, dict[str | None, int]]:
    """By fluid and zone; None is every other zone."""
    found: dict[Fluid, dict[str | None, int]] = {}
    for row in _facts()["day_begins"]:
        for zone in row.get("zones", [None]):
            hours = found.setdefault(Fluid(row["fluid"]), {})
            assert zone not in hours, f"two hours for {row['fluid']} in {zone}"
            hours[zone] = int(row["hour"])
    return found


@cache
def _facts() -> dict[str, Any]:
    text = files("services.metering").joinpath("facts/fluids.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found
