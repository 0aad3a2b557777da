"""Live pages: tells each open page which of its parts changed, never what is in them. The part then asks for
itself again, with the reader's own rights."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from nats.aio.client import Client
from nats.aio.msg import Msg

from contracts.base import Event
from contracts.topics import BY_SUBJECT
from services.kit.principal import Principal
from services.portal.audience import ADDRESSED, changed

_LOG = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 15.0
"""A comment this often, so that proxies keep the line, and a look whether the session still holds."""
GATHER_SECONDS = 0.4
"""Changes within this time are told together: a burst of events is one reload."""
MOST_PAGES = 2000
"""Open streams of one portal process; beyond it pages still work, without live updates."""

Homes = Callable[[Principal], Awaitable[frozenset[str]]]
"""The occupancies a resident belongs to now."""
Check = Callable[[], Awaitable[bool]]
"""Whether the session still holds."""


@dataclass(eq=False)
class Listener:
    """One open page. What it has yet to be told is a set of names: bounded whatever happens."""

    who: Principal
    homes: frozenset[str]
    pending: set[str] = field(default_factory=set)
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class Hub:
    """Spreads the bus's events over the open pages of this process."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self._is_closed = False

    @property
    def open_pages(self) -> int:
        return len(self._listeners)

    def tell(self, event: Event) -> None:
        """Note for every page that may know of `event` which of its parts changed."""
        for listener in self._listeners:
            names = changed(event, listener.who, listener.homes)
            if names:
                listener.pending |= names
                listener.woken.set()

    def close(self) -> None:
        """End all streams, so that the server can stop; pages reconnect to the next one."""
        self._is_closed = True
        for listener in self._listeners:
            listener.woken.set()

    async def stream(self, who: Principal, homes: frozenset[str], still: Check) -> AsyncIterator[str]:
        """The text of one server-sent event stream, until the session ends or the server stops."""
        listener = Listener(who, homes)
        self._listeners.add(listener)
        try:
            yield "retry: 2000\n\n"
            while not self._is_closed:
                if not await _woken(listener.woken, HEARTBEAT_SECONDS):
                    if not await still():
                        yield _event("signed-out")
                        return
                    yield ": still here\n\n"
                    continue
                if not self._is_closed:
                    await asyncio.sleep(GATHER_SECONDS)
                names, listener.pending = listener.pending, set()
                listener.woken.clear()
                if names and not await still():
                    yield _event("signed-out")
                    return
                for name in sorted(names):
                    yield _event(name)
        finally:
            self._listeners.discard(listener)


@asynccontextmanager
async def listening(hub: Hub, client: Client) -> AsyncIterator[None]:
    """Feed the hub from the bus while the block runs. At most once is enough: a page that missed a change
    sees it at its next load."""

    async def hear(message: Msg) -> None:
        if not hub.open_pages:
            return
        try:
            hub.tell(BY_SUBJECT[message.subject].model_validate_json(message.data))
        except Exception:
            _LOG.warning("cannot tell pages of an event", exc_info=True, extra={"subject": message.subject})

    subscriptions = [await client.subscribe(subject, cb=hear) for subject in ADDRESSED]
    try:
        yield
    finally:
        hub.close()
        if client.is_connected:
            for subscription in subscriptions:
                await subscription.unsubscribe()


def _event(name: str) -> str:
    return f"event: {name}\ndata: changed\n\n"


async def _woken(event: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True
