"""Files of past consumption played as a meter would have sent them."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby, pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from contracts.codes import Quantity
from simulators.meter import HalfHour
from simulators.publications import Device, Publication, load_curve, senml

MILLI = 1000
LARGEST_BYTES = 256 * 1024 * 1024


class FeedError(Exception):
    """A file that cannot be read as consumption; says what a person can do."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Energy of one interval of a file, in thousandths of a watt-hour so that sums stay exact; of another
    quantity its amount, in thousandths of that unit."""

    start: datetime
    step_s: int
    energy_milli: int

    @property
    def end(self) -> datetime:
        return self.start + timedelta(seconds=self.step_s)


def read(path: Path, zone: str) -> list[Interval]:
    """The intervals of a file in order of time; two rows of one start count once, the first.

    Understands the UCI household file (one-minute kW), and CSV (`.gz` too) with a time first and a value:
    kWh per interval, or W/kW where the column says so. Times without offset are local to `zone`. FeedError
    for anything else.
    """
    return parse(path.read_bytes(), path.name, zone)


def parse(raw: bytes, name: str, zone: str) -> list[Interval]:
    """As `read`, of a file's content; compressed or not."""
    try:
        text = _plain(raw).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise FeedError(f"{name}: no text: {error}") from error
    first_line = text.split("\n", 1)[0]
    rows = csv.reader(io.StringIO(text), delimiter=";" if ";" in first_line else ",")
    header = [name.strip().lower() for name in next(rows, [])]
    try:
        if header[:3] == ["date", "time", "global_active_power"]:
            stamped = [(_local(f"{row[0]} {row[1]}", zone), row[2]) for row in rows if len(row) > 2]
            return _with_steps(stamped, "kw")
        if len(header) < 2:
            raise FeedError(f"{name}: no columns; expected a header such as start,value")
        at_value, unit = _value_column(header)
        stamped = [(_local(row[0], zone), row[at_value]) for row in rows if len(row) > at_value]
        return _with_steps(stamped, unit)
    except (ValueError, ArithmeticError, csv.Error) as error:
        raise FeedError(f"{name}: {error}") from error


def between(intervals: list[Interval], start: datetime | None, end: datetime | None) -> list[Interval]:
    """Those that begin at or after `start` and end at or before `end`."""
    return [
        one for one in intervals if (start is None or one.start >= start) and (end is None or one.end <= end)
    ]


def as_registers(
    device: Device,
    intervals: list[Interval],
    index_wh: int = 0,
    pack: int = 24,
    quantity: Quantity = Quantity.ENERGY_IMPORT,
) -> Iterator[Publication]:
    """The intervals as a cumulative register in whole Wh (or the quantity's unit), `pack` readings a message.

    A register cannot say that an interval is unknown: over a hole of the file it stands still. Use
    `as_load_curves` where holes must stay holes.
    """
    total = index_wh * MILLI
    readings: list[tuple[datetime, int]] = []
    expected: datetime | None = None
    for one in intervals:
        if expected != one.start:
            readings.append((one.start, whole(total)))
        total += one.energy_milli
        expected = one.end
        readings.append((one.end, whole(total)))
        if len(readings) >= pack:
            yield senml(device, readings, [], quantity=quantity)
            readings = []
    if readings:
        yield senml(device, readings, [], quantity=quantity)


def as_load_curves(
    device: Device, intervals: list[Interval], zone: str, quantity: Quantity = Quantity.ENERGY_IMPORT
) -> Iterator[Publication]:
    """The intervals as one load curve a local day, whole Wh (or units) with cumulative rounding."""
    local = ZoneInfo(zone)
    total = 0
    for (_, step_s), group in groupby(
        intervals, lambda one: (one.start.astimezone(local).date(), one.step_s)
    ):
        run: list[HalfHour] = []
        for one in group:
            before, total = whole(total), total + one.energy_milli
            if run and run[-1].end != one.start:
                yield load_curve(device, run[0].start, zone, run, f"PT{step_s}S", quantity)
                run = []
            run.append(HalfHour(one.start, one.end, whole(total) - before, whole(total), 0, one.start))
        if run:
            yield load_curve(device, run[0].start, zone, run, f"PT{step_s}S", quantity)


def by_day(intervals: list[Interval], zone: str) -> dict[date, int]:
    """Whole Wh of each civil day, cumulatively rounded as the publications are."""
    local = ZoneInfo(zone)
    total = 0
    days: dict[date, int] = {}
    for one in intervals:
        before, total = whole(total), total + one.energy_milli
        day = one.start.astimezone(local).date()
        days[day] = days.get(day, 0) + whole(total) - before
    return days


def whole(milli: int) -> int:
    """Thousandths to whole units, halves up."""
    return (milli + MILLI // 2) // MILLI


def _plain(raw: bytes) -> bytes:
    """The content, decompressed when it is gzip; FeedError when it would be more than `LARGEST_BYTES`."""
    if raw[:2] != b"\x1f\x8b":
        return raw
    with gzip.open(io.BytesIO(raw)) as file:
        plain = file.read(LARGEST_BYTES + 1)
    if len(plain) > LARGEST_BYTES:
        raise FeedError("more than can be read at once; cut the file")
    return plain


def _value_column(header: list[str]) -> tuple[int, str]:
    for at, name in enumerate(header[1:], 1):
        if name in ("value", "kwh", "energy_kwh", "consumption", "wh", "w", "kw", "power_w", "valeur"):
            return at, {"wh": "wh", "w": "w", "power_w": "w", "valeur": "w", "kw": "kw"}.get(name, "kwh")
    raise FeedError(f"no value column among {', '.join(header)}; name one value, kwh, wh, w or kw")


def _local(text: str, zone: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        moment = datetime.strptime(text.strip(), "%d/%m/%Y %H:%M:%S")  # noqa: DTZ007
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return moment.astimezone(UTC)


def _with_steps(stamped: list[tuple[datetime, str]], unit: str) -> list[Interval]:
    """Starts and values to intervals: each lasts the file's commonest step, so that a gap stays a gap."""
    known: dict[datetime, Decimal] = {}
    for start, text in stamped:
        if text.strip() not in ("", "?", "NA", "null"):
            known.setdefault(start, Decimal(text.strip().replace(",", ".")))
    starts = sorted(known)
    if len(starts) < 2:
        raise FeedError("a feed needs at least two intervals")
    counts: dict[int, int] = {}
    for one, other in pairwise(starts):
        counts[int((other - one).total_seconds())] = counts.get(int((other - one).total_seconds()), 0) + 1
    step = max(counts, key=lambda seconds: counts[seconds])
    scale = {"kwh": Decimal(1000), "wh": Decimal(1)}.get(unit)
    if scale is None:
        scale = (Decimal(1000) if unit == "kw" else Decimal(1)) * step / 3600
    out: list[Interval] = []
    # Cumulative rounding to the thousandth: one-minute powers are not whole mWh.
    exact, booked = Decimal(0), 0
    for start in starts:
        exact += known[start] * scale * MILLI
        # Rounded, not cut: files write 84 Wh as 0.08399999999999999 kWh.
        out.append(Interval(start, step, round(exact) - booked))
        booked = round(exact)
    return out
