"""Which devices, fluids and events a month has, before anything exists; and who speaks for which meter."""

from datetime import date, timedelta
from itertools import count
from typing import Any

from contracts.codes import Fluid, Heating
from simulators.common_parts import CommonPart
from simulators.equipment import radio_id
from simulators.households import Home
from simulators.installing import Installer
from simulators.lines import ElectricLine, RadioLine
from simulators.park import park
from simulators.plans import HOMES_PER_BUILDING, Plan, equipped, plan
from simulators.residence import ZONE
from simulators.voices import Voice
from simulators.weather import Weather

FIRST, DAYS, SEED = date(2026, 10, 1), 35, 7


def planned(homes: list[Home], days: int = DAYS) -> list[Plan]:
    return equipped(plan(homes, FIRST, days, SEED), FIRST, days)


class Office:
    """Registers what is posted, as the HTTP API answers it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        self._numbers = count(1)

    def post(self, path: str, body: Any) -> dict[str, Any]:
        self.asked.append(("POST", path, body))
        return self.device("gateways", "gtw")

    def put(self, path: str, body: Any) -> None:
        self.asked.append(("PUT", path, body))

    def device(self, kind: str = "meters", prefix: str = "mtr") -> dict[str, Any]:
        id = f"{prefix}_{next(self._numbers)}"
        return {"id": id, "topic": f"{kind}/c/{id}", "mqtt_username": id, "mqtt_password": "x"}

    def dwelling(self, meters: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [self.device() | {"fluid": one["fluid"]} for one in meters]


def test_every_device_and_every_fluid_is_there() -> None:
    wanted = planned(park(1, 14))
    assert {one.equipment.voice for one in wanted} >= set(Voice) - {Voice.LOAD_CURVE}
    assert {fluid for one in wanted for fluid in one.equipment.radio} == set(Fluid) - {Fluid.ELECTRICITY}
    assert sum(one.home.solar_w > 0 for one in wanted) == 1


def test_most_buildings_have_electricity_meters_only(homes: list[Home]) -> None:
    for one in planned(homes):
        assert bool(one.building % 3) <= (one.equipment.radio == () and one.equipment.voice is None)


def test_a_home_has_the_meters_of_what_it_is_supplied_with(homes: list[Home]) -> None:
    for one in planned(homes):
        if one.equipment.radio:
            assert (Fluid.GAS in one.equipment.radio) == (one.home.heating is Heating.GAS)
            shared = one.home.heating in (Heating.COLLECTIVE, Heating.DISTRICT)
            assert (Fluid.HEAT in one.equipment.radio) == shared


def test_a_meter_is_replaced_and_one_falls_silent_while_somebody_lives_there(homes: list[Home]) -> None:
    for days in (5, 8, 35):
        wanted = planned(homes, days)
        exchanged = [one for one in wanted if one.equipment.exchanged_on]
        silent = [one for one in wanted if one.equipment.silent_from]
        assert exchanged
        assert silent
        for one in exchanged:
            assert one.equipment.voice is Voice.SENML
        for one in silent:
            assert Fluid.WATER in one.equipment.radio
        for one in exchanged + silent:
            on = one.equipment.exchanged_on or one.equipment.silent_from
            assert on is not None
            assert one.publishes_from < on < FIRST + timedelta(days=days)


def test_nothing_happens_to_meters_in_a_single_day(homes: list[Home]) -> None:
    for one in planned(homes, 1):
        assert one.equipment.exchanged_on is None
        assert one.equipment.silent_from is None


def test_radio_ids_are_each_meter_s_own(homes: list[Home]) -> None:
    ids = [radio_id(home, fluid) for home in homes for fluid in Fluid]
    assert len(set(ids)) == len(ids)
    assert {len(id) for id in ids} == {8}


def test_the_same_seed_equips_the_same_park(homes: list[Home]) -> None:
    assert planned(homes) == planned(homes)
    assert planned(homes)[:10] == planned(homes[:10])


def test_one_box_of_each_kind_serves_a_building_and_learns_of_its_meters(weather: Weather) -> None:
    office: Any = Office()
    installer = Installer("c", office, weather, ZONE)
    lines = [
        line
        for one in planned(park(1, HOMES_PER_BUILDING))
        for line in installer.lines(one, "bld_1", office.dwelling(installer.wanted(one)))
    ]
    opened = [body["codec"] for verb, path, body in office.asked if (verb, path) == ("POST", "/gateways")]
    assert sorted(opened) == ["wmbusmeters", "zlinky"]
    mapped = {name: meter for _, _, body in office.asked for name, meter in body["channels"].items()}
    behind = {line.device.channel: line.device.meter for line in lines if line.device.channel}
    assert behind == mapped
    assert len({line.device.meter for line in lines}) == len(lines)
    radio = [line for line in lines if isinstance(line, RadioLine)]
    assert len({line.device.username for line in radio}) == 1
    zlinky = [line for line in lines if isinstance(line, ElectricLine) and line.voice is Voice.ZLINKY]
    assert {line.device.topic_for("zlinky").split("/")[-2] for line in zlinky} == {"zlinky"}


def test_common_parts_are_metered_in_their_order(weather: Weather) -> None:
    office: Any = Office()
    registered = [office.device() for _ in CommonPart]
    installer = Installer("c", office, weather, ZONE)
    lines = installer.common(SEED, 0, HOMES_PER_BUILDING, registered, FIRST)
    assert [line.device.meter for line in lines] == [one["id"] for one in registered]
    day = [sum(half.energy_wh for half in line.counter.half_hours(FIRST)) for line in lines]
    assert len(set(day)) == len(CommonPart)
