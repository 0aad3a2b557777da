"""Units as files and people write them, and what a value in them measures."""

from typing import NamedTuple

from contracts.codes import FileReason, Quantity, Unit
from services.metering.files.points import Mode, Refused


class Measure(NamedTuple):
    """`scale` of the canonical unit in one of this unit."""

    name: str
    unit: Unit
    mode: Mode
    scale: int

    @property
    def quantity(self) -> Quantity:
        """What the unit means when the file says no more."""
        return Quantity.VOLUME if self.unit is Unit.L else Quantity.ENERGY_IMPORT

    def fits(self, quantity: Quantity) -> bool:
        return (quantity is Quantity.VOLUME) is (self.unit is Unit.L)


_ALL = {
    "wh": Measure("Wh", Unit.WH, Mode.AMOUNT, 1),
    "kwh": Measure("kWh", Unit.WH, Mode.AMOUNT, 1_000),
    "MWh": Measure("MWh", Unit.WH, Mode.AMOUNT, 1_000_000),
    "w": Measure("W", Unit.W, Mode.POWER, 1),
    "kw": Measure("kW", Unit.W, Mode.POWER, 1_000),
    "l": Measure("L", Unit.L, Mode.AMOUNT, 1),
    "m3": Measure("m³", Unit.L, Mode.AMOUNT, 1_000),
}


def measure(text: str) -> Measure:
    """The unit called `text`. Refused when unknown: `mwh` could be a thousand million times `MWh`."""
    name = text.strip().replace("³", "3")
    found = _ALL.get(name) or _ALL.get(name.lower())
    if found is None:
        raise Refused(FileReason.WRONG_UNIT, text)
    return found
