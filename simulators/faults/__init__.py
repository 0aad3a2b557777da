"""Fault profiles: what real devices and networks do to a stream of publications, seeded."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from random import Random

from simulators.faults.base import Fault, Memory
from simulators.faults.devices import dead, garbage, glitch, nothing, reset, skew, spoilt, swap
from simulators.faults.network import burst, duplicates, gaps, half_hour, late, reconnects, reorder, storm
from simulators.publications import Publication

PROFILES: dict[str, tuple[Fault, ...]] = {
    "none": (nothing,),
    "duplicates": (duplicates,),
    "reorder": (reorder,),
    "late": (late,),
    "gaps": (gaps,),
    "garbage": (garbage,),
    "skew": (skew,),
    "glitch": (glitch,),
    "swap": (swap,),
    "reset": (reset,),
    "dead": (dead,),
    "burst": (burst,),
    "half-hour": (half_hour,),
    "reconnects": (reconnects,),
    "storm": (storm,),
    # A bad network that loses nothing: what is stored must equal what was published.
    "network": (duplicates, late, reorder, reconnects, storm),
    # Bad devices whose meters go on counting: the energy of what arrives is still right.
    "devices": (glitch, swap, garbage),
    "nasty": (gaps, glitch, swap, garbage, duplicates, reorder, reconnects),
}


class Faults:
    """One profile over a stream that comes in stretches, e.g. day by day."""

    def __init__(self, profile: str, seed: int) -> None:
        """KeyError when no profile has that name."""
        names = [f"{seed}:fault:{profile}:{at}" for at in range(len(PROFILES[profile]))]
        self._chain = [
            (fault, Memory(Random(name), name)) for fault, name in zip(PROFILES[profile], names, strict=True)
        ]

    def apply(self, stream: Iterable[Publication]) -> Iterator[Publication]:
        """The stretch as it arrives. What is on its way arrives with a later one, or in `rest`."""
        for fault, memory in self._chain:
            stream = fault(stream, memory)
        yield from stream

    def rest(self) -> Iterator[Publication]:
        """All that has not arrived yet."""
        for at, (_, memory) in enumerate(self._chain):
            left: Iterable[Publication] = memory.due(datetime.max.replace(tzinfo=UTC))
            for fault, later in self._chain[at + 1 :]:
                left = fault(left, later)
            yield from left


def apply(profile: str, stream: Iterable[Publication], seed: int) -> Iterator[Publication]:
    """A whole stream as it arrives under a profile. KeyError when no profile has that name."""
    faults = Faults(profile, seed)
    yield from faults.apply(stream)
    yield from faults.rest()


__all__ = ["PROFILES", "Fault", "Faults", "Memory", "apply", "spoilt"]
