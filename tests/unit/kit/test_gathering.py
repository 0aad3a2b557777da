"""Messages handled together: those that come meanwhile, in order, and nobody waits for company."""

import asyncio

import pytest

from services.kit.gathering import Gathering


async def test_what_comes_while_others_are_handled_is_handled_together_next() -> None:
    handled: list[list[int]] = []
    go_on = asyncio.Event()

    async def handle(messages: list[int]) -> None:
        handled.append(messages)
        await go_on.wait()

    gathering = Gathering(handle, limit=3)
    joined = [asyncio.create_task(gathering.join(number)) for number in range(6)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert handled == [[0, 1, 2]]
    joined.append(asyncio.create_task(gathering.join(6)))
    go_on.set()
    await asyncio.gather(*joined)
    assert handled == [[0, 1, 2], [3, 4, 5], [6]]


async def test_one_alone_does_not_wait_and_a_later_one_begins_again() -> None:
    handled: list[list[int]] = []

    async def handle(messages: list[int]) -> None:
        handled.append(messages)

    gathering = Gathering(handle, limit=8)
    await gathering.join(1)
    await gathering.join(2)
    assert handled == [[1], [2]]


async def test_who_joined_hears_what_went_wrong_and_the_next_are_handled() -> None:
    async def handle(messages: list[int]) -> None:
        if 1 in messages:
            raise OSError("away")

    gathering = Gathering(handle, limit=1)
    results = await asyncio.gather(*(gathering.join(n) for n in (1, 2)), return_exceptions=True)
    assert isinstance(results[0], OSError)
    assert results[1] is None
    with pytest.raises(OSError, match="away"):
        await gathering.join(1)
