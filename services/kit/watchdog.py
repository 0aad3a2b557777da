"""Ends a process whose event loop has stopped turning, so that the supervisor can start a live one."""

import asyncio
import faulthandler
import logging
import os
import threading
import time

from services.kit.metrics import LOOP_LAG

_LOG = logging.getLogger(__name__)


class Watchdog:
    """A thread that expects the loop to breathe at least every `limit_seconds`."""

    def __init__(self, room: str, limit_seconds: float = 60.0) -> None:
        self._room = room
        self._limit = limit_seconds
        self._breath = time.monotonic()
        self._is_over = threading.Event()

    async def breathe(self) -> None:
        """Run on the loop until cancelled: a room that has ended owes no breath."""
        threading.Thread(target=self._watch, daemon=True, name="watchdog").start()
        lag = LOOP_LAG.labels(self._room)
        try:
            while True:
                before = time.monotonic()
                self._breath = before
                await asyncio.sleep(1.0)
                lag.set(max(0.0, time.monotonic() - before - 1.0))
        finally:
            self._is_over.set()

    def _watch(self) -> None:
        while not self._is_over.wait(self._limit / 4):
            if time.monotonic() - self._breath > self._limit:
                _LOG.critical("the event loop has stopped; ending this process")
                faulthandler.dump_traceback()
                os._exit(70)
