"""What meters measure, in which unit, and how a value relates to time."""

from enum import StrEnum


class Quantity(StrEnum):
    """What a reading measures. The canonical unit of each is `UNIT_OF`."""

    ENERGY_IMPORT = "energy_import"
    ENERGY_EXPORT = "energy_export"
    POWER = "power"
    APPARENT_POWER = "apparent_power"
    VOLUME = "volume"
    HEAT = "heat"
    VOLTAGE = "voltage"
    TEMPERATURE = "temperature"


class Unit(StrEnum):
    """Canonical units; a codec converts everything else before a reading leaves it."""

    WH = "Wh"
    W = "W"
    VA = "VA"
    L = "L"
    V = "V"
    CEL = "Cel"


UNIT_OF: dict[Quantity, Unit] = {
    Quantity.ENERGY_IMPORT: Unit.WH,
    Quantity.ENERGY_EXPORT: Unit.WH,
    Quantity.POWER: Unit.W,
    Quantity.APPARENT_POWER: Unit.VA,
    Quantity.VOLUME: Unit.L,
    Quantity.HEAT: Unit.WH,
    Quantity.VOLTAGE: Unit.V,
    Quantity.TEMPERATURE: Unit.CEL,
}


class Kind(StrEnum):
    """How a value relates to time.

    `register`: cumulative index read at the instant. `interval`: amount over `step_s` seconds that
    start at the instant. `sample`: momentary value at the instant; a `step_s` > 0 says that it is
    the mean over the `step_s` seconds that start there (it can then be integrated exactly).
    """

    REGISTER = "register"
    INTERVAL = "interval"
    SAMPLE = "sample"


class Fluid(StrEnum):
    ELECTRICITY = "electricity"
    GAS = "gas"
    WATER = "water"
    HOT_WATER = "hot_water"
    HEAT = "heat"
