"""Shelly's own records of each minute, which it sends and keeps for weeks: amounts, not indexes."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from contracts.codes import Reason
from services.intake.codecs.base import Refused, add, check_instant, number
from services.intake.codecs.texts import decimal, epoch_instant

MAX_ROWS = 10_000
_CIRCUIT_COLUMNS = 16
"""Of each phase or clamp: energy drawn, its fundamental, energy returned, its fundamental, then reactive
energies and the extremes of power, voltage and current."""
_DRAWN, _RETURNED = 0, 2
_LENGTHS = {"em1data": (16,), "emdata": (48, 51)}
"""51 with the three columns of the neutral's current."""

Record = tuple[datetime, int, int | Decimal, int | Decimal]
"""Start, length in seconds, energy drawn and energy returned over all phases, in Wh."""


def records(component: str, data: Any, received_at: datetime) -> Iterator[Record]:
    """Of `{"ts": start, "period": 60, "values": [[…], …]}`, or a list of these. Raises `Refused`."""
    for block in data if type(data) is list else [data]:
        if type(block) is not dict or type(block.get("values")) is not list:
            raise Refused(Reason.WRONG_SHAPE, f"{component}: data is not ts, period and values")
        start = epoch_instant(block.get("ts"), received_at, f"{component}: ts")
        step_s = _step(block.get("period"), component)
        rows = block["values"]
        if len(rows) > MAX_ROWS:
            raise Refused(Reason.TOO_LARGE, f"{component}: {len(rows)} records; the limit is {MAX_ROWS}")
        for position, row in enumerate(rows):
            at = start + timedelta(seconds=position * step_s)
            check_instant(at + timedelta(seconds=step_s), received_at, f"{component}: the end of a record")
            if type(row) is not list or len(row) not in _LENGTHS[component]:
                raise Refused(Reason.WRONG_SHAPE, f"{component}: a record has not the columns that are known")
            yield at, step_s, _sum(row, _DRAWN, component), _sum(row, _RETURNED, component)


def _step(period: Any, component: str) -> int:
    seconds = decimal(period, f"{component}: period")
    if not 60 <= seconds <= 3_600 or 86_400 % seconds:
        raise Refused(Reason.WRONG_SHAPE, f"{component}: period is not 60 seconds, nor a like length")
    return int(seconds)


def _sum(row: Sequence[Any], column: int, component: str) -> int | Decimal:
    total: int | Decimal = 0
    for at in range(column, len(row) // _CIRCUIT_COLUMNS * _CIRCUIT_COLUMNS, _CIRCUIT_COLUMNS):
        total = add(total, number(row[at], f"{component}: energy"), f"{component}: energy")
    return total
