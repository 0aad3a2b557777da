"""What a fault is: a transform of a stream of publications with a memory that outlives one day's stream."""

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from simulators.publications import Publication

SHARE = 0.05
"""Share of publications that a fault touches, unless it says otherwise."""


@dataclass
class Memory:
    """What a fault remembers from one stretch of the stream to the next, and of each device."""

    rng: Random
    seed: str
    held: list[tuple[datetime, int, Publication]] = field(default_factory=list)
    """Messages on their way, the earliest first: a heap of (when it arrives, count, message)."""
    devices: dict[str, dict[str, int]] = field(default_factory=dict)
    _count: int = 0

    def of(self, device: str) -> dict[str, int]:
        return self.devices.setdefault(device, {})

    def draw(self, device: str) -> Random:
        """What is drawn once per device does not depend on the order in which devices speak."""
        return Random(f"{self.seed}:{device}")

    def hold(self, arrives_at: datetime, one: Publication) -> None:
        heapq.heappush(self.held, (arrives_at, self._count, one))
        self._count += 1

    def due(self, now: datetime) -> Iterator[Publication]:
        """What has arrived by `now`."""
        while self.held and self.held[0][0] <= now:
            yield heapq.heappop(self.held)[2]


Fault = Callable[[Iterable[Publication], Memory], Iterator[Publication]]
