"""The MQTT connection's socket in the event loop: paho without a thread of its own."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as mqtt

TURN_SECONDS = 0.01
"""How long reading may go on before other work of the loop gets its turn."""
PAUSE_SECONDS = 0.003
"""Between looks while messages keep coming: a look at the selector costs as much as a message."""


class Wire:
    """Reads and writes when the socket can, until told to hold.

    paho opens the socket on the thread that connects, hence the thread-safe calls; it closes it on the loop.
    """

    def __init__(self, client: mqtt.Client, received: Callable[[], int], closed: Callable[[], None]) -> None:
        """`received` counts the messages so far; `closed` is told when the connection is gone."""
        self._client = client
        self._received = received
        self._closed = closed
        self._loop = asyncio.get_running_loop()
        self._socket: socket.socket | None = None
        self._is_held = False
        self._is_watched = False
        self._look: asyncio.Handle | None = None
        client.on_socket_open = self._on_open
        client.on_socket_close = self._on_close
        client.on_socket_register_write = self._on_register_write
        client.on_socket_unregister_write = self._on_unregister_write

    def hold(self) -> None:
        """Leave what comes unread: the broker and the network keep it."""
        self._is_held = True
        self._stop()

    def release(self) -> None:
        """Read again, on this connection or the next one."""
        self._is_held = False
        if self._socket is not None:
            self._look_again(0.0)

    def forget(self) -> None:
        """The connection is over, whatever state it was in."""
        self._stop()
        self._socket = None

    def _on_open(self, _: mqtt.Client, __: Any, sock: Any) -> None:
        self._loop.call_soon_threadsafe(self._start, sock)

    def _on_close(self, _: mqtt.Client, __: Any, sock: Any) -> None:
        self._loop.remove_writer(sock)
        self.forget()
        self._closed()

    def _on_register_write(self, _: mqtt.Client, __: Any, sock: Any) -> None:
        self._loop.call_soon_threadsafe(self._start_writing, sock)

    def _on_unregister_write(self, _: mqtt.Client, __: Any, sock: Any) -> None:
        self._loop.remove_writer(sock)

    def _start(self, sock: socket.socket) -> None:
        if sock.fileno() >= 0:  # else it was closed again meanwhile
            self._socket = sock
            self._look_again(0.0)

    def _start_writing(self, sock: socket.socket) -> None:
        if sock.fileno() >= 0:
            self._loop.add_writer(sock, self._client.loop_write)

    def _stop(self) -> None:
        if self._look is not None:
            self._look.cancel()
            self._look = None
        self._unwatch()

    def _look_again(self, seconds: float) -> None:
        self._unwatch()
        if self._look is None and not self._is_held:
            self._look = self._loop.call_later(seconds, self._read)

    def _watch(self) -> None:
        if self._socket is not None and not self._is_watched and not self._is_held:
            self._loop.add_reader(self._socket, self._read)
            self._is_watched = True

    def _unwatch(self) -> None:
        if self._is_watched and self._socket is not None:
            self._loop.remove_reader(self._socket)
        self._is_watched = False

    def _read(self) -> None:
        """Read for one turn. After a turn that found messages look again soon, else wait for the selector."""
        self._look = None
        started, at_start = self._loop.time(), self._received()
        while True:
            before = self._received()
            if self._client.loop_read() != mqtt.MQTT_ERR_SUCCESS or self._socket is None or self._is_held:
                return
            if self._received() == before:
                break
            if self._loop.time() - started > TURN_SECONDS:
                self._look_again(0.0)
                return
        # TLS may have deciphered more than was read, of which the selector knows nothing.
        pending = getattr(self._socket, "pending", None)
        if self._received() > at_start or (pending is not None and pending()):
            self._look_again(PAUSE_SECONDS)
        else:
            self._watch()
