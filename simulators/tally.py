"""What the devices published and what the service stored, fluid by fluid."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from contracts.codes import Fluid, Quantity
from simulators.api import Api
from simulators.ledger import Ledger
from simulators.lines import QUANTITY, ElectricLine, Line
from simulators.residence import Household


class Amount(StrEnum):
    """A total of the report, its unit in its name."""

    ENERGY = "energy_wh"
    FED_IN = "fed_in_wh"
    WATER = "water_l"
    HOT_WATER = "hot_water_l"
    GAS = "gas_l"
    HEAT = "heat_wh"
    COMMON = "common_parts_wh"


OF_FLUID: dict[Fluid, Amount] = {
    Fluid.ELECTRICITY: Amount.ENERGY,
    Fluid.WATER: Amount.WATER,
    Fluid.HOT_WATER: Amount.HOT_WATER,
    Fluid.GAS: Amount.GAS,
    Fluid.HEAT: Amount.HEAT,
}


class Account(NamedTuple):
    """One quantity of one meter, and who may read it."""

    amount: Amount
    meter: str
    quantity: Quantity
    reader: Api


def accounts(households: Iterable[Household], common: Iterable[Line], staff: Api) -> Iterator[Account]:
    """All that is kept: the meters of households that consent, each read by itself, and common parts."""
    for household in households:
        for line in household.lines:
            meter = line.device.meter
            yield Account(OF_FLUID[line.fluid], meter, QUANTITY[line.fluid], household.api)
            if isinstance(line, ElectricLine) and line.fed_in is not None:
                yield Account(Amount.FED_IN, meter, Quantity.ENERGY_EXPORT, household.api)
    for line in common:
        yield Account(Amount.COMMON, line.device.meter, QUANTITY[line.fluid], staff)


def published(ledger: Ledger, all_accounts: Iterable[Account]) -> dict[Amount, int]:
    """By the devices' own account; what was only ever planned is not in it."""
    totals: dict[Amount, int] = {}
    for one in all_accounts:
        own = ledger.meters.get(one.meter)
        advance = 0 if own is None else own.fed_in_wh if one.amount is Amount.FED_IN else own.energy_wh
        totals[one.amount] = totals.get(one.amount, 0) + advance
    return totals


def stored(all_accounts: Iterable[Account], first_day: date, last_day: date) -> dict[Amount, int]:
    """As each reader sees it, day by day. A gas day begins at six: the first hours of a month are the end of
    the day before."""
    totals: dict[Amount, int] = {}
    for one in all_accounts:
        asked = {"from": first_day - timedelta(days=1), "to": last_day, "quantity": one.quantity}
        days = one.reader.get(f"/meters/{one.meter}/days", **asked)["days"]
        totals[one.amount] = totals.get(one.amount, 0) + sum(day["value"] or 0 for day in days)
    return totals
