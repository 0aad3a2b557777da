"""A message as the bus delivered it: what its headers say, and that somebody is still at work on it."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from uuid import UUID

from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from services.kit.provisioning import ACK_WAIT_SECONDS


@asynccontextmanager
async def in_hand(raws: Collection[Msg]) -> AsyncIterator[None]:
    """Tells the server that work goes on, so that only what a dead process held is delivered again soon."""

    async def tell() -> None:
        while True:
            await asyncio.sleep(ACK_WAIT_SECONDS / 3)
            with suppress(NatsError):  # without a connection it is given again, which changes nothing
                for raw in list(raws):
                    if not raw.is_acked:
                        await raw.in_progress()

    telling = asyncio.create_task(tell())
    try:
        yield
    finally:
        telling.cancel()


def id_of(raw: Msg) -> UUID:
    """The event's id."""
    return UUID((raw.headers or {})["ce-id"])


def time_of(raw: Msg) -> datetime | None:
    """The business instant at which it happened; None where nobody said it."""
    told = (raw.headers or {}).get("ce-time")
    return datetime.fromisoformat(told) if told else None


def place_of(raw: Msg) -> tuple[str, int]:
    """Its stream, and its place there."""
    return raw.metadata.stream, raw.metadata.sequence.stream
