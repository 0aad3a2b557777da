"""A closed day as one small row: values as variable-length integers, qualities and sources as runs."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from contracts.codes import Quality
from services.metering.settle import Slot, Source

_VERSION = 1
_QUALITIES: tuple[Quality, ...] = (
    Quality.MEASURED, Quality.INTERPOLATED, Quality.ESTIMATED, Quality.RECOVERED,
    Quality.SUSPECT, Quality.EDITED, Quality.MISSING,
)  # fmt: skip
"""Stored by position: append only."""
_CODE = {quality: code for code, quality in enumerate(_QUALITIES)}


def pack(slots: Sequence[Slot]) -> bytes:
    """Half-hours as bytes. Values are whole units >= 0 or None; about 100 bytes for a usual day."""
    out = bytearray((_VERSION, len(slots)))
    for slot in slots:
        _put(out, 0 if slot.value is None else slot.value + 1)
    marks = ((_CODE[slot.quality], int(slot.source), slot.is_conflict) for slot in slots)
    for (code, source, is_conflict), run in groupby(marks):
        out += bytes((code | (0x80 if is_conflict else 0), source, sum(1 for _ in run)))
    return bytes(out)


def unpack(packed: bytes) -> tuple[Slot, ...]:
    """The inverse of `pack`. A row of another version raises `ValueError`."""
    if packed[0] != _VERSION:
        raise ValueError(f"packed day of unknown version {packed[0]}")
    count, at = packed[1], 2
    values: list[int | None] = []
    for _ in range(count):
        number, at = _take(packed, at)
        values.append(number - 1 if number else None)
    slots: list[Slot] = []
    for start in range(at, len(packed), 3):
        mark, source, run = packed[start : start + 3]
        for _ in range(run):
            slots.append(Slot(values[len(slots)], _QUALITIES[mark & 0x7F], Source(source), bool(mark & 0x80)))
    return tuple(slots)


def quality_counts(slots: Iterable[Slot]) -> dict[str, int]:
    """Number of half-hours of each quality that occurs, in the order of the closed list."""
    counts = dict.fromkeys(_QUALITIES, 0)
    for slot in slots:
        counts[slot.quality] += 1
    return {quality.value: count for quality, count in counts.items() if count}


def _put(out: bytearray, number: int) -> None:
    if number < 0:
        raise ValueError("a settled value is never negative")
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)


def _take(packed: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = packed[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at
