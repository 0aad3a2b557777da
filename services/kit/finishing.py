"""How work ends when a room is told to stop: what is in hand is finished, what runs for ever is ended."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


async def finish(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`. Cancelled meanwhile, it ends `work` first and is cancelled then."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


async def end(tasks: Iterable[asyncio.Task[Any]], patience_seconds: float = 1.0) -> None:
    """Cancel tasks until all have ended.

    Once is not enough before Python 3.12: `asyncio.wait_for` swallows a cancellation that comes as its
    future completes, and a task that runs for ever goes on (the publish of a tick did, in a test).
    """
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=patience_seconds)
