"""The words of settling: a stored reading, a half-hour, and the sources that half-hours come from."""

from enum import IntEnum
from typing import NamedTuple

from contracts.codes import Quality


class Point(NamedTuple):
    """A stored reading. `register` is e.g. `energy_import.hp` or `energy_import@1800`."""

    register: str
    kind: str
    step_s: int
    us: int
    value_milli: int


class Source(IntEnum):
    """Where a slot comes from, best first. `.edited` and `.file` are register suffixes kept for values
    that a person corrected and for validated files; every other suffix is a part of the total."""

    EDITED = 0
    FILE = 1
    REGISTER = 2
    INTERVAL = 3
    MEAN_POWER = 4
    SAMPLED_POWER = 5
    NONE = 6


class Slot(NamedTuple):
    value: int | None
    quality: Quality
    source: Source
    is_conflict: bool = False


ABSENT = Slot(None, Quality.MISSING, Source.NONE)
