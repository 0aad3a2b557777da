"""A public MQTT address speaks TLS, and nothing else."""

import shutil
import ssl
import subprocess
import threading
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from deploy.engines import EngineError, Engines, MqttTls
from deploy.engines.ports import Ports
from services.kit import natsauth
from services.kit.settings import Settings


@pytest.fixture
def tls(tmp_path: Path) -> MqttTls:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl command to make a certificate")
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([openssl, *request.split(), *names], check=True, capture_output=True)
    return MqttTls(f"127.0.0.1:{Ports(tmp_path).take('public')}", certificate, key)


def sign_in(engines: Engines, port: int, context: ssl.SSLContext | None) -> bool:
    answered = threading.Event()
    client = paho.Client(
        CallbackAPIVersion.VERSION2, natsauth.intake_client_id(engines.secrets), protocol=paho.MQTTv311
    )
    client.username_pw_set("intake", natsauth.room_password(engines.secrets, "intake"))
    if context is not None:
        client.tls_set_context(context)
    client.on_connect = lambda *_: answered.set()
    client.connect("localhost", port)
    client.loop_start()
    admitted = answered.wait(5 if context else 1)
    client.disconnect()
    client.loop_stop()
    return admitted and client.is_connected() is False


def test_devices_outside_use_tls_and_rooms_keep_their_loopback(tmp_path: Path, tls: MqttTls) -> None:
    settings = Settings.model_construct(data_dir=tmp_path / "data")
    with Engines(settings, mqtt_tls=tls, only=("nats",)) as engines:
        port = int(tls.listen.rsplit(":", 1)[1])
        assert sign_in(engines, port, ssl.create_default_context(cafile=tls.certificate))
        assert engines.nats
        assert sign_in(engines, engines.nats.mqtt_port, None)
        with pytest.raises(ssl.SSLCertVerificationError):
            sign_in(engines, port, ssl.create_default_context())
        assert not sign_in(engines, port, None)


def test_a_certificate_that_does_not_fit_its_key_is_named(tmp_path: Path, tls: MqttTls) -> None:
    wrong = MqttTls(tls.listen, tls.certificate, tls.certificate)
    engines = Engines(Settings.model_construct(data_dir=tmp_path / "data"), mqtt_tls=wrong, only=("nats",))
    with pytest.raises(EngineError, match="certificate and key"):
        engines.start()


@pytest.mark.parametrize("address", ["8883", ":8883", "host:", "host:mqtt"])
def test_an_address_names_host_and_port(tmp_path: Path, address: str) -> None:
    with pytest.raises(EngineError, match="write host:port"):
        _ = MqttTls(address, tmp_path, tmp_path).address
