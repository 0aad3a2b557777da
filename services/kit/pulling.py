"""Messages of a work queue, as many at a time as have come: one standing request, asked again when it ends.

FastStream's batches are not used: when a fetch runs out of time it may raise what FastStream does not catch
(Python's TimeoutError instead of nats-py's, versions 0.7.8 and 2.15), and what was fetched before is then
dropped unhandled until the server delivers it again.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg

from services.kit.finishing import finish

EXPIRES_SECONDS = 5.0
"""How long the server keeps a request; then it says so and is asked again."""
PAUSE_SECONDS = 0.5
"""Before asking again when the server refuses: it starts, stops, or the consumer is being made."""
_QUIET = ("404", "408")
"""Statuses of a request that ended for want of messages."""


class Pulling:
    """A durable consumer's messages. While some are handled, the next ones come."""

    def __init__(self, client: Client, stream: str, durable: str, batch: int, linger_seconds: float) -> None:
        """`linger_seconds`: how long an unfilled batch waits for company."""
        self._client = client
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable}"
        self._batch = batch
        self._linger_seconds = linger_seconds
        self.arrived: deque[Msg] = deque()
        """What has come and is not handled yet."""
        self._outstanding = 0
        self._is_refused = False
        self._news = asyncio.Event()

    async def run(self, handle: Callable[[list[Msg]], Coroutine[Any, Any, None]]) -> None:
        """Until cancelled; then what is being handled is finished, and the rest is left to others."""
        inbox = self._client.new_inbox()
        subscription = await self._client.subscribe(inbox, cb=self._take)
        try:
            while True:
                if messages := await self._next(inbox):
                    await finish(handle(messages))
        finally:
            with suppress(Exception):  # the connection may be gone
                await subscription.unsubscribe()

    async def _take(self, message: Msg) -> None:
        status = (message.headers or {}).get("Status")
        if status is None:
            self.arrived.append(message)
            self._outstanding -= 1
        else:
            self._outstanding = 0
            self._is_refused = status not in _QUIET
        self._news.set()

    async def _next(self, inbox: str) -> list[Msg]:
        """What has come, up to a batch; empty when a request has ended."""
        if self._outstanding <= 0 and len(self.arrived) < self._batch:
            await self._ask(inbox)
        if not self.arrived:
            self._news.clear()
            try:
                # A request may be lost with a connection: then it is taken for ended.
                await asyncio.wait_for(self._news.wait(), EXPIRES_SECONDS + 1)
            except TimeoutError:
                self._outstanding = 0
            if not self.arrived:
                if self._is_refused:
                    self._is_refused = False
                    await asyncio.sleep(PAUSE_SECONDS)
                return []
        if len(self.arrived) < self._batch:
            await asyncio.sleep(self._linger_seconds)
        return [self.arrived.popleft() for _ in range(min(self._batch, len(self.arrived)))]

    async def _ask(self, inbox: str) -> None:
        self._outstanding = self._batch
        wanted = {"batch": self._batch, "expires": int(EXPIRES_SECONDS * 1e9)}
        await self._client.publish(self._subject, json.dumps(wanted).encode(), reply=inbox)
