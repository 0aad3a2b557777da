"""The quantities a device may name, and the units each may come in."""

import re
from typing import NamedTuple

from contracts.codes import Kind, Quantity, Reason, Unit
from services.intake.codecs.base import Refused, shown

_ENERGY = {"Wh": (1_000, 1), "kWh": (1_000_000, 1), "J": (1_000, 3_600)}
_SUFFIX = re.compile(r"[a-z0-9_]{1,32}", re.ASCII)


class Named(NamedTuple):
    """How a quantity of this name is read."""

    quantity: Quantity
    unit: Unit
    is_cumulative: bool
    """A register that only grows; else a momentary value."""
    ratios: dict[str, tuple[int, int]]
    """The device's unit → thousandths of ours, as a fraction. SenML names: RFC 8428 table 1, RFC 8798."""
    may_be_negative: bool = False


NAMES: dict[str, Named] = {
    "energy_import": Named(Quantity.ENERGY_IMPORT, Unit.WH, True, _ENERGY),
    "energy_export": Named(Quantity.ENERGY_EXPORT, Unit.WH, True, _ENERGY),
    "heat": Named(Quantity.HEAT, Unit.WH, True, _ENERGY),
    "volume": Named(Quantity.VOLUME, Unit.L, True, {"m3": (1_000_000, 1), "l": (1_000, 1), "L": (1_000, 1)}),
    "power": Named(Quantity.POWER, Unit.W, False, {"W": (1_000, 1), "kW": (1_000_000, 1)}, True),
    "apparent_power": Named(
        Quantity.APPARENT_POWER, Unit.VA, False, {"VA": (1_000, 1), "kVA": (1_000_000, 1)}
    ),
    "voltage": Named(Quantity.VOLTAGE, Unit.V, False, {"V": (1_000, 1)}),
}


class Register(NamedTuple):
    """A named quantity and the register that the name means."""

    named: Named
    register: str
    kind: Kind


def find(name: str, where: str, allowed: frozenset[str] = frozenset(NAMES)) -> Register:
    """`energy_import`, or `energy_import.hp` for one register of several. Raises `Refused`."""
    base, dot, suffix = name.partition(".")
    named = NAMES.get(base) if base in allowed else None
    if named is None:
        known = ", ".join(sorted(allowed))
        raise Refused(Reason.UNKNOWN_QUANTITY, f"{where}: {shown(name)} is none of {known}")
    if dot and not (named.is_cumulative and _SUFFIX.fullmatch(suffix)):
        raise Refused(
            Reason.UNKNOWN_QUANTITY,
            f"{where}: {shown(name)}: only registers have suffixes, of a-z, 0-9 and _",
        )
    return Register(named, name, Kind.REGISTER if named.is_cumulative else Kind.SAMPLE)


def ratio(named: Named, unit: str | None, where: str) -> tuple[int, int]:
    """How to convert `unit`; without a unit, the quantity's first one is meant. Raises `Refused`."""
    if unit is None:
        return next(iter(named.ratios.values()))
    found = named.ratios.get(unit)
    if found is None:
        raise Refused(Reason.WRONG_UNIT, f"{where} is in {shown(unit)}; use {' or '.join(named.ratios)}")
    return found


def check_sign(named: Named, milli: int, where: str) -> None:
    """Raises `Refused` for a negative value of what cannot be negative."""
    if milli >= 0 or named.may_be_negative:
        return
    reason = Reason.NEGATIVE_REGISTER if named.is_cumulative else Reason.OUT_OF_RANGE
    raise Refused(reason, f"{where} is negative")
