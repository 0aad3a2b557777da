"""MQTT over TLS on a public address, as an engine: a process that passes the bytes on to the broker.

A process of its own, so that what the public address meets stays away from everything else; the broker's own
TLS would leave no plain listener for the rooms on loopback.
"""

import signal
import ssl
import sys
from dataclasses import dataclass
from pathlib import Path

from deploy.engines.child import Child, EngineError, without_settings
from deploy.engines.nats import Nats
from deploy.words import _


@dataclass(frozen=True)
class MqttTls:
    """A public MQTT listener: `host:port` (IPv6: `[::]:8883`) with a certificate chain and its key (PEM)."""

    listen: str
    certificate: Path
    key: Path

    @property
    def address(self) -> tuple[str, int]:
        host, _colon, port = self.listen.rpartition(":")
        if not host or not port.isdigit():
            raise EngineError(
                _("{listen} is not an address: write host:port, for example 0.0.0.0:8883").format(
                    listen=self.listen
                )
            )
        return host.strip("[]"), int(port)


class MqttTlsListener:
    """The relay to `broker`, which starts before it."""

    name = "mqtt-tls"

    def __init__(self, data_dir: Path, tls: MqttTls, broker: Nats) -> None:
        self._tls = tls
        self._child = Child(self.name, data_dir.absolute(), death_signal=signal.SIGKILL)
        self._broker = broker

    @property
    def pid(self) -> int | None:
        return self._child.pid

    def start(self) -> None:
        host, port = self._tls.address
        try:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(self._tls.certificate, self._tls.key)
        except (OSError, ssl.SSLError) as error:
            raise EngineError(
                _("the certificate and key for {listen} do not work: {error}").format(
                    listen=self._tls.listen, error=error
                )
            ) from error
        arguments: list[str | Path] = [
            host,
            str(port),
            str(self._broker.mqtt_port),
            self._tls.certificate,
            self._tls.key,
        ]
        self._child.start(
            [sys.executable, "-m", "deploy.engines.mqtt_relay", *arguments], env=without_settings()
        )
        self._child.wait_until(self._is_open, 10)

    def stop(self, patience_seconds: float = 1) -> None:
        self._child.stop(signal.SIGTERM, patience_seconds)

    def is_healthy(self) -> bool:
        return self._child.pid is not None

    def _is_open(self) -> bool:
        return "listening" in self._child.last_words()
