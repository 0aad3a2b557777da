"""A recording's readings as the messages of a device: what arrived together is sent together again."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from contracts.codes import UNIT_OF, Kind, Quantity
from simulators.publications import Device, Publication

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Recorded = dict[str, Any]
"""`received_at, register, quantity, kind, step_s, instant, value_milli` of one reading."""


def messages_of(device: Device, rows: Iterable[Recorded], zone: str) -> Iterator[Publication]:
    """One meter's readings, in the order in which they arrived."""
    for at, together in groupby(rows, lambda row: row["received_at"]):
        batch = list(together)
        momentary = [row for row in batch if not row["step_s"]]
        while momentary:
            pack, momentary = _distinct(momentary)
            yield _pack(device, at, pack)
        spans = [row for row in batch if row["step_s"]]
        for (register, _), own in groupby(spans, lambda row: (row["register"], row["step_s"])):
            for run in _runs(list(own)):
                yield _curve(device, at, register.partition("@")[0], run, zone)


def _distinct(rows: list[Recorded]) -> tuple[list[Recorded], list[Recorded]]:
    """Those of which a pack may hold only one, and the repeats, which make another."""
    seen: set[tuple[str, datetime]] = set()
    first: list[Recorded] = []
    again: list[Recorded] = []
    for row in rows:
        key = (row["register"], row["instant"])
        (again if key in seen else first).append(row)
        seen.add(key)
    return first, again


def _runs(rows: list[Recorded]) -> Iterator[list[Recorded]]:
    """Stretches of intervals without a hole."""
    run: list[Recorded] = []
    for row in rows:
        if run and run[-1]["instant"] + timedelta(seconds=row["step_s"]) != row["instant"]:
            yield run
            run = []
        run.append(row)
    if run:
        yield run


def _pack(device: Device, at: datetime, rows: list[Recorded]) -> Publication:
    records = [
        {
            "n": row["register"],
            "u": UNIT_OF[Quantity(row["quantity"])].value,
            "t": _number(Decimal((row["instant"] - _EPOCH) // _MICROSECOND) / 1_000_000),
            "v": _number(Decimal(row["value_milli"]) / 1000),
        }
        for row in rows
    ]
    return Publication(
        at=at,
        device=device.username,
        meter=device.meter,
        topic=device.topic_for("senml"),
        payload=_json(records),
        readings=len(rows),
        registers=tuple(
            (int(row["instant"].timestamp()), row["value_milli"] // 1000)
            for row in rows
            if row["kind"] == Kind.REGISTER
        ),
    )


def _curve(device: Device, at: datetime, name: str, rows: list[Recorded], zone: str) -> Publication:
    body = {
        "start": rows[0]["instant"].astimezone(ZoneInfo(zone)).isoformat(),
        "step": f"PT{rows[0]['step_s']}S",
        "quantity": name,
        "unit": UNIT_OF[Quantity(rows[0]["quantity"])].value,
        "values": [_number(Decimal(row["value_milli"]) / 1000) for row in rows],
    }
    return Publication(
        at=at,
        device=device.username,
        meter=device.meter,
        topic=device.topic_for("load-curve"),
        payload=_json(body),
        readings=len(rows),
        intervals=tuple((int(row["instant"].timestamp()), row["value_milli"] // 1000) for row in rows),
    )


def _number(value: Decimal) -> int | float:
    """JSON has no decimals; thousandths of what a meter counts are exact as a float's shortest writing."""
    return int(value) if value == value.to_integral_value() else float(value)


def _json(body: object) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()
