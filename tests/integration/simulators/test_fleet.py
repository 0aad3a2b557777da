"""The fleet against a real broker: separate devices, every PUBACK booked, cut connections come back."""

import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from deploy.engines.nats import _binary
from simulators import faults
from simulators.fleet import Fleet, FleetError
from simulators.ledger import Ledger
from simulators.meter import Meter
from simulators.park import park
from simulators.publications import Device, Publication, senml_day
from simulators.weather import Weather

pytestmark = pytest.mark.engines

FIRST = date(2026, 1, 5)
DEVICES = [Device(f"mtr{n}", f"meters/demo/mtr{n}", f"mtr{n}", f"secret-{n}") for n in range(6)]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A nats-server that knows the devices by password and nothing else."""
    folder = tmp_path_factory.mktemp("broker")
    port, mqtt_port = _free_port(), _free_port()
    users = ", ".join(f'{{user: "{one.username}", password: "{one.password}"}}' for one in DEVICES)
    (folder / "nats.conf").write_text(
        f'server_name: "fleet-test"\nlisten: "127.0.0.1:{port}"\n'
        f'jetstream {{ store_dir: "{folder}" }}\nmqtt {{ listen: "127.0.0.1:{mqtt_port}" }}\n'
        f'accounts {{ A {{ jetstream: enabled, users: [{users}, {{user: "ear", password: "ear"}}] }} }}\n'
    )
    log = (folder / "log").open("wb")
    server = subprocess.Popen([_binary(), "--config", folder / "nats.conf"], stderr=log)
    try:
        _wait_for(mqtt_port)
        yield f"mqtt://127.0.0.1:{mqtt_port}"
    finally:
        server.terminate()
        server.wait(10)
        log.close()


class Ear:
    """Hears all devices."""

    def __init__(self, url: str) -> None:
        self.heard: Counter[tuple[str, bytes]] = Counter()
        self._subscribed = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="ear")
        self._client.username_pw_set("ear", "ear")
        self._client.on_connect = lambda client, *_: client.subscribe("meters/#", qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = lambda _c, _u, message: self.heard.update(
            [(message.topic, message.payload)]
        )
        self._client.connect("127.0.0.1", int(url.rsplit(":", 1)[1]))
        self._client.loop_start()
        assert self._subscribed.wait(10)

    def wait_for(self, count: int, timeout_seconds: float = 60) -> None:
        end = time.monotonic() + timeout_seconds
        while len(self.heard) < count and time.monotonic() < end:
            threading.Event().wait(0.02)

    def _hear(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        self.heard[message.topic, message.payload] += 1

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def stream(days: int) -> list[Publication]:
    out: list[Publication] = []
    for device, home in zip(DEVICES, park(5, len(DEVICES)), strict=True):
        meter = Meter(home, Weather(5), FIRST, "Europe/Paris", 0)
        for offset in range(days):
            out += senml_day(device, meter, FIRST + timedelta(days=offset))
    return sorted(out, key=lambda one: one.at)


def test_everything_published_is_acknowledged_and_arrives(broker: str) -> None:
    sent = stream(2)
    ledger = Ledger()
    with closing(Ear(broker)) as ear, Fleet(broker, DEVICES, ledger) as fleet:
        fleet.publish_all(sent)
        ear.wait_for(len(sent))
        assert set(ear.heard) == {(one.topic, one.payload) for one in sent}
    assert ledger.messages == len(sent)
    assert ledger.waiting == 0


def test_fewer_connections_than_devices_is_enough(broker: str) -> None:
    ledger = Ledger()
    with Fleet(broker, DEVICES, ledger, connections=2) as fleet:
        fleet.publish_all(stream(1)[:120])
    assert ledger.messages == 120


def test_a_bad_network_loses_nothing(broker: str) -> None:
    sent = stream(1)
    ledger = Ledger()
    with closing(Ear(broker)) as ear, Fleet(broker, DEVICES, ledger) as fleet:
        fleet.publish_all(faults.apply("network", sent, 3))
        ear.wait_for(len({(one.topic, one.payload) for one in sent}))
        assert set(ear.heard) == {(one.topic, one.payload) for one in sent}
    assert ledger.waiting == 0
    clean = Ledger()
    for one in sent:
        clean.published(one)
        clean.acknowledged(one)
    assert {meter: account.energy_wh for meter, account in ledger.meters.items()} == {
        meter: account.energy_wh for meter, account in clean.meters.items()
    }


def test_a_wrong_password_is_said_clearly(broker: str) -> None:
    stranger = Device("mtr0", "meters/demo/mtr0", "mtr0", "wrong")
    with Fleet(broker, [stranger], Ledger()) as fleet, pytest.raises(FleetError, match="mtr0"):
        fleet.publish(stream(1)[0])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, timeout_seconds: float = 60) -> None:
    end = time.monotonic() + timeout_seconds
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        threading.Event().wait(0.05)
    raise TimeoutError(f"nothing listens on {port}")
