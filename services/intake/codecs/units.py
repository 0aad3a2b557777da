"""A device's number as a reading in our units."""

from datetime import datetime
from decimal import Decimal

from contracts.codes import UNIT_OF, Kind, Quantity, Reason
from services.intake.codecs.base import Refused, Value, to_milli

WH = W = VA = V = L = (1_000, 1)
KWH = KW = M3 = (1_000_000, 1)
MWH = (10**9, 1)
MJ = (10**9, 3_600)
GJ = (10**12, 3_600)
"""Each: thousandths of our unit in one of the device's, as a fraction."""

_REGISTERS = frozenset({Quantity.ENERGY_IMPORT, Quantity.ENERGY_EXPORT, Quantity.VOLUME, Quantity.HEAT})


def reading(
    quantity: Quantity,
    amount: int | Decimal,
    instant: datetime,
    where: str,
    ratio: tuple[int, int] = WH,
    register: str | None = None,
) -> Value:
    """The value of the quantity's register, or its momentary value.

    Raises `Refused` for what is out of range, and for a negative value of anything but power (negative when
    feeding in).
    """
    milli = to_milli(amount, ratio, where)
    is_register = quantity in _REGISTERS
    if milli < 0 and quantity is not Quantity.POWER:
        reason = Reason.NEGATIVE_REGISTER if is_register else Reason.OUT_OF_RANGE
        raise Refused(reason, f"{where} is negative")
    kind = Kind.REGISTER if is_register else Kind.SAMPLE
    name = quantity.value if register is None else register
    return Value(None, name, instant, quantity, kind, 0, milli, UNIT_OF[quantity])
