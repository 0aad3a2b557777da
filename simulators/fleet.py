"""Publishes as many separate devices: one connection and credential each, QoS 1, every PUBACK booked."""

import selectors
import socket
import ssl
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from simulators.ledger import Ledger
from simulators.publications import Device, Publication

MAX_CONNECTIONS = 64
WINDOW = 256
"""Messages in flight over all connections: what keeps memory bounded and the broker busy."""
IN_FLIGHT_PER_DEVICE = 64
KEEPALIVE_S = 60
CONNECT_TIMEOUT_S = 10.0
ACK_TIMEOUT_S = 120.0
REFUSED_RETRIES = 3


class FleetError(Exception):
    """The broker refused a device or stopped answering."""


@dataclass
class _Link:
    client: mqtt.Client
    device: Device
    sent: dict[int, Publication]
    is_up: bool = False
    refused: str | None = None
    attempts: int = 0
    retry_at: float = 0.0


class Fleet:
    """Devices over one event loop in the caller's thread. Not thread-safe.

    `url` is `mqtt://host:port`, or `mqtts://…` with TLS verified by the system's authorities (or `ca_file`).
    At most `connections` devices are connected at once; the one unused for longest makes room.
    """

    def __init__(
        self,
        url: str,
        devices: Iterable[Device],
        ledger: Ledger,
        connections: int = MAX_CONNECTIONS,
        ca_file: str | None = None,
    ) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 1883
        self._tls = ssl.create_default_context(cafile=ca_file) if parts.scheme == "mqtts" else None
        self._devices = {device.username: device for device in devices}
        self.ledger = ledger
        self._limit = connections
        self._links: OrderedDict[str, _Link] = OrderedDict()
        self._selector = selectors.DefaultSelector()
        self._registered: dict[socket.socket, _Link] = {}
        self._in_flight = 0
        self._next_misc = 0.0

    def add(self, device: Device) -> None:
        self._devices[device.username] = device

    def publish(self, one: Publication) -> None:
        """Sends one message; returns when the window has room again, not when it is acknowledged."""
        link = self._link(one.device)
        if one.drops_connection:
            self._drop(link)
        self.ledger.published(one)
        info = link.client.publish(one.topic, one.payload, qos=1, retain=one.is_retained)
        link.sent[info.mid] = one
        self._in_flight += 1
        self._turn(0)
        self._until(lambda: self._in_flight < WINDOW, ACK_TIMEOUT_S, "the broker acknowledges nothing")

    def publish_all(self, stream: Iterable[Publication], progress: Callable[[], None] | None = None) -> None:
        """Sends a stream and waits until all of it is acknowledged."""
        for one in stream:
            self.publish(one)
            if progress is not None:
                progress()
        self.drain()

    def drain(self, timeout_seconds: float = ACK_TIMEOUT_S) -> None:
        """Waits for every outstanding PUBACK. FleetError names how many are missing."""
        self._until(lambda: self._in_flight == 0, timeout_seconds, "PUBACKs are missing")

    def idle(self, seconds: float) -> None:
        """Keeps the connections alive for a while, as a device between two readings does."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._turn(min(left, 0.2))

    def close(self) -> None:
        """Says goodbye on every connection."""
        for name in list(self._links):
            self._retire(name)
        self._selector.close()

    def __enter__(self) -> "Fleet":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- connections -----------------------------------------------------------------------------

    def _link(self, name: str) -> _Link:
        link = self._links.get(name)
        if link is None:
            while len(self._links) >= self._limit:
                self._retire(self._idlest())
            link = self._open(self._devices[name])
        self._links.move_to_end(name)
        return link

    def _idlest(self) -> str:
        """The device unused for longest, preferring one with nothing outstanding."""
        return next((name for name, link in self._links.items() if not link.sent), next(iter(self._links)))

    def _open(self, device: Device) -> _Link:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=device.username, protocol=mqtt.MQTTv311)
        client.username_pw_set(device.username, device.password)
        client.max_inflight_messages_set(IN_FLIGHT_PER_DEVICE)
        if self._tls is not None:
            client.tls_set_context(self._tls)
        link = _Link(client, device, {})
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_socket_open = self._on_socket_open
        client.on_socket_close = self._on_socket_close
        client.on_socket_register_write = self._on_register_write
        client.on_socket_unregister_write = self._on_unregister_write
        client.user_data_set(link)
        self._links[device.username] = link
        self._connect(link)
        self._until(
            lambda: link.is_up or (link.refused is not None and link.attempts > REFUSED_RETRIES),
            CONNECT_TIMEOUT_S,
            f"the broker does not answer {device.username}",
        )
        if not link.is_up:
            raise FleetError(f"the broker refused {device.username}: {link.refused}")
        return link

    def _connect(self, link: _Link) -> None:
        link.attempts += 1
        link.retry_at = time.monotonic() + min(0.1 * 2**link.attempts, 5.0)
        try:
            link.client.connect(self._host, self._port, keepalive=KEEPALIVE_S)
        except OSError as error:
            link.refused = str(error)

    def _drop(self, link: _Link) -> None:
        """Cuts the connection without a goodbye; what was unacknowledged is sent again on return."""
        sock: Any = link.client.socket()
        if sock is not None:
            link.is_up = False
            sock.shutdown(socket.SHUT_RDWR)
            link.retry_at = 0.0
            self._until(lambda: link.is_up, CONNECT_TIMEOUT_S, f"{link.device.username} cannot come back")

    def _retire(self, name: str) -> None:
        link = self._links[name]
        if link.is_up:
            self._until(lambda: not link.sent, CONNECT_TIMEOUT_S * 3, f"PUBACKs of {name} are missing")
        link.client.on_disconnect = None
        link.client.disconnect()
        while link.client.want_write():
            if link.client.loop_write() != mqtt.MQTT_ERR_SUCCESS:
                break
        # The socket is closed here rather than when the broker hangs up: a fleet may retire thousands.
        sock = link.client.socket()
        if sock is not None:
            self._forget(sock)
            sock.close()
        del self._links[name]

    # -- one turn of the loop --------------------------------------------------------------------

    def _until(self, done: Callable[[], bool], timeout_seconds: float, complaint: str) -> None:
        end = time.monotonic() + timeout_seconds
        while not done():
            if time.monotonic() > end:
                raise FleetError(f"{complaint} ({self._in_flight} unacknowledged)")
            self._turn(0.1)

    def _turn(self, wait_seconds: float) -> None:
        for key, mask in self._selector.select(wait_seconds):
            link: _Link = key.data
            if mask & selectors.EVENT_READ:
                link.client.loop_read()
            if mask & selectors.EVENT_WRITE:
                link.client.loop_write()
        now = time.monotonic()
        if now >= self._next_misc:
            self._next_misc = now + 0.05
            for link in list(self._links.values()):
                link.client.loop_misc()
                if link.client.socket() is None and now >= link.retry_at:
                    self._connect(link)

    def _on_connect(self, _c: mqtt.Client, link: Any, _f: Any, reason: Any, _p: Any) -> None:
        if reason.is_failure:
            link.refused = str(reason)
        else:
            link.is_up, link.refused, link.attempts = True, None, 0

    def _on_disconnect(self, _c: mqtt.Client, link: Any, _f: Any, reason: Any, _p: Any) -> None:
        if not link.is_up and link.refused is None:
            link.refused = str(reason)
        link.is_up = False

    def _on_publish(self, _c: mqtt.Client, link: Any, mid: int, _r: Any, _p: Any) -> None:
        one = link.sent.pop(mid, None)
        if one is not None:
            self._in_flight -= 1
            self.ledger.acknowledged(one)

    def _on_socket_open(self, _c: mqtt.Client, link: Any, sock: Any) -> None:
        self._selector.register(sock, selectors.EVENT_READ, link)
        self._registered[sock] = link

    def _on_socket_close(self, _c: mqtt.Client, _link: Any, sock: Any) -> None:
        self._forget(sock)

    def _on_register_write(self, _c: mqtt.Client, link: Any, sock: Any) -> None:
        if sock in self._registered:
            self._selector.modify(sock, selectors.EVENT_READ | selectors.EVENT_WRITE, link)

    def _on_unregister_write(self, _c: mqtt.Client, link: Any, sock: Any) -> None:
        if sock in self._registered:
            self._selector.modify(sock, selectors.EVENT_READ, link)

    def _forget(self, sock: Any) -> None:
        if self._registered.pop(sock, None) is not None:
            self._selector.unregister(sock)
