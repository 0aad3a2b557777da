"""Senders take turns: one with many pictures keeps nobody waiting."""

import asyncio

from services.aftersales.photos.fair_turns import FairTurns


class Reader:
    """Holds each turn until the test lets it go on."""

    def __init__(self, at_once: int = 2) -> None:
        self.turns = FairTurns(at_once)
        self.reading: list[str] = []
        self.done: list[str] = []
        self._ends: dict[str, asyncio.Event] = {}

    def sends(self, sender: str, *pictures: str) -> list[asyncio.Task[None]]:
        return [asyncio.create_task(self._read(sender, one)) for one in pictures]

    async def ends(self, picture: str) -> None:
        self._ends[picture].set()
        await settled()

    async def _read(self, sender: str, picture: str) -> None:
        async with self.turns.of(sender):
            self._ends[picture] = asyncio.Event()
            self.reading.append(picture)
            await self._ends[picture].wait()
            self.reading.remove(picture)
            self.done.append(picture)


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_twenty_slow_pictures_of_one_leave_a_turn_for_another() -> None:
    reader = Reader()
    reader.sends("first", *[f"slow-{number}" for number in range(20)])
    await settled()
    assert reader.reading == ["slow-0"]
    reader.sends("second", "quick")
    await settled()
    assert reader.reading == ["slow-0", "quick"]
    await reader.ends("quick")
    assert reader.done == ["quick"]


async def test_who_waits_is_served_in_rounds() -> None:
    reader = Reader(at_once=1)
    reader.sends("a", "a1", "a2", "a3")
    await settled()
    reader.sends("b", "b1", "b2")
    reader.sends("c", "c1")
    await settled()
    for _ in range(6):
        await reader.ends(reader.reading[0])
    assert reader.done == ["a1", "a2", "b1", "c1", "a3", "b2"]


async def test_who_gives_up_takes_no_turn() -> None:
    reader = Reader()
    held = reader.sends("a", "a1")
    await settled()
    waiting = reader.sends("a", "a2", "a3")
    await settled()
    waiting[0].cancel()
    held[0].cancel()
    await settled()
    assert reader.reading == ["a3"] or reader.reading == ["a1", "a3"]
    await reader.ends("a3")
    last = reader.sends("b", "b1", "b2")
    await settled()
    await reader.ends("b1")
    await reader.ends("b2")
    await asyncio.gather(*last)
    assert reader.done[-2:] == ["b1", "b2"]


async def test_a_turn_given_to_who_just_left_goes_to_the_next() -> None:
    reader = Reader(at_once=1)
    reader.sends("a", "a1")
    await settled()
    leaving = reader.sends("b", "b1")[0]
    reader.sends("c", "c1")
    await settled()
    reader._ends["a1"].set()
    await asyncio.sleep(0)
    leaving.cancel()
    await settled()
    if "b1" in reader._ends:
        reader._ends["b1"].set()
    await settled()
    assert reader.reading == ["c1"]
