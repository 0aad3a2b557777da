"""What runs for ever ends when it is told to, even if it overhears the first time."""

import asyncio

from services.kit.finishing import end


async def test_a_task_that_swallows_a_cancellation_is_ended_all_the_same() -> None:
    overheard = 0

    async def deaf_once() -> None:
        nonlocal overheard
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                overheard += 1
                if overheard > 1:
                    raise

    task = asyncio.create_task(deaf_once())
    await asyncio.sleep(0)
    await end([task], patience_seconds=0.01)
    assert task.cancelled()
    assert overheard == 2
