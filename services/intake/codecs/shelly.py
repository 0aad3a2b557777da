"""Codec `shelly`: energy meters of Shelly by their MQTT prefix, the second generation and later.

Each measuring circuit of the device is a channel: `em:0` (three phases as one), `em1:0`, `em1:1` (clamps),
`emeter:0` (clamps of the first generation). A meter's topic has the first of a device; its others, and all of
the first generation, which does not tell whether its clamps belong together, need a gateway. Several devices
behind one are told apart by a name before the rest of the topic: `garage` for the first circuit of that one,
`garage/em1:1` for another.
"""

import re
from datetime import datetime
from typing import Any

from contracts.codes import Kind, Quantity, Reason
from services.intake.codecs.base import Decoded, Refused, Value, load_json, number, refusing, shown
from services.intake.codecs.naming import device_of, named
from services.intake.codecs.shelly_records import records
from services.intake.codecs.texts import decimal, epoch_instant
from services.intake.codecs.units import reading

_COMPONENT = re.compile(r"(em|emdata|em1|em1data):(\d{1,2})", re.ASCII)
_FIRST_GENERATION = re.compile(r"emeter/(\d{1,2})/([a-z_]+)", re.ASCII)
_NO_READING = frozenset(
    {"online", "announce", "info", "command", "rpc", "debug", "relay", "input", "input_event"}
)
_HEADS = _NO_READING | {"events", "status", "emeter"}
_FIRST = ("em:0", "em1:0")
_NOTIFICATIONS = ("NotifyStatus", "NotifyFullStatus")

# Fields by component. The phases (`a_…`) are parts of what `total_…` says.
_FIELDS: dict[str, tuple[tuple[str, Quantity], ...]] = {
    "em": (("total_act_power", Quantity.POWER), ("total_aprt_power", Quantity.APPARENT_POWER)),
    "emdata": (("total_act", Quantity.ENERGY_IMPORT), ("total_act_ret", Quantity.ENERGY_EXPORT)),
    "em1": (
        ("act_power", Quantity.POWER), ("aprt_power", Quantity.APPARENT_POWER), ("voltage", Quantity.VOLTAGE),
    ),
    "em1data": (
        ("total_act_energy", Quantity.ENERGY_IMPORT), ("total_act_ret_energy", Quantity.ENERGY_EXPORT),
    ),
}  # fmt: skip
_SCALARS = {
    "power": Quantity.POWER,
    "voltage": Quantity.VOLTAGE,
    "total": Quantity.ENERGY_IMPORT,
    "total_returned": Quantity.ENERGY_EXPORT,
}
_OTHER_SCALARS = frozenset({"pf", "current", "reactive_power", "energy", "returned_energy"})


@refusing
def decode(topic_tail: str, payload: bytes, received_at: datetime) -> Decoded:
    """Values of `events/rpc` (at `params.ts`), `status/<component>` and `emeter/<n>/<field>` (at arrival)."""
    device, tail = device_of(topic_tail, _HEADS)
    return named(_decode(tail, payload, received_at), device, _FIRST)


def _decode(topic_tail: str, payload: bytes, received_at: datetime) -> Decoded:
    head, _, rest = topic_tail.partition("/")
    if head in _NO_READING:
        return []
    if match := _FIRST_GENERATION.fullmatch(topic_tail):
        return _scalar(int(match[1]), match[2], payload, received_at)
    if head == "status":
        if rest and not _COMPONENT.fullmatch(rest):
            return _nothing_of(rest)
        status = load_json(payload)
        return _status({rest: status} if rest else status, received_at)
    if topic_tail in ("", "events/rpc"):
        return _event(load_json(payload), received_at)
    raise Refused(
        Reason.UNKNOWN_TOPIC, f"{shown(topic_tail)}: a Shelly publishes to events/rpc and status/<component>"
    )


def _event(frame: Any, received_at: datetime) -> Decoded:
    if type(frame) is not dict or type(frame.get("params")) is not dict:
        raise Refused(Reason.WRONG_SHAPE, "a Shelly notification is an object with method and params")
    method, params = frame.get("method"), frame["params"]
    if method in _NOTIFICATIONS:
        # A clock that was never set says null; the frame is fresh all the same.
        told = params.get("ts")
        instant = received_at if told is None else epoch_instant(told, received_at, "ts")
        return _status({name: status for name, status in params.items() if name != "ts"}, instant)
    if method == "NotifyEvent":
        return _records(params, received_at)
    raise Refused(Reason.WRONG_SHAPE, "method is none of NotifyStatus, NotifyFullStatus, NotifyEvent")


def _status(components: Any, instant: datetime) -> Decoded:
    if type(components) is not dict:
        raise Refused(Reason.WRONG_SHAPE, "a status is an object")
    values: Decoded = []
    for name, status in components.items():
        if (match := _COMPONENT.fullmatch(name)) is None:
            _nothing_of(name)
            continue
        if type(status) is not dict:
            raise Refused(Reason.WRONG_SHAPE, f"{name} is not an object")
        _refuse_failure(status, name)
        for field, quantity in _FIELDS[match[1]]:
            # A status may be partial: what is absent did not change, and null was not measured.
            if (amount := status.get(field)) is None:
                continue
            where = f"{name}: {field}"
            value = reading(quantity, number(amount, where), instant, where)
            if quantity is Quantity.VOLTAGE and value.value_milli == 0:
                continue  # no wire on it: a device without voltage says nothing
            values.append(_placed(value, match[1], int(match[2])))
    return values


def _placed(value: Value, component: str, number: int) -> Value:
    """The value under its circuit's channel: an index and its power belong together."""
    return value._replace(channel=f"{component.removesuffix('data')}:{number}", is_aside=number != 0)


def _records(params: dict[str, Any], received_at: datetime) -> Decoded:
    events = params.get("events")
    if type(events) is not list:
        raise Refused(Reason.WRONG_SHAPE, "events is not a list")
    values: Decoded = []
    for event in events:
        if type(event) is not dict:
            raise Refused(Reason.WRONG_SHAPE, "an event is not an object")
        name = event.get("component")
        match = _COMPONENT.fullmatch(name) if type(name) is str else None
        if match is None or event.get("event") != "data" or not match[1].endswith("data"):
            continue
        for start, step_s, imported, exported in records(match[1], event.get("data"), received_at):
            for quantity, amount in (
                (Quantity.ENERGY_IMPORT, imported),
                (Quantity.ENERGY_EXPORT, exported),
            ):
                value = reading(quantity, amount, start, match[0], register=f"{quantity.value}@{step_s}")
                value = value._replace(kind=Kind.INTERVAL, step_s=step_s)
                values.append(_placed(value, match[1], int(match[2])))
    return values


def _scalar(clamp: int, field: str, payload: bytes, received_at: datetime) -> Decoded:
    if field in _OTHER_SCALARS:
        return []
    if (quantity := _SCALARS.get(field)) is None:
        raise Refused(Reason.UNKNOWN_QUANTITY, f"emeter/{clamp}/{shown(field)} is not known")
    where = f"emeter/{clamp}/{field}"
    amount = decimal(payload.decode("ascii", "replace"), where)
    return [reading(quantity, amount, received_at, where)._replace(channel=f"emeter:{clamp}", is_aside=True)]


def _nothing_of(component: str) -> Decoded:
    if component.startswith("pm1:"):
        raise Refused(
            Reason.UNKNOWN_QUANTITY,
            f"{shown(component)} measures an appliance; meters are em and em1",
        )
    return []


def _refuse_failure(status: dict[str, Any], name: str) -> None:
    errors = status.get("errors")
    if type(errors) is list and "power_meter_failure" in errors:
        raise Refused(Reason.OUT_OF_RANGE, f"{name}: the device says power_meter_failure")
