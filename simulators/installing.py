"""Puts a plan's meters into a cooperative over the HTTP API: registrations, gateways and their channels."""

from datetime import date
from random import Random
from typing import TYPE_CHECKING, Any

from contracts.codes import Fluid
from simulators import equipment
from simulators.api import Api
from simulators.common_parts import CommonPart, consumption
from simulators.counter import Counter
from simulators.lines import CommonLine, ElectricLine, Exchange, Line, RadioLine
from simulators.meter import JOULES_PER_WH, Meter
from simulators.publications import Device, device_of
from simulators.voices import Voice
from simulators.weather import Weather

if TYPE_CHECKING:
    from simulators.plans import Plan

RADIO = "wmbusmeters"


class Installer:
    """Meters and gateways of one cooperative. A gateway is registered when its first meter is there, and
    learns of further ones as they come."""

    def __init__(self, coop: str, staff: Api, weather: Weather, zone: str) -> None:
        self._coop, self._staff, self._weather, self._zone = coop, staff, weather, zone
        self._boxes: dict[tuple[str, str], dict[str, Any]] = {}

    def wanted(self, plan: "Plan") -> list[dict[str, Any]]:
        """The meters of a dwelling, as its registration takes them."""
        home = plan.home
        electricity = {
            "fluid": Fluid.ELECTRICITY,
            "subscribed_kva": home.subscribed_kva,
            "tariff": home.tariff,
            "offpeak": list(home.offpeak),
        }
        others = [
            {"fluid": fluid, "serial": equipment.radio_id(home, fluid)} for fluid in plan.equipment.radio
        ]
        return [electricity, *others]

    def lines(self, plan: "Plan", building: str, registered: list[dict[str, Any]]) -> list[Line]:
        """What speaks for the dwelling's meters, from the answer to its registration. The first is its
        electricity."""
        by_fluid = {Fluid(one["fluid"]): one for one in registered}
        found: list[Line] = [self._electric(plan, building, by_fluid[Fluid.ELECTRICITY])]
        names = {equipment.radio_id(plan.home, fluid): fluid for fluid in plan.equipment.radio}
        if names:
            channels = {name: by_fluid[fluid]["id"] for name, fluid in names.items()}
            devices = self._behind(building, RADIO, channels)
            found += [self._radio(plan, names[device.channel], device) for device in devices]
        return found

    def common(
        self, seed: int, number: int, homes: int, registered: list[dict[str, Any]], first_day: date
    ) -> list[CommonLine]:
        """A building's common parts, in the order of `CommonPart`."""
        return [
            CommonLine(
                device_of(one),
                Counter(
                    consumption(part, seed, number, homes), first_day, self._zone, per_unit=JOULES_PER_WH
                ),
            )
            for part, one in zip(CommonPart, registered, strict=True)
        ]

    def _electric(self, plan: "Plan", building: str, registered: dict[str, Any]) -> ElectricLine:
        home, own = plan.home, plan.equipment
        index_wh = Random(f"{home.seed}:index:{home.index}").randint(800_000, 38_000_000)
        meter = Meter(home, self._weather, plan.publishes_from, self._zone, index_wh)
        voice = own.voice or (
            Voice.LOAD_CURVE if plan.sends_load_curves and not home.solar_w else Voice.SENML
        )
        device = device_of(registered)
        if voice is Voice.ZLINKY:
            (device,) = self._behind(building, voice.value, {f"linky-{home.index}": device.meter})
        exchange = None
        if own.exchanged_on is not None:
            at = equipment.exchange_at(own.exchanged_on, self._zone)
            exchange = Exchange(at, meter.register_at(at))
        fed_in = equipment.fed_in(home, self._weather, plan.publishes_from, self._zone)
        return ElectricLine(device, meter, voice, fed_in, exchange)

    def _radio(self, plan: "Plan", fluid: Fluid, device: Device) -> RadioLine:
        counter = equipment.counter(plan.home, fluid, self._weather, plan.publishes_from, self._zone)
        return RadioLine(device, fluid, counter, plan.equipment.silent_from if fluid is Fluid.WATER else None)

    def _behind(self, building: str, codec: str, channels: dict[str, str]) -> list[Device]:
        """The meters as devices behind the building's gateway of that codec, by the device's own names."""
        box = self._boxes.get((building, codec))
        if box is None:
            body = {"coop": self._coop, "building": building, "codec": codec, "channels": channels}
            box = self._boxes[building, codec] = self._staff.post("/gateways", body)
        else:
            self._staff.put(f"/gateways/{box['id']}/channels", {"channels": channels, "replace": False})
        return [
            Device(meter, box["topic"], box["mqtt_username"], box["mqtt_password"], name)
            for name, meter in channels.items()
        ]
