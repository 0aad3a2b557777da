"""Turns at something few may do at a time: who waits is served in rounds, one of each sender."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class FairTurns:
    """So many at once, of one sender always one less: whoever sends much leaves room for the others."""

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._most_each = max(1, at_once - 1)
        self._held: dict[str, int] = {}
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def of(self, sender: str) -> AsyncIterator[None]:
        """Hold a turn, once it comes."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(sender, deque()).append(turn)
        self._hand_out()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give_back(sender)
            else:
                self._forget(sender, turn)
            raise
        try:
            yield
        finally:
            self._give_back(sender)

    def _hand_out(self) -> None:
        """To the senders in the order of their rounds: who got one goes to the end."""
        for sender in list(self._waiting):
            if not self._free:
                return
            if self._held.get(sender, 0) >= self._most_each:
                continue
            turn = self._waiting[sender].popleft()
            self._waiting.move_to_end(sender)
            if not self._waiting[sender]:
                del self._waiting[sender]
            self._free -= 1
            self._held[sender] = self._held.get(sender, 0) + 1
            turn.set_result(None)

    def _give_back(self, sender: str) -> None:
        self._free += 1
        self._held[sender] -= 1
        if not self._held[sender]:
            del self._held[sender]
        self._hand_out()

    def _forget(self, sender: str, turn: asyncio.Future[None]) -> None:
        self._waiting[sender].remove(turn)
        if not self._waiting[sender]:
            del self._waiting[sender]
