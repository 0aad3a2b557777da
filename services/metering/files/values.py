"""What goes into reading a file of past consumption, and what comes out of it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, NamedTuple

from contracts.codes import FileFormat, FileReason, Quantity

Stamp = Literal["start", "end"]
Kind = Literal["interval", "register"]
DateOrder = Literal["dmy", "mdy"]

HEAD_BYTES = 65_536
"""How much of a file's beginning `detect` wants to see."""
MOST_NAMED = 20
"""Delivery points that a refusal names."""
LARGEST_BYTES = 100 * 1024 * 1024
"""No file may hold more than this once it is decompressed."""


class Row(NamedTuple):
    """One interval of consumption: `value_milli` thousandths of the quantity's unit from `start` on."""

    line: int
    """Line of the file, from 1; of JSON and XML the how-manieth reading."""
    start: datetime
    """UTC."""
    step_s: int
    """Seconds, 1 to 86,400: the 25-hour day is told in two parts."""
    quantity: Quantity
    value_milli: int
    is_estimated: bool = False
    """The file itself calls the value estimated."""
    factor_milli: int | None = None
    """Gas: the file's own conversion, Wh for each m³ (thousandths of kWh/m³)."""
    is_continued: bool = False
    """A further part of a line that had to be told in several: it counts with the first."""


class BadLine(NamedTuple):
    """A line that was not taken. `detail` quotes the file's own words, at most 60 characters."""

    line: int
    reason: FileReason
    detail: str


class Unreadable(Exception):
    """Nothing of the file can be read; `detail` quotes what the reason is about, in no language."""

    def __init__(self, reason: FileReason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class SeveralPoints(Unreadable):
    """The file names more than one delivery point; `names` are short, fit to be shown and chosen from."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(FileReason.SEVERAL_POINTS, ", ".join("…" + name for name in names[:MOST_NAMED]))
        self.names = names


@dataclass(frozen=True, slots=True)
class Options:
    """What a person says of a file. None means: as the file says. What is said wins over what is found."""

    now: datetime | None = None
    """Intervals that end later are refused; without it, none is."""
    time_column: str | None = None
    value_column: str | None = None
    unit: str | None = None
    """As people write it: Wh, kWh, MWh, W, kW, L, m3."""
    zone: str | None = None
    """IANA name, for times without offset. Give the meter's own when the person says nothing."""
    stamp: Stamp | None = None
    kind: Kind | None = None
    quantity: Quantity | None = None
    point: str | None = None
    """Which delivery point of the file is meant, as `deliveries.names_of` shortens it."""
    date_order: DateOrder | None = None
    """Whether 02/03 is the second of March (dmy) or the third of February (mdy)."""

    def with_(self, **changes: object) -> "Options":
        """The same with some of it said otherwise."""
        return replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Found:
    """What a file seems to be, to be shown before it is read. None where each row says it, or nobody."""

    format: FileFormat
    quantity: Quantity | None = None
    unit: str | None = None
    """The file's own, e.g. `W`, `kWh`."""
    stamp: Stamp | None = None
    kind: Kind = "interval"
    zone: str | None = None
    """Zone of times without offset; None when they carry their offset, or the file leaves it open."""
    is_local: bool = False
    """Times carry no offset and the file leaves their zone open: it is the one given, else the meter's."""
    step_s: int | None = None
    rests_upon: tuple[str, ...] = ()
    """The file's own words that say so: column names, elements, a file name."""
    columns: tuple[str, ...] = ()
    """Columns of a CSV, for a person to choose from."""
    missing: tuple[str, ...] = ()
    """Fields of `Options` without which it cannot be read."""
    is_compressed: bool = False
    estimated: int | None = None
    """Rows that the file itself calls estimated; None until it has been read."""
