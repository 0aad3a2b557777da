"""Codec `dsmr-reader`: what DSMR-reader publishes with the field names it has by default.

Behind a gateway the electricity meter is the channel `electricity`, the meter read over M-Bus `extra_device`
(in a telegram) or `gas` (in its gas consumption); of several with a name before the rest of the topic,
`name`, `name/extra_device` and `name/gas`. A meter's topic has the electricity, or gas consumption.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from contracts.codes import Quantity, Reason
from services.intake.codecs.base import Decoded, Refused, Value, add, load_json, refusing, shown
from services.intake.codecs.naming import device_of, named
from services.intake.codecs.p1 import ELECTRICITY, values_of
from services.intake.codecs.telegram import take_apart
from services.intake.codecs.texts import decimal, is_presence, iso_instant
from services.intake.codecs.units import KW, KWH, M3, reading

EXTRA_DEVICE, GAS = "extra_device", "gas"

_REGISTERS = {
    "electricity_delivered_1": (Quantity.ENERGY_IMPORT, "t1"),
    "electricity_delivered_2": (Quantity.ENERGY_IMPORT, "t2"),
    "electricity_returned_1": (Quantity.ENERGY_EXPORT, "t1"),
    "electricity_returned_2": (Quantity.ENERGY_EXPORT, "t2"),
}
_DELIVERED, _RETURNED = "electricity_currently_delivered", "electricity_currently_returned"
# Sums and statistics made of the readings.
_NO_READING = frozenset(
    {"day-consumption", "day-totals", "meter-stats", "current-period", "current-month", "current-year",
     "period-totals", "consumption", "status"}
)  # fmt: skip
_HEADS = _NO_READING | {"dsmr", "json", "raw", "reading", "telegram"}
_NULL = (b"", b"null", b"None")


@refusing
def decode(topic_tail: str, payload: bytes, received_at: datetime) -> Decoded:
    """Values of `json`, `raw`, `reading/<field>` and `consumption/gas/json`; a leading `dsmr/` may stay."""
    device, tail = device_of(topic_tail, _HEADS)
    return named(_decode(tail.removeprefix("dsmr/"), payload, received_at), device, (ELECTRICITY,))


def _decode(tail: str, payload: bytes, received_at: datetime) -> Decoded:
    head, _, field = tail.partition("/")
    if tail == "consumption/gas/json":
        return _gas(_fields(payload), received_at)
    if head in _NO_READING or is_presence(payload):
        return []
    if tail in ("", "json"):
        return _telegram(_fields(payload), received_at)
    if tail == "raw":
        return values_of(take_apart(payload), received_at)
    if head in ("reading", "telegram") and field and "/" not in field:
        return _single(field, payload, received_at)
    raise Refused(
        Reason.UNKNOWN_TOPIC,
        f"{shown(tail)}: taken are json, reading/<field>, raw and consumption/gas/json",
    )


def _fields(payload: bytes) -> dict[str, Any]:
    """What the object says: null is absent."""
    told = load_json(payload)
    if type(told) is not dict:
        raise Refused(Reason.WRONG_SHAPE, "a reading is a JSON object")
    return {name: value for name, value in told.items() if value is not None}


def _telegram(told: dict[str, Any], received_at: datetime) -> Decoded:
    instant = received_at
    if "timestamp" in told:
        instant = iso_instant(told["timestamp"], received_at, "timestamp")
    values = [_register(name, told[name], instant) for name in _REGISTERS if name in told]
    if _DELIVERED in told and _RETURNED in told:
        drawn, fed_in = (decimal(told[name], name) for name in (_DELIVERED, _RETURNED))
        values.append(reading(Quantity.POWER, add(drawn, -fed_in, "power"), instant, "power", KW))
    if not values:
        raise Refused(
            Reason.UNKNOWN_FIELD,
            "none of DSMR-reader's own field names, such as electricity_delivered_1, is here",
        )
    values = [value._replace(channel=ELECTRICITY) for value in values]
    return values + _extra_device(told, received_at)


def _extra_device(told: dict[str, Any], received_at: datetime) -> Decoded:
    """What was read over M-Bus, at its own time. Without a possible one it is not connected (any more), which
    must not hold the electricity back."""
    name = "extra_device_delivered"
    if name not in told:
        return []
    try:
        at = iso_instant(told.get("extra_device_timestamp"), received_at, "extra_device_timestamp")
    except Refused:
        return []
    value = reading(Quantity.VOLUME, decimal(told[name], name), at, name, M3)
    return [value._replace(channel=EXTRA_DEVICE, is_aside=True)]


def _register(name: str, amount: Any, instant: datetime) -> Value:
    quantity, part = _REGISTERS[name]
    return reading(quantity, decimal(amount, name), instant, name, KWH, f"{quantity.value}.{part}")


def _single(field: str, payload: bytes, received_at: datetime) -> Decoded:
    """One field by itself: only an index can be dated by its arrival. The two halves of the power come apart,
    and what was read over M-Bus may be an hour old."""
    if field not in _REGISTERS or payload.strip() in _NULL:
        return []
    amount: str | Decimal = payload[:40].decode("ascii", "replace").strip().strip('"')
    return [_register(field, amount, received_at)._replace(channel=ELECTRICITY)]


def _gas(told: dict[str, Any], received_at: datetime) -> Decoded:
    if "delivered" not in told:
        raise Refused(
            Reason.UNKNOWN_FIELD, "delivered is missing; leave the field names as they are by default"
        )
    if "read_at" not in told:
        raise Refused(Reason.NO_TIME, "read_at is missing: gas may be read an hour before it is sent")
    at = iso_instant(told["read_at"], received_at, "read_at")
    return [
        reading(Quantity.VOLUME, decimal(told["delivered"], "delivered"), at, "delivered", M3)._replace(
            channel=GAS
        )
    ]
