"""Readings as PostgreSQL's COPY takes them in its binary format: no number or instant is written as text."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from struct import Struct
from typing import NamedTuple

from services.metering.days import microseconds

Point = tuple[int, int]
"""(microseconds since 1970 UTC, thousandths of the unit)."""


class Series(NamedTuple):
    """Readings of one register of one meter that came together."""

    meter: str
    register: str
    coop: str
    quantity: str
    kind: str
    step_s: int
    codec: str
    received_at: datetime
    points: Sequence[Point]


COLUMNS = (
    "meter text, register text, instant timestamptz, coop text, quantity text, kind text, step_s int,"
    " value_milli bigint, codec text, received_at timestamptz"
)
"""Of the table that `rows` is copied into."""

_FIELDS = Struct(">h").pack(10)
_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TRAILER = Struct(">h").pack(-1)
_LENGTH = Struct(">i").pack
_INT4 = Struct(">ii").pack
_INT8 = Struct(">iq").pack
_Y2000_US = 946_684_800_000_000


def rows(series: Iterable[Series]) -> bytes:
    """All readings in the order of their keys (meter, register, instant); of two with the same key the one
    that came first is first."""
    out = [_HEADER]
    of_register = itemgetter(0, 1)
    for _, same in groupby(sorted(series, key=of_register), of_register):
        group = list(same)
        if len(group) == 1:
            head, middle, tail = _constants(group[0])
            out += [
                head + _INT8(8, us - _Y2000_US) + middle + _INT8(8, milli) + tail
                for us, milli in sorted(group[0].points, key=itemgetter(0))
            ]
            continue
        pieces = [
            (us, milli, constants)
            for constants, points in [(_constants(one), one.points) for one in group]
            for us, milli in points
        ]
        out += [
            head + _INT8(8, us - _Y2000_US) + middle + _INT8(8, milli) + tail
            for us, milli, (head, middle, tail) in sorted(pieces, key=itemgetter(0))
        ]
    out.append(_TRAILER)
    return b"".join(out)


def _constants(one: Series) -> tuple[bytes, bytes, bytes]:
    head = _FIELDS + _text(one.meter) + _text(one.register)
    middle = _text(one.coop) + _text(one.quantity) + _text(one.kind) + _INT4(4, one.step_s)
    return head, middle, _text(one.codec) + _INT8(8, microseconds(one.received_at) - _Y2000_US)


def _text(value: str) -> bytes:
    raw = _stored(value)
    return _LENGTH(len(raw)) + raw


def storable(value: str) -> str:
    """What of a text PostgreSQL takes: a codec's name has no closed pattern."""
    return _stored(value).decode()


def _stored(value: str) -> bytes:
    return value.encode("utf-8", "replace").replace(b"\x00", b"?")
