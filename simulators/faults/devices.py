"""What a device does wrong by itself: garbage, a wrong clock, a false or a true reset, silence."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from contracts.codes import Quantity
from simulators.faults.base import SHARE, Memory
from simulators.publications import Publication

SKEW_S = 3_600
DEAD_SHARE = 0.1
RESET_SHARE = 0.3
LIFE = (20, 200)
"""Messages after which a device that is to die, or to be reset, is."""
_REGISTERS = frozenset({Quantity.ENERGY_IMPORT, Quantity.VOLUME, Quantity.HEAT})
"""What the meter of a fluid counts; energy fed in stays as it is."""
OTHER_REGISTER = (2, 5)
"""What another register of the same meter reads: two fifths of the total, as an off-peak part may."""

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


def garbage(stream: Iterable[Publication], memory: Memory) -> Iterator[Publication]:
    """Between sound messages come some that no one can read: each must be quarantined with a reason."""
    for one in stream:
        if memory.rng.random() < SHARE:
            yield spoilt(one, memory.rng.choice(GARBAGE))
        yield one


def skew(stream: Iterable[Publication], memory: Memory) -> Iterator[Publication]:
    """One device in three has a clock that is up to an hour fast or slow, always by as much."""
    for one in stream:
        device = memory.of(one.device)
        if "skew_s" not in device:
            draw = memory.draw(one.device)
            device["skew_s"] = draw.choice((-1, 1)) * draw.randint(60, SKEW_S) if draw.random() < 1 / 3 else 0
        yield _shifted(one, device["skew_s"]) if device["skew_s"] else one


def glitch(stream: Iterable[Publication], memory: Memory) -> Iterator[Publication]:
    """Now and then a device sends its register as 0 once, then the true index again."""
    for one in stream:
        if one.registers and memory.rng.random() < SHARE / 5:
            yield _zeroed(one)
        yield one


def swap(stream: Iterable[Publication], memory: Memory) -> Iterator[Publication]:
    """About once a day the total carries the value of another register, and then its own again."""
    for one in stream:
        if one.registers and memory.rng.random() < SHARE / 5:
            yield _registers(one, lambda value: value * OTHER_REGISTER[0] // OTHER_REGISTER[1], is_true=False)
        else:
            yield one


def reset(stream: Iterable[Publication], memory: Memory) -> Iterator[Publication]:
    """Some registers begin again at 0 once, and go on from there: what lay between is known to nobody."""
    for one in stream:
        device = memory.of(one.device)
        if "reset_after" not in device:
            draw = memory.draw(one.device)
            device["reset_after"] = draw.randint(*LIFE) if draw.random() < RESET_SHARE else 0
        device["sent"] = device.get("sent", 0) + bool(one.registers)
        if one.registers and device["sent"] == device["reset_after"]:
            device["base_wh"] = min(value for _, value in one.registers)
        base_wh = device.get("base_wh", 0)
        yield _registers(one, lambda value: value - base_wh) if base_wh else one  # noqa: B023 - called at once


def dead(stream: Iterable[Publication], memory: Memory) -> Iterator[Publication]:
    """One device in ten dies after a while and is not heard again."""
    for one in stream:
        device = memory.of(one.device)
        if "dies_after" not in device:
            draw = memory.draw(one.device)
            device["dies_after"] = draw.randint(*LIFE) if draw.random() < DEAD_SHARE else -1
        device["sent"] = device.get("sent", 0) + 1
        if device["dies_after"] < 0 or device["sent"] <= device["dies_after"]:
            yield one


def nothing(stream: Iterable[Publication], memory: Memory) -> Iterator[Publication]:
    """No fault."""
    yield from stream


def spoilt(one: Publication, payload: bytes) -> Publication:
    """The same topic with a payload that must be refused; nothing in it counts as published energy."""
    return replace(one, payload=payload, readings=0, registers=(), intervals=(), is_sound=False)


def _shifted(one: Publication, seconds: int) -> Publication:
    """What a clock that is `seconds` fast stamps: the message still leaves at its own time."""
    if not _is_native(one):
        return one
    body = json.loads(one.payload)
    if isinstance(body, list):
        for record in body:
            record["t"] += seconds
    else:
        body["start"] = (datetime.fromisoformat(body["start"]) + timedelta(seconds=seconds)).isoformat()
    return replace(
        one,
        payload=_json(body),
        registers=tuple((when + seconds, value) for when, value in one.registers),
        intervals=tuple((when + seconds, value) for when, value in one.intervals),
    )


def _zeroed(one: Publication) -> Publication:
    """The pack's registers read 0, one second before the true ones; its energy is no truth."""
    if not _is_native(one):
        return one
    body = [{**record, "v": 0, "t": record["t"] - 1} for record in _records(one) if _is_register(record)]
    return replace(one, payload=_json(body), readings=len(body), registers=(), intervals=())


def _registers(one: Publication, of: Callable[[int], int], *, is_true: bool = True) -> Publication:
    """The pack with other register values. What is not true is no account of the meter's energy."""
    if not one.registers or not _is_native(one):
        return one
    body = [{**record, "v": of(record["v"])} if _is_register(record) else record for record in _records(one)]
    told = tuple((when, of(value)) for when, value in one.registers) if is_true else ()
    return replace(one, payload=_json(body), registers=told)


def _is_native(one: Publication) -> bool:
    """Whether the message is one that these faults know how to spoil; real devices' own words they leave."""
    return not {"senml", "load-curve"}.isdisjoint(one.topic.split("/"))


def _records(one: Publication) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = json.loads(one.payload)
    return records


def _is_register(record: dict[str, Any]) -> bool:
    return record["n"] in _REGISTERS


def _json(body: object) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()
