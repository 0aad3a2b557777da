"""What a network does to messages: it repeats, delays, holds and loses them. Their content stays."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from simulators.faults.base import SHARE, Memory
from simulators.publications import Publication

BURST = 96
LATEST = timedelta(days=7)
HALF_HOUR_S = 1800
STORM_EVERY = 2_000
"""Messages between two storms."""


def duplicates(stream: Iterable[Publication], memory: Memory) -> Iterator[Publication]:
    """Some messages are sent again, up to three times, as after a lost acknowledgement."""
    for one in stream:
        yield one
        if memory.rng.random() < SHARE * 4:
            for _ in range(memory.rng.randint(1, 3)):
                yield one


def reorder(stream: Iterable[Publication], memory: Memory) -> Iterator[Publication]:
    """Messages overtake each other within a window of 24."""
    window: list[Publication] = []
    for one in stream:
        window.append(one)
        if len(window) >= 24:
            yield window.pop(memory.rng.randrange(len(window)))
    memory.rng.shuffle(window)
    yield from window


def late(stream: Iterable[Publication], memory: Memory) -> Iterator[Publication]:
    """One message in five arrives up to seven days late, in any order."""
    for one in stream:
        yield from memory.due(one.at)
        if memory.rng.random() < SHARE * 4:
            arrives_at = one.at + LATEST * memory.rng.random()
            memory.hold(arrives_at, replace(one, at=arrives_at))
        else:
            yield one


def gaps(stream: Iterable[Publication], memory: Memory) -> Iterator[Publication]:
    """Some messages are never sent. A register that goes on loses no energy by it."""
    for one in stream:
        if memory.rng.random() >= SHARE:
            yield one


def burst(stream: Iterable[Publication], memory: Memory) -> Iterator[Publication]:
    """Devices hold their messages while offline and send them all at once: here, every 96 of them."""
    held: list[Publication] = []
    for one in stream:
        held.append(one)
        if len(held) >= BURST:
            yield replace(held[0], drops_connection=True)
            yield from held[1:]
            held = []
    yield from held


def half_hour(stream: Iterable[Publication], memory: Memory) -> Iterator[Publication]:
    """Every device waits for the half-hour to strike, and all of them send at once."""
    for one in stream:
        yield from memory.due(one.at)
        strikes_at = _next_half_hour(one.at)
        memory.hold(strikes_at, replace(one, at=strikes_at))


def reconnects(stream: Iterable[Publication], memory: Memory) -> Iterator[Publication]:
    """Some messages are preceded by the loss of the device's connection."""
    for one in stream:
        yield replace(one, drops_connection=True) if memory.rng.random() < SHARE else one


def storm(stream: Iterable[Publication], memory: Memory) -> Iterator[Publication]:
    """Now and then the whole network fails: every device loses its connection and comes back at once."""
    seen = memory.of("")
    for one in stream:
        seen["messages"] = seen.get("messages", 0) + 1
        storms = (seen["messages"] - 1) // STORM_EVERY
        device = memory.of(one.device)
        if device.setdefault("storms", storms) < storms:
            device["storms"] = storms
            one = replace(one, drops_connection=True)
        yield one


def _next_half_hour(at: datetime) -> datetime:
    beyond = at.timestamp() % HALF_HOUR_S
    return at + timedelta(seconds=HALF_HOUR_S - beyond if beyond else 0)
