"""What real devices and gateways write: one reading of a meter in the words of each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from contracts.codes import Fluid
from simulators.publications import Device, Publication, compact, told

PER_KILO = 1000
VOLTS = 231


class Voice(StrEnum):
    """How an electricity meter is heard."""

    SENML = "senml"
    LOAD_CURVE = "load-curve"
    ZLINKY = "zlinky"
    TASMOTA = "tasmota"
    SHELLY = "shelly"
    ESPHOME = "esphome"
    """Its values have no time of their own: only ever live."""


@dataclass(frozen=True)
class Told:
    """An electricity meter at one instant."""

    at: datetime
    shown_wh: int
    """What its display shows."""
    counted_wh: int
    """What was counted at its place, the registers before an exchange with it."""
    watts: int
    va: int
    fed_in_wh: int | None = None
    """None where nothing is ever fed in."""


def zlinky(device: Device, now: Told, zone: str) -> Publication:
    """Zigbee2MQTT's message of a ZLinky on a Linky in standard mode: registers in kWh to the Wh."""
    body: dict[str, Any] = {
        "apparent_power": now.va,
        "available_power": 9,
        "current_summ_delivered": now.shown_wh / PER_KILO,
        "current_tarif": "BASE",
        "last_seen": now.at.astimezone(ZoneInfo(zone)).isoformat(),
        "linkquality": 116,
        "rms_voltage": VOLTS,
    }
    if now.fed_in_wh is not None:
        body["current_summ_received"] = now.fed_in_wh / PER_KILO
    return _electric(device, device.topic_for("zlinky"), body, now, 3 + ("current_summ_received" in body))


def tasmota(device: Device, now: Told, zone: str) -> Publication:
    """A Teleinfo device's SENSOR message: the meter's own index under CONTRACT."""
    meter = {"PH": 1, "ISUB": 45, "PSUB": 9000, "PMAX": 9000, "U1": VOLTS, "P": now.va, "W": now.watts}
    contract = {"NAME": "BASE", "PERIOD": "TH..", "CONSO": now.shown_wh}
    if now.fed_in_wh is not None:
        contract["PROD"] = now.fed_in_wh
    body = {
        "Time": now.at.astimezone(ZoneInfo(zone)).isoformat(),
        "METER": meter,
        "CONTRACT": contract,
    }
    topic = f"{device.topic_for('tasmota')}/tele/SENSOR"
    return _electric(device, topic, body, now, 4 + (now.fed_in_wh is not None))


def shelly(device: Device, now: Told, zone: str) -> Publication:
    """A Shelly's notification of what its clamps on the home's supply counted."""
    seconds = int(now.at.timestamp())
    counted = {"id": 0, "total_act": now.shown_wh}
    if now.fed_in_wh is not None:
        counted["total_act_ret"] = now.fed_in_wh
    body = {
        "src": f"shellypro3em-{device.meter[-12:].lower()}",
        "method": "NotifyStatus",
        "params": {
            "ts": seconds,
            "em:0": {"id": 0, "total_act_power": now.watts, "total_aprt_power": now.va},
            "emdata:0": counted,
        },
    }
    topic = f"{device.topic_for('shelly')}/events/rpc"
    return _electric(device, topic, body, now, 3 + (now.fed_in_wh is not None))


def esphome(device: Device, now: Told, zone: str) -> Iterator[Publication]:
    """ESPHome's sensors, one number a topic. Dated by their arrival."""
    sensors = [("east", now.shown_wh), ("sinsts", now.va)]
    if now.fed_in_wh is not None:
        sensors.append(("eait", now.fed_in_wh))
    for label, value in sensors:
        topic = f"{device.topic_for('esphome')}/sensor/linky_{label}/state"
        yield Publication(
            at=now.at, device=device.username, meter=device.meter, topic=topic, payload=b"%d" % value,
            readings=1,
            registers=told([(now.at, now.counted_wh)]) if label == "east" else (),
            fed_in=told([(now.at, value)]) if label == "eait" else (),
        )  # fmt: skip


_RADIO: dict[Fluid, tuple[str, str, str]] = {
    Fluid.WATER: ("cold water", "iperl", "total_m3"),
    Fluid.HOT_WATER: ("warm water", "minomess", "total_m3"),
    Fluid.GAS: ("gas", "unismart", "total_m3"),
    Fluid.HEAT: ("heat", "kamheat", "total_energy_consumption_kwh"),
}
"""The medium as a telegram says it, wmbusmeters' driver, and its field of the total."""


def wmbusmeters(device: Device, fluid: Fluid, at: datetime, value: int) -> Publication:
    """wmbusmeters' JSON of a telegram of the meter with the radio id `device.channel`; `value` in L or Wh."""
    media, driver, field = _RADIO[fluid]
    body = {
        "_": "telegram",
        "media": media,
        "meter": driver,
        "name": f"{fluid}-{device.channel}",
        "id": device.channel,
        field: value / PER_KILO,
        "timestamp": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "device": "rtlwmbus[00000001]",
        "rssi_dbm": -62,
    }
    return Publication(
        at=at, device=device.username, meter=device.meter, topic=f"{device.topic}/wmbusmeters",
        payload=compact(body), readings=1, registers=told([(at, value)]),
    )  # fmt: skip


def of_electricity(voice: Voice, device: Device, now: Told, zone: str) -> Sequence[Publication]:
    """What a device with one value a message says now. ValueError for one that packs many."""
    match voice:
        case Voice.ZLINKY:
            return [zlinky(device, now, zone)]
        case Voice.TASMOTA:
            return [tasmota(device, now, zone)]
        case Voice.SHELLY:
            return [shelly(device, now, zone)]
        case Voice.ESPHOME:
            return list(esphome(device, now, zone))
    raise ValueError(f"{voice} packs many readings")


def _electric(device: Device, topic: str, body: dict[str, Any], now: Told, readings: int) -> Publication:
    fed_in = [] if now.fed_in_wh is None else [(now.at, now.fed_in_wh)]
    return Publication(
        at=now.at, device=device.username, meter=device.meter, topic=topic, payload=compact(body),
        readings=readings, registers=told([(now.at, now.counted_wh)]), fed_in=told(fed_in),
    )  # fmt: skip
