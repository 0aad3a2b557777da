"""What a device sends: one MQTT message, and what of it a ledger must find again."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from contracts.codes import UNIT_OF, Quantity, Unit
from simulators.meter import HalfHour, Meter, midnight


@dataclass(frozen=True)
class Publication:
    """One QoS 1 message of one device."""

    at: datetime
    """When the device sends it (UTC), in its own time: not the wall clock of a fast replay."""
    device: str
    """User name of the device that sends it."""
    meter: str
    topic: str
    payload: bytes
    readings: int = 0
    """Readings in it that a correct receiver stores."""
    registers: tuple[tuple[int, int], ...] = ()
    """(epoch seconds, cumulative Wh) of the energy register, or of the meter's own quantity in its unit.
    Where the meter was replaced it goes on from the old one's last index, whatever the new one shows."""
    fed_in: tuple[tuple[int, int], ...] = ()
    """(epoch seconds, cumulative Wh) of the register of energy fed in."""
    intervals: tuple[tuple[int, int], ...] = ()
    """(epoch seconds of the start, Wh) of the intervals of a load curve."""
    is_sound: bool = True
    """False where a fault profile spoilt it: it must end in quarantine."""
    is_retained: bool = False
    """The broker keeps it, and gives it to whoever subscribes later."""
    drops_connection: bool = False
    """The device loses its connection before sending it."""


@dataclass(frozen=True)
class Device:
    """A meter's place on the broker, as the registration answered it."""

    meter: str
    topic: str
    """Ends before the codec."""
    username: str
    password: str
    channel: str = ""
    """The device's own name of the meter, behind a gateway that serves several."""

    def topic_for(self, codec: str) -> str:
        return "/".join(filter(None, (self.topic, codec, self.channel)))


def device_of(registered: dict[str, Any]) -> Device:
    """A meter's way in, from the answer that shows its password once."""
    return Device(
        meter=registered["id"],
        topic=registered["topic"],
        username=registered["mqtt_username"],
        password=registered["mqtt_password"],
    )


def senml_day(device: Device, meter: Meter, day: date, pack: int = 1) -> Iterator[Publication]:
    """A civil day as SenML packs of `pack` half-hours: the register at each end, the peak inside each.

    The first day of the meter begins with the register at its first midnight.
    """
    halves = meter.half_hours(day)
    for first in range(0, len(halves), pack):
        group = halves[first : first + pack]
        registers = [(half.end, half.register_wh) for half in group]
        if day == meter.first_day and first == 0:
            registers.insert(0, (group[0].start, meter.index_wh))
        peaks = [(half.peak_at, half.peak_va) for half in group]
        yield senml(device, registers, peaks)


def load_curve_day(device: Device, meter: Meter, day: date) -> Iterator[Publication]:
    """A civil day as one load curve, and its highest apparent power as one SenML record."""
    halves = meter.half_hours(day)
    yield load_curve(device, midnight(day, meter.zone), meter.zone, halves)
    top = max(halves, key=lambda half: half.peak_va)
    yield senml(device, [], [(top.peak_at, top.peak_va)], at=halves[-1].end)


def senml(
    device: Device,
    registers: Sequence[tuple[datetime, int]],
    peaks: Sequence[tuple[datetime, int]],
    powers: Sequence[tuple[datetime, int]] = (),
    at: datetime | None = None,
    quantity: Quantity = Quantity.ENERGY_IMPORT,
    fed_in: Sequence[tuple[datetime, int]] = (),
) -> Publication:
    """A SenML pack (RFC 8428, absolute times) of registers of `quantity` in its unit, apparent powers in VA,
    powers in W, and registers of energy fed in."""
    records = (
        [_record(quantity, UNIT_OF[quantity], when, value) for when, value in registers]
        + [_record(Quantity.APPARENT_POWER, Unit.VA, when, value) for when, value in peaks]
        + [_record(Quantity.POWER, Unit.W, when, value) for when, value in powers]
        + [_record(Quantity.ENERGY_EXPORT, Unit.WH, when, value) for when, value in fed_in]
    )
    return Publication(
        at=at or (registers[-1][0] if registers else peaks[-1][0]),
        device=device.username,
        meter=device.meter,
        topic=device.topic_for("senml"),
        payload=compact(records),
        readings=len(records),
        registers=told(registers),
        fed_in=told(fed_in),
    )


def load_curve(
    device: Device,
    start: datetime,
    zone: str,
    halves: Sequence[HalfHour],
    step: str = "PT30M",
    quantity: Quantity = Quantity.ENERGY_IMPORT,
) -> Publication:
    """A load curve of consecutive intervals from `start`, its stamp in local time with offset; the amounts
    in the unit of `quantity`."""
    body = {
        "start": start.astimezone(ZoneInfo(zone)).isoformat(),
        "step": step,
        "quantity": quantity,
        "unit": UNIT_OF[quantity],
        "values": [half.energy_wh for half in halves],
    }
    return Publication(
        at=halves[-1].end,
        device=device.username,
        meter=device.meter,
        topic=device.topic_for("load-curve"),
        payload=compact(body),
        readings=len(halves),
        intervals=tuple((int(half.start.timestamp()), half.energy_wh) for half in halves),
    )


def told(registers: Sequence[tuple[datetime, int]]) -> tuple[tuple[int, int], ...]:
    """Registers as a ledger books them."""
    return tuple((int(when.timestamp()), value) for when, value in registers)


def _record(quantity: Quantity, unit: Unit, when: datetime, value: int) -> dict[str, Any]:
    return {"n": quantity.value, "u": unit.value, "t": int(when.timestamp()), "v": value}


def compact(body: object) -> bytes:
    """JSON without blanks."""
    return json.dumps(body, separators=(",", ":")).encode()
