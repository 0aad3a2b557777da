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
    """Where a slot comes from, best first but for the last, see `rank`; days are stored with these numbers.
    `.edited`, `.file` and `.estimated` are register suffixes kept for values that a person corrected, for
    validated files and for what a file itself calls estimated; every other suffix is a part of the total."""

    EDITED = 0
    FILE = 1
    REGISTER = 2
    INTERVAL = 3
    MEAN_POWER = 4
    SAMPLED_POWER = 5
    NONE = 6
    TOLD_ESTIMATE = 7
    """A file's own estimate: below all that was measured, above what Palier would make up."""

    @property
    def rank(self) -> float:
        """The lower, the better."""
        return _ESTIMATE_RANK if self is Source.TOLD_ESTIMATE else self.value


_ESTIMATE_RANK = 4.75
"""After a mean power (4) and a measured interval of many hours (4.5), before momentary powers (5)."""


class Slot(NamedTuple):
    value: int | None
    quality: Quality
    source: Source
    is_conflict: bool = False


ABSENT = Slot(None, Quality.MISSING, Source.NONE)
