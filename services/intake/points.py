"""Readings in intake's own short form: whose they are said once, instants and values as integers."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from contracts.codes import Kind, Quantity, Unit
from contracts.readings import Reading, Run, Source

REMEMBERED = 65_536
"""Sources; about five registers of each of thirteen thousand meters."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Head:
    """A source that is one object for all its points, and so found without comparing what it says."""

    __slots__ = ("source",)

    def __init__(self, source: Source) -> None:
        self.source = source


Point = tuple[Head, int, int]
"""Whose; microseconds since 1970 UTC; thousandths of the unit."""


@lru_cache(maxsize=REMEMBERED)
def head(
    meter: str | None,
    gateway: str | None,
    channel: str | None,
    register: str,
    quantity: Quantity,
    kind: Kind,
    step_s: int,
    unit: Unit,
    codec: str,
) -> Head:
    """The one of these. Raises pydantic's ValidationError for what the contract does not allow."""
    return Head(
        Source(
            meter=meter, gateway=gateway, channel=channel, register=register, quantity=quantity, kind=kind,
            step_s=step_s, unit=unit, codec=codec,
        )
    )  # fmt: skip


def microseconds(instant: datetime) -> int:
    """Since 1970 UTC, exactly."""
    return (instant - _EPOCH) // _MICROSECOND


def runs(points: Iterable[Point]) -> tuple[Run, ...]:
    """What goes to the bus: one run a source, in the order of their first points."""
    by_head: dict[Head, tuple[list[int], list[int]]] = {}
    for of, us, milli in points:
        known = by_head.get(of)
        if known is None:
            by_head[of] = ([us], [milli])
        else:
            known[0].append(us)
            known[1].append(milli)
    # Checked already, each source once: validating again would cost as much as decoding.
    return tuple(
        Run.model_construct(**of.source.__dict__, at_us=tuple(at_us), values_milli=tuple(values))
        for of, (at_us, values) in by_head.items()
    )


def readings(points: Iterable[Point]) -> Iterator[Reading]:
    """One by one, as the contract says them."""
    for run in runs(points):
        yield from run.readings()
