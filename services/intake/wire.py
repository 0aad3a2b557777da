"""The MQTT connection's socket in the event loop: paho without a thread of its own."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import paho.mqtt.client as mqtt

from services.intake.sieve import Published, Sieve

TURN_SECONDS = 0.01
"""How long reading may go on before other work of the loop gets its turn."""
PAUSE_SECONDS = 0.003
"""Between looks while messages keep coming: a look at the selector costs as much as a message."""


class SiftedClient(mqtt.Client):
    """paho behind a sieve: it connects, and sees every packet but the messages."""

    stalled: Callable[[], None]

    def _create_socket(self) -> Any:
        inner: Any = super()._create_socket()
        return Sieve(inner, self.protocol == mqtt.MQTTv5, self.stalled)


class Wire:
    """Reads and writes when the socket can, until told to hold.

    paho opens the socket on the thread that connects, hence the thread-safe calls; it closes it on the loop.
    """

    def __init__(
        self,
        client: SiftedClient,
        received: Callable[[Sequence[Published]], None],
        closed: Callable[[], None],
    ) -> None:
        """`received` is given the messages of each read; `closed` is told when the connection is gone."""
        self._client = client
        self._received = received
        self._closed = closed
        self._loop = asyncio.get_running_loop()
        self._sieve: Sieve | None = None
        self._is_held = False
        self._is_watched = False
        self._look: asyncio.Handle | None = None
        client.stalled = lambda: self._call_soon(self._write_when_possible)
        client.on_socket_open = self._on_open
        client.on_socket_close = self._on_close
        client.on_socket_register_write = lambda *_: self._call_soon(client.loop_write)

    def hold(self) -> None:
        """Leave what comes unread: the broker and the network keep it."""
        self._is_held = True
        self._stop()

    def release(self) -> None:
        """Read again, on this connection or the next one."""
        self._is_held = False
        if self._sieve is not None:
            self._look_again(0.0)

    def forget(self) -> None:
        """The connection is over, whatever state it was in."""
        self._stop()
        self._sieve = None

    def acknowledge(self, mids: Iterable[int]) -> None:
        """One PUBACK each, on the connection that is up."""
        if self._sieve is not None:
            self._sieve.acknowledge(mids)

    def _call_soon(self, work: Callable[[], Any]) -> None:
        self._loop.call_soon_threadsafe(work)

    def _on_open(self, _: mqtt.Client, __: Any, sieve: Any) -> None:
        self._call_soon(lambda: self._start(sieve))

    def _on_close(self, _: mqtt.Client, __: Any, sieve: Any) -> None:
        self._loop.remove_writer(sieve)
        self.forget()
        self._closed()

    def _start(self, sieve: Sieve) -> None:
        if sieve.fileno() >= 0:  # else it was closed again meanwhile
            self._sieve = sieve
            self._look_again(0.0)

    def _write_when_possible(self) -> None:
        if self._sieve is not None:
            self._loop.add_writer(self._sieve, self._write)

    def _write(self) -> None:
        if self._sieve is not None and self._sieve.flush():
            self._loop.remove_writer(self._sieve)

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
        if self._sieve is not None and not self._is_watched and not self._is_held:
            self._loop.add_reader(self._sieve, self._read)
            self._is_watched = True

    def _unwatch(self) -> None:
        if self._is_watched and self._sieve is not None:
            self._loop.remove_reader(self._sieve)
        self._is_watched = False

    def _read(self) -> None:
        """Read for one turn. After a turn that found messages look again soon, else wait for the selector."""
        self._look = None
        started, has_found = self._loop.time(), False
        while (sieve := self._sieve) is not None and not self._is_held:
            messages = sieve.pull()
            # First what came before or between them, such as the answer to the connection.
            while sieve.has_others:
                if self._client.loop_read() != mqtt.MQTT_ERR_SUCCESS or self._sieve is not sieve:
                    return
            if messages is None:
                break
            if messages:
                has_found = True
                self._received(messages)
            if self._loop.time() - started > TURN_SECONDS:
                self._look_again(0.0)
                return
        if self._is_held:
            return
        if has_found:
            self._look_again(PAUSE_SECONDS)
        else:
            self._watch()
