"""What French meters say on their customer output (TIC): labels, registers, and values that mean "nothing".

Enedis-NOI-CPT_54E names the labels. Historic mode and standard mode share no label of a register.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from contracts.codes import Kind, Reason
from services.intake.codecs.base import Refused, Value, add, number, shown, to_milli
from services.intake.codecs.quantities import NAMES, check_sign

NOTHING = frozenset({0xFFFF, -0x8000, 0xFFFFFF, 0xFFFFFFFF, 0xFFFFFFFFFFFF})
"""What an unset field of 16, 24, 32 or 48 bits shows. An index passes such a number once in its life, and
misses nothing by being silent then."""

_NUMERAL = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,9})?", re.ASCII)


class Label(NamedTuple):
    """A register of ours, and the unit in which the label comes."""

    register: str
    unit: str


TOTALS = {"BASE": Label("energy_import", "Wh"), "EAST": Label("energy_import", "Wh")}
TIERS = {
    name: Label(f"energy_import.{suffix}", "Wh")
    for name, suffix in (
        [("HCHC", "hc"), ("HCHP", "hp"), ("EJPHN", "ejphn"), ("EJPHPM", "ejphpm")]
        + [(f"BBRH{hour}J{colour}", f"bbrh{hour}j{colour}".lower()) for colour in "BWR" for hour in "CP"]
        + [(f"EASF{n:02}", f"t{n}") for n in range(1, 11)]
    )
}
OTHERS = {
    "EAIT": Label("energy_export", "Wh"),
    "PAPP": Label("apparent_power", "VA"),
    "SINSTS": Label("apparent_power", "VA"),
    "URMS1": Label("voltage", "V"),
    "URMS2": Label("voltage.l2", "V"),
    "URMS3": Label("voltage.l3", "V"),
}
LABELS = TOTALS | TIERS | OTHERS
"""Not among them: the distributor's registers (EASD), which say the same energy again; the last point of the
load curve (CCASN), which is no momentary power; currents; what tells who lives there (ADCO, ADSC, PRM)."""

WHOLE_SETS = (
    ("HCHC", "HCHP"),
    ("EJPHN", "EJPHPM"),
    tuple(name for name in TIERS if name.startswith("BBR")),
)
"""The tiers of historic mode that add up to all energy drawn: it has no total of its own."""


def amount(value: Any, where: str) -> int | Decimal | None:
    """The number that a device wrote as a number or as text; None where it says nothing. Raises `Refused`."""
    if value is None:
        return None
    if type(value) is str:
        text = value.strip()
        if not text or text.lower() == "nan":
            return None
        if not _NUMERAL.fullmatch(text):
            raise Refused(Reason.NOT_A_NUMBER, f"{where} is {shown(text)}, not a number")
        value = Decimal(text)
    found = number(value, where)
    return None if found in NOTHING else found


def reading(
    channel: str | None, register: str, unit: str, found: int | Decimal, instant: datetime, where: str
) -> Value | None:
    """The reading; None for an index or a voltage of zero, which is what an unread meter shows: one that
    works has both, and an index from zero is heard from its first watt-hour on. Raises `Refused`."""
    named = NAMES[register.partition(".")[0]]
    milli = to_milli(found, named.ratios[unit], where)
    check_sign(named, milli, where)
    if milli == 0 and (named.is_cumulative or named.unit == "V"):
        return None
    kind = Kind.REGISTER if named.is_cumulative else Kind.SAMPLE
    return Value(channel, register, instant, named.quantity, kind, 0, milli, named.unit)


def frame(fields: dict[str, Any], channel: str | None, instant: datetime) -> list[Value]:
    """The readings of one frame, label by label. Raises `Refused`."""
    found = {name: amount(fields[name], name) for name in LABELS if name in fields}
    values = _values(
        (
            reading(channel, *LABELS[name], value, instant, name)
            for name, value in found.items()
            if value is not None
        )
    )
    if any(value.register == "energy_import" for value in values):
        return values
    for names in WHOLE_SETS:
        total = _sum([found.get(name) for name in names])
        if total is not None:
            return values + _values([reading(channel, "energy_import", "Wh", total, instant, "the sum")])
    return values


def _sum(tiers: list[int | Decimal | None]) -> int | Decimal | None:
    total: int | Decimal = 0
    for tier in tiers:
        if tier is None:
            return None
        total = add(total, tier, "the sum of the tiers")
    return total


def _values(found: Iterable[Value | None]) -> list[Value]:
    return [value for value in found if value is not None]
