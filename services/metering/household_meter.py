"""One meter as its household sees it on its pages: what it measures, since when, its days."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from fastapi import Request

from contracts.codes import Quantity
from contracts.units import Volume
from services.kit.principal import Principal
from services.kit.unit import Unit
from services.metering import gas_factors, queries
from services.metering.fluids import energies
from services.metering.household_queries import OwnMeter
from services.metering.page_base import Amounts, formats_of
from services.metering.picture import DayTotal


@dataclass(frozen=True)
class Shown:
    """One meter, and the bounds of what its household sees of it."""

    meter: OwnMeter
    sight: queries.Sight
    amounts: Amounts
    measured: tuple[Quantity, ...]
    """What it has days of, the usual one first."""

    @property
    def is_usual(self) -> bool:
        return self.sight.quantity is self.measured[0]

    @property
    def asked(self) -> str:
        """What its addresses ask for."""
        return self.meter.id if self.is_usual else f"{self.meter.id}&quantity={self.sight.quantity}"

    @property
    def is_given(self) -> bool:
        """Whether this is what the home gives to the network: never added to what it takes."""
        return self.sight.quantity is Quantity.ENERGY_EXPORT

    @property
    def first(self) -> date:
        return self.meter.first_day

    @property
    def today(self) -> date:
        return self.sight.today

    def begins(self, day: date) -> int:
        """Epoch seconds of the instant at which `day` begins."""
        return int(self.sight.calendar.day(day).starts_at.timestamp())


async def shown_of(
    request: Request, unit: Unit, who: Principal, meter: OwnMeter, quantity: Quantity | None = None
) -> Shown:
    """The meter in `quantity`, where it has days of it, else in what it is usually shown in."""
    has = await queries.measured(unit, meter.id)
    sight = await queries.sight(unit, who, meter.id, quantity if quantity in has else None)
    amounts = Amounts(formats_of(request, sight.zone), sight.quantity, sight.fluid)
    return Shown(meter, sight, amounts, queries.in_order(sight.fluid, has))


async def days_of(unit: Unit, one: Shown, first: date, last: date) -> list[DayTotal]:
    """Its days from `first` to `last`, of gas with their energy."""
    days = [total_of(row) for row in await queries.days(unit, one.sight, first, last)]
    if not one.amounts.is_gas_volume:
        return days
    by_day = await gas_factors.conversions(unit, one.meter.id, [total.day for total in days])
    told = energies([(Volume(total.value), by_day[total.day]) for total in days])
    return [
        replace(total, energy_wh=wh, conversion=by_day[total.day])
        for total, wh in zip(days, told, strict=True)
    ]


def total_of(row: Any) -> DayTotal:
    return DayTotal(
        row.day, row.value, row.slots, row.quality, row.cost_eur, row.cost_reason,
        is_open=row.revision == 0, has_slots=row.packed is not None,
    )  # fmt: skip
