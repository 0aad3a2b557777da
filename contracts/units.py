"""Amounts and prices as types, so that energy is never added to volume nor priced as if it were one.

Readings and half-hours travel as bare integers of one quantity (thousandths, or whole Wh and L), where
nothing is mixed and speed counts. Where amounts of different quantities meet, in conversion, cost and on
pages, they are these. All arithmetic is exact: integers, or decimals where money begins.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Self, assert_never

from contracts.codes import UNIT_OF, Quantity, Unit

_MILLI_PER_KWH = 1_000_000
_LITRES_PER_M3 = 1_000


@dataclass(frozen=True, slots=True, order=True)
class Energy:
    """Of electricity, gas or heat. Thousandths of a Wh: a litre of gas is no whole number of Wh."""

    milli_wh: int

    @classmethod
    def of_wh(cls, wh: int) -> Self:
        return cls(wh * 1_000)

    @property
    def wh(self) -> int:
        """Whole Wh, half away from zero."""
        sign = -1 if self.milli_wh < 0 else 1
        return sign * ((2 * abs(self.milli_wh) + 1_000) // 2_000)

    @property
    def kwh(self) -> Decimal:
        return Decimal(self.milli_wh) / _MILLI_PER_KWH

    def __add__(self, other: "Energy") -> "Energy":
        return Energy(self.milli_wh + other.milli_wh)

    def __sub__(self, other: "Energy") -> "Energy":
        return Energy(self.milli_wh - other.milli_wh)


@dataclass(frozen=True, slots=True, order=True)
class Volume:
    """Of water or gas, in whole litres. Gas: as the meter counts it, not corrected to standard conditions."""

    litres: int

    @property
    def cubic_metres(self) -> Decimal:
        return Decimal(self.litres) / _LITRES_PER_M3

    def __add__(self, other: "Volume") -> "Volume":
        return Volume(self.litres + other.litres)

    def __sub__(self, other: "Volume") -> "Volume":
        return Volume(self.litres - other.litres)


Amount = Energy | Volume


@dataclass(frozen=True, slots=True)
class GasFactor:
    """How much energy a cubic metre of gas holds, as the meter counts it: whole Wh for each m³, which is
    thousandths of kWh/m³, the precision in which network operators publish it."""

    wh_per_m3: int

    @classmethod
    def of_kwh_per_m3(cls, kwh: Decimal | str) -> Self:
        """`ValueError` when there are more than three decimals."""
        milli = Decimal(kwh) * 1_000
        if milli != int(milli):
            raise ValueError(f"{kwh} kWh/m³ has more than three decimals")
        return cls(int(milli))

    @property
    def kwh_per_m3(self) -> Decimal:
        return Decimal(self.wh_per_m3) / 1_000

    def energy(self, volume: Volume) -> Energy:
        """Exact: litres times Wh/m³ are thousandths of a Wh."""
        return Energy(volume.litres * self.wh_per_m3)


@dataclass(frozen=True, slots=True)
class EnergyPrice:
    """EUR for each kWh."""

    eur_per_kwh: Decimal

    def of(self, energy: Energy) -> Decimal:
        return self.eur_per_kwh * energy.milli_wh / _MILLI_PER_KWH


@dataclass(frozen=True, slots=True)
class VolumePrice:
    """EUR for each m³."""

    eur_per_m3: Decimal

    def of(self, volume: Volume) -> Decimal:
        return self.eur_per_m3 * volume.litres / _LITRES_PER_M3


def amount_of(quantity: Quantity, value: int) -> Amount:
    """A settled value, in whole canonical units, with its type. `ValueError` for what is no amount."""
    unit = UNIT_OF[quantity]
    if unit is Unit.WH:
        return Energy.of_wh(value)
    if unit is Unit.L:
        return Volume(value)
    raise ValueError(f"{quantity} is no amount")


def canonical(amount: Amount) -> int:
    """The other way: whole Wh or L."""
    match amount:
        case Energy():
            return amount.wh
        case Volume():
            return amount.litres
        case _:
            assert_never(amount)


def in_steps(energies: Iterable[Energy]) -> list[int]:
    """Whole Wh of each of several energies in a row, rounded cumulatively: their sum is the sum rounded
    once, and none is more than 1 Wh from its own value."""
    told: list[int] = []
    total, said = Energy(0), 0
    for energy in energies:
        total += energy
        told.append(total.wh - said)
        said = total.wh
    return told
