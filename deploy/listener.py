"""The public HTTP listener: connections that dawdle over their headers are closed (slowloris)."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 15.0
"""For a whole request head, from the connection or the last answer on. h11 bounds its size to 64 KiB."""


class Listener(H11Protocol):
    """uvicorn times only the pause between two requests, not the first head nor one that trickles in."""

    _dawdling: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        super().connection_lost(exc)

    def _watch(self) -> None:
        """The clock runs from the first byte of a head, or from its absence, until the head is whole."""
        if self._is_answering():
            self._rest()
        elif self._dawdling is None:
            self._dawdling = self.loop.call_later(HEAD_SECONDS, self._close)

    def _is_answering(self) -> bool:
        cycle = self.cycle
        return cycle is not None and not cycle.response_complete

    def _close(self) -> None:
        self._dawdling = None
        if not self._is_answering() and not self.transport.is_closing():
            self.transport.close()

    def _rest(self) -> None:
        if self._dawdling is not None:
            self._dawdling.cancel()
            self._dawdling = None
