"""Real telegrams, a Shelly and a radio box live whole days over MQTT; what is damaged is told apart."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from services.intake.codecs.crc16 import crc16
from simulators.api import Api
from simulators.fleet import Fleet
from simulators.ledger import Ledger
from simulators.publications import Device, Publication
from tests.house import House, eventually, move_in, open_coop, running

pytestmark = [pytest.mark.engines]

PARIS = ZoneInfo("Europe/Paris")
LONG_DAY = date(2025, 10, 26)
START = datetime(2025, 10, 26, tzinfo=PARIS).astimezone(UTC)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running(tmp_path_factory.mktemp("house")) as up:
        yield up


def publish(house: House, device: Device, said: list[tuple[str, bytes]]) -> None:
    with Fleet(house.endpoints["mqtt"], (device,), Ledger()) as fleet:
        fleet.publish_all(
            Publication(datetime.now(UTC), device.username, device.meter, f"{device.topic}/{tail}", raw)
            for tail, raw in said
        )


def day(api: Api, meter: str, on: date = LONG_DAY) -> tuple[object, ...] | None:
    query = {"from": on.isoformat(), "to": on.isoformat()}
    answer = api.call("GET", f"/meters/{meter}/days", query=query)
    return next(
        ((answer["quantity"], answer["unit"], row["value"], row["slots"]) for row in answer["days"]), None
    )


def at(telegram: bytes, when: datetime, night_wh: int, day_wh: int) -> bytes:
    """The same meter at another time, with other indexes, and the check sum that it then has."""
    local = when.astimezone(PARIS)
    stamp = f"{local:%y%m%d%H%M%S}{'S' if local.dst() else 'W'}".encode()
    for pattern, said in (
        (rb"(?<=0-0:1\.0\.0\()\d+[SW]", stamp),
        (rb"(?<=1-0:1\.8\.1\()[\d.]+", f"{night_wh / 1000:010.3f}".encode()),
        (rb"(?<=1-0:1\.8\.2\()[\d.]+", f"{day_wh / 1000:010.3f}".encode()),
    ):
        telegram, changes = re.subn(pattern, said, telegram)
        assert changes == 1
    whole = telegram[: telegram.rindex(b"!") + 1]
    return whole + b"%04X\r\n" % crc16(whole)


def test_a_real_meter_lives_the_day_of_fifty_half_hours_by_its_telegrams(
    house: House, shared_data: Path
) -> None:
    real = [path.read_bytes() for path in sorted((shared_data / "dsmr").glob("*.txt"))]
    kaifa = real[0]
    assert at(kaifa, datetime(2016, 11, 13, 19, 57, 57, tzinfo=UTC), 1_581_123, 1_435_706) == kaifa
    open_coop(house, "lille")
    home = move_in(house, "lille", "A1", moved_in_on=date(2016, 1, 1))
    lived = [
        ("p1", at(kaifa, START + timedelta(minutes=30 * n), 1_581_123 + 40 * n, 1_435_706 + 60 * n))
        for n in range(53)
    ]
    damaged = [("p1", raw.replace(b"1-0:1.8.1(00", b"1-0:1.8.1(01")) for raw in real]
    publish(house, home.device, lived + [("p1", raw) for raw in real[:1]] + damaged)
    resident = house.api("resident", "lille", home.person)
    eventually(lambda: day(resident, home.meter) == ("energy_import", "Wh", 50 * 100, 50))
    operator = house.api("operator", "lille")
    eventually(lambda: len(list(operator.pages("/operations/rejected", limit=200))) >= len(damaged))
    kept = list(operator.pages("/operations/rejected", limit=200))
    assert [row["reason"] for row in kept] == ["checksum"] * len(damaged)


def test_a_shelly_counts_the_whole_home_and_never_a_phase(house: House) -> None:
    open_coop(house, "nantes")
    home = move_in(house, "nantes", "B1", moved_in_on=date(2025, 1, 1))

    def status(n: int) -> bytes:
        emdata = {
            "id": 0,
            "a_total_act_energy": 900_000.5 + 10 * n,
            "total_act": 2_000_000.25 + 120.5 * n,
            "total_act_ret": 5.5,
        }
        ts = (START + timedelta(minutes=30 * n)).timestamp() + 0.5
        params = {"ts": ts, "emdata:0": emdata, "em:0": {"id": 0, "total_act_power": 241.0}}
        return json.dumps({"src": "shellypro3em", "method": "NotifyStatus", "params": params}).encode()

    said = [("shelly/online", b"true"), *(("shelly/events/rpc", status(n)) for n in range(-1, 54))]
    publish(house, home.device, said)
    resident = house.api("resident", "nantes", home.person)
    eventually(lambda: day(resident, home.meter) == ("energy_import", "Wh", 6_025, 50))
    assert not list(house.api("operator", "nantes").pages("/operations/rejected", limit=200))


def test_a_radio_box_serves_water_and_heat_by_the_meters_own_ids(house: House) -> None:
    open_coop(house, "lyon")
    fluids = [{"fluid": "water", "tariff": "base"}, {"fluid": "heat", "tariff": "base"}]
    home = move_in(house, "lyon", "C1", moved_in_on=date(2025, 1, 1), dwelling={"meters": fluids})
    water, heat = (device.meter for device in home.devices)
    staff = house.api("staff", "lyon")
    channels = {"76406477": water, "68926025": heat}
    box = staff.post("/gateways", {"coop": "lyon", "codec": "wmbusmeters", "channels": channels})
    device = Device(box["id"], box["topic"], box["mqtt_username"], box["mqtt_password"])

    def heard(n: int) -> list[tuple[str, bytes]]:
        stamp = f"{START + timedelta(minutes=30 * n):%Y-%m-%dT%H:%M:%SZ}"
        said = (
            {"media": "cold water", "meter": "multical21", "id": "76406477", "total_m3": 82.187 + n / 100},
            {"media": "heat", "meter": "sharky", "id": "68926025", "total_energy_consumption_kwh": 2651 + n,
             "total_volume_m3": 150.347 + n},
        )  # fmt: skip
        return [("wmbusmeters", json.dumps(row | {"timestamp": stamp}).encode()) for row in said]

    publish(house, device, [message for n in range(-1, 54) for message in heard(n)])
    resident = house.api("resident", "lyon", home.person)
    eventually(lambda: day(resident, water) == ("volume", "L", 500, 50))
    eventually(lambda: day(resident, heat) == ("heat", "Wh", 50_000, 50))
    assert not list(house.api("operator", "lyon").pages("/operations/rejected", limit=200))
