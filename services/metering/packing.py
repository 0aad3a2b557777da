"""A closed day as one small row: values in as few bits as the day needs, qualities and sources as runs.

Most half-hours of a day fit a narrow field; the few that do not keep their upper bits apart. On real and
on generated days this takes seven tenths of variable-length integers, and is faster to read.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

from contracts.codes import Quality
from services.metering.settle import Slot, Source

_VERSION = 2
_OF_BYTES = 1
"""The version before: each value as a variable-length integer. Still read."""
_QUALITIES: tuple[Quality, ...] = (
    Quality.MEASURED, Quality.INTERPOLATED, Quality.ESTIMATED, Quality.RECOVERED,
    Quality.SUSPECT, Quality.EDITED, Quality.MISSING,
)  # fmt: skip
"""Stored by position: append only."""
_WIDE_AT_MOST = 14
"""So many values may be wider than the field: more never pay."""
_CODE = {quality: code for code, quality in enumerate(_QUALITIES)}


def pack(slots: Sequence[Slot]) -> bytes:
    """Half-hours as bytes. Values are whole units >= 0 or None; about 65 bytes for a usual day."""
    out = _values([0 if slot.value is None else slot.value + 1 for slot in slots])
    marks = ((_CODE[slot.quality], int(slot.source), slot.is_conflict) for slot in slots)
    for (code, source, is_conflict), run in groupby(marks):
        out += bytes((code | (0x80 if is_conflict else 0), source, sum(1 for _ in run)))
    return bytes(out)


def pack_whole(values: Sequence[int], source: Source) -> bytes:
    """`pack` of half-hours that are all measured, and by one source."""
    out = _values([value + 1 for value in values])
    out += bytes((_CODE[Quality.MEASURED], int(source), len(values)))
    return bytes(out)


def unpack(packed: bytes) -> tuple[Slot, ...]:
    """The inverse of `pack`. A row of another version raises `ValueError`."""
    if packed[0] == _OF_BYTES:
        numbers, at = _numbers_of_bytes(packed)
    elif packed[0] == _VERSION:
        numbers, at = _numbers(packed)
    else:
        raise ValueError(f"packed day of unknown version {packed[0]}")
    values = [number - 1 if number else None for number in numbers]
    slots: list[Slot] = []
    for start in range(at, len(packed), 3):
        mark, source, run = packed[start : start + 3]
        quality, origin, is_conflict = _QUALITIES[mark & 0x7F], Source(source), bool(mark & 0x80)
        first = len(slots)
        slots += [Slot(value, quality, origin, is_conflict) for value in values[first : first + run]]
    return tuple(slots)


def quality_counts(slots: Iterable[Slot]) -> dict[str, int]:
    """Number of half-hours of each quality that occurs, in the order of the closed list."""
    counts = dict.fromkeys(_QUALITIES, 0)
    for slot in slots:
        counts[slot.quality] += 1
    return {quality.value: count for quality, count in counts.items() if count}


def _values(values: Sequence[int]) -> bytearray:
    """Head and values of a packed day: 0 stands for None, all others are one more than they were."""
    if values and min(values) < 0:
        raise ValueError("a settled value is never negative")
    width, wide = _narrowest(values)
    bits = 0
    if wide:
        field = (1 << width) - 1
        for value in reversed(values):
            bits = bits << width | value & field
    else:
        for value in reversed(values):
            bits = bits << width | value
    out = bytearray((_VERSION, len(values), width, len(wide)))
    out += bits.to_bytes(_bytes_of(len(values), width), "little")
    for index in wide:
        out.append(index)
        _put(out, values[index] >> width)
    return out


def _narrowest(values: Sequence[int]) -> tuple[int, list[int]]:
    """The field's width in bits that makes the whole shortest, and which values are wider than it."""
    lengths = [value.bit_length() for value in values]
    longest = sorted(lengths, reverse=True)
    width = longest[0] if longest else 0
    best = _bytes_of(len(values), width)
    for number, candidate in enumerate(longest[1:_WIDE_AT_MOST], 1):
        if candidate < longest[number - 1]:
            rest = sum([1 + (length - candidate + 6) // 7 for length in longest[:number]])
            if (size := _bytes_of(len(values), candidate) + rest) < best:
                best, width = size, candidate
    return width, [index for index, length in enumerate(lengths) if length > width] if longest else []


def _bytes_of(count: int, width: int) -> int:
    return (count * width + 7) // 8


def _numbers(packed: bytes) -> tuple[list[int], int]:
    count, width, wide = packed[1], packed[2], packed[3]
    at = 4 + _bytes_of(count, width)
    bits, field = int.from_bytes(packed[4:at], "little"), (1 << width) - 1
    numbers = [bits >> shift & field for shift in range(0, count * width, width)] if width else [0] * count
    for _ in range(wide):
        index = packed[at]
        upper, at = _take(packed, at + 1)
        numbers[index] |= upper << width
    return numbers, at


def _numbers_of_bytes(packed: bytes) -> tuple[list[int], int]:
    at = 2
    numbers: list[int] = []
    for _ in range(packed[1]):
        number, at = _take(packed, at)
        numbers.append(number)
    return numbers, at


def _put(out: bytearray, number: int) -> None:
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
