"""Fault profiles: what real devices and networks do to a stream of publications. Pure, seeded transforms."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from simulators.publications import Publication

Fault = Callable[[Iterable[Publication], Random], Iterator[Publication]]

SHARE = 0.05
"""Share of publications that a fault touches, unless it says otherwise."""
BURST = 96
SKEW_S = 3 * 3600

GARBAGE: tuple[bytes, ...] = (
    b"",
    b"{",
    b"\xff\xfe\x00\x01",
    b"null",
    b'"meter"',
    b'[{"n":"energy_import","u":"Wh","v":12',
    b'[{"n":"energy_import","u":"Wh","t":1767225600,"v":NaN}]',
    b'[{"n":"energy_import","u":"Wh","t":1767225600,"v":-5}]',
    b'[{"n":"energy_import","u":"Wh","t":0,"v":5}]',
    b'[{"n":"energy_import","u":"Wh","t":4102444800,"v":5}]',
    b'[{"n":"energy_import","u":"furlong","t":1767225600,"v":5}]',
    b'[{"n":"mood","u":"Wh","t":1767225600,"v":5}]',
)


def duplicates(stream: Iterable[Publication], rng: Random) -> Iterator[Publication]:
    """Some messages are sent again, up to three times, as after a lost acknowledgement."""
    for one in stream:
        yield one
        if rng.random() < SHARE * 4:
            for _ in range(rng.randint(1, 3)):
                yield one


def reorder(stream: Iterable[Publication], rng: Random) -> Iterator[Publication]:
    """Messages overtake each other within a window of 24."""
    window: list[Publication] = []
    for one in stream:
        window.append(one)
        if len(window) >= 24:
            yield window.pop(rng.randrange(len(window)))
    rng.shuffle(window)
    yield from window


def gaps(stream: Iterable[Publication], rng: Random) -> Iterator[Publication]:
    """Some messages are never sent. A register that goes on loses no energy by it."""
    for one in stream:
        if rng.random() >= SHARE:
            yield one


def garbage(stream: Iterable[Publication], rng: Random) -> Iterator[Publication]:
    """Between sound messages come some that no one can read: each must be quarantined with a reason."""
    for one in stream:
        if rng.random() < SHARE:
            yield spoilt(one, rng.choice(GARBAGE))
        yield one


def skew(stream: Iterable[Publication], rng: Random) -> Iterator[Publication]:
    """One device in three has a clock that is three hours ahead: some of its instants lie in the future."""
    skewed: dict[str, bool] = {}
    for one in stream:
        if skewed.setdefault(one.device, rng.random() < 1 / 3):
            yield _shifted(one, SKEW_S)
        else:
            yield one


def reset(stream: Iterable[Publication], rng: Random) -> Iterator[Publication]:
    """Now and then a device sends its register as 0 once, then the true index again."""
    for one in stream:
        if one.registers and rng.random() < SHARE / 5:
            yield _zeroed(one)
        yield one


def burst(stream: Iterable[Publication], rng: Random) -> Iterator[Publication]:
    """Devices hold their messages while offline and send them all at once: here, every 96 of them."""
    held: list[Publication] = []
    for one in stream:
        held.append(one)
        if len(held) >= BURST:
            yield replace(held[0], drops_connection=True)
            yield from held[1:]
            held = []
    yield from held


def reconnects(stream: Iterable[Publication], rng: Random) -> Iterator[Publication]:
    """Some messages are preceded by the loss of the device's connection."""
    for one in stream:
        yield replace(one, drops_connection=True) if rng.random() < SHARE else one


def nothing(stream: Iterable[Publication], rng: Random) -> Iterator[Publication]:
    """No fault."""
    yield from stream


PROFILES: dict[str, tuple[Fault, ...]] = {
    "none": (nothing,),
    "duplicates": (duplicates,),
    "reorder": (reorder,),
    "gaps": (gaps,),
    "garbage": (garbage,),
    "skew": (skew,),
    "reset": (reset,),
    "burst": (burst,),
    "reconnects": (reconnects,),
    # A bad network that loses nothing: what is stored must equal what was published.
    "network": (duplicates, reorder, reconnects),
    "nasty": (gaps, garbage, duplicates, reorder, reconnects),
}


def apply(profile: str, stream: Iterable[Publication], seed: int) -> Iterator[Publication]:
    """The stream as it arrives under a profile. KeyError names no profile."""
    for at, fault in enumerate(PROFILES[profile]):
        stream = fault(stream, Random(f"{seed}:fault:{profile}:{at}"))
    yield from stream


def spoilt(one: Publication, payload: bytes) -> Publication:
    """The same topic with a payload that must be refused; nothing in it counts as published energy."""
    return replace(one, payload=payload, readings=0, registers=(), intervals=(), is_sound=False)


def _shifted(one: Publication, seconds: int) -> Publication:
    body = json.loads(one.payload)
    if isinstance(body, list):
        for record in body:
            record["t"] += seconds
    else:
        body["start"] = (datetime.fromisoformat(body["start"]) + timedelta(seconds=seconds)).isoformat()
    return replace(
        one,
        at=one.at + timedelta(seconds=seconds),
        payload=json.dumps(body, separators=(",", ":")).encode(),
        registers=tuple((when + seconds, value) for when, value in one.registers),
        intervals=tuple((when + seconds, value) for when, value in one.intervals),
    )


def _zeroed(one: Publication) -> Publication:
    """The pack's registers read 0, one second before the true ones; its energy is no truth."""
    body = [
        {**record, "v": 0, "t": record["t"] - 1} for record in json.loads(one.payload) if record["u"] == "Wh"
    ]
    payload = json.dumps(body, separators=(",", ":")).encode()
    return replace(one, payload=payload, readings=len(body), registers=(), intervals=())
