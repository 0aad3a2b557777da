"""Messages that come while others are being handled are handled together next: one transaction, one sync."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Message = TypeVar("Message")


class Gathering(Generic[Message]):
    """Company for those who wait: nobody waits for company. In the order of coming."""

    def __init__(self, handle: Callable[[list[Message]], Awaitable[None]], limit: int) -> None:
        """`handle` sees to each message's end itself; at most `limit` at once."""
        self._handle = handle
        self._limit = limit
        self._waiting: deque[tuple[Message, asyncio.Future[None]]] = deque()
        self._working: asyncio.Task[None] | None = None

    async def join(self, message: Message) -> None:
        """Returns when the message was handled; raises what handling it raised."""
        handled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((message, handled))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        await handled

    async def _work(self) -> None:
        while self._waiting:
            together = [self._waiting.popleft() for _ in range(min(self._limit, len(self._waiting)))]
            try:
                await self._handle([message for message, _ in together])
            except Exception as error:
                for _, handled in together:
                    if not handled.done():
                        handled.set_exception(error)
            else:
                for _, handled in together:
                    if not handled.done():
                        handled.set_result(None)
