"""How long intervals last when a file gives their times only: what the neighbours say, else nothing."""

from array import array
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from services.metering.files.values import Stamp

A_RUN = 3
"""That many equal distances in a row are a step; fewer may be holes."""
A_DAY = 86_400
LONGEST = 90_000
"""The longest civil day has 25 hours."""


def steps(times: Sequence[int], stamp: Stamp) -> Sequence[int]:
    """Seconds that the interval at each of `times` (rising) lasts; 0 where it cannot be known.

    One file may change its step; one absent row must not make its neighbour last twice as long.
    """
    if stamp == "start":
        return _before(array("q", (-at for at in reversed(times))))[::-1]
    return _before(times)


def _before(times: Sequence[int]) -> "array[int]":
    """Distance to the time before, where that is a step and not a hole."""
    distances = array("q", (later - earlier for earlier, later in pairwise(times)))
    if not distances:
        return array("q", [0] * len(times))
    kinds = array("q", map(_kind, distances))
    sure = _sure(kinds)
    commonest = min(Counter(kinds).items(), key=lambda item: (-item[1], item[0]))[0]
    out = array("q", [0])
    for at, distance in enumerate(distances):
        kind = kinds[at]
        if sure[at] or kind == commonest:
            out.append(distance)
            continue
        after = kinds[at + 1] if at + 1 < len(kinds) and sure[at + 1] else 0
        prior = kinds[at - 1] if at and sure[at - 1] else 0
        out.append(next((step for step in (after, prior, commonest) if step and kind % step == 0), 0))
    # Nothing stands before the first one: it lasts as long as the second.
    out[0] = out[1]
    return out


def contradicted(times: Sequence[int], said: Sequence[int], stamp: Stamp) -> bytearray:
    """Where the step that a file states is not how far its rows are apart, by rows in order of time.

    Only a run of equal distances speaks against it, for any other distance may be a hole; rows between two
    runs go with the nearest. 0 in `said` is no statement.
    """
    if stamp == "start":
        turned = _contradicted(array("q", (-at for at in reversed(times))), said[::-1])
        return turned[::-1]
    return _contradicted(times, said)


def _contradicted(times: Sequence[int], said: Sequence[int]) -> bytearray:
    kinds = array("q", (_kind(later - earlier) for earlier, later in pairwise(times)))
    sure = _sure(kinds)
    out = bytearray(len(times))
    places = [at for at, is_sure in enumerate(sure) if is_sure]
    if not places:
        return out
    near = 0
    for at in range(len(times)):
        distance = max(0, at - 1)
        while near + 1 < len(places) and abs(places[near + 1] - distance) < abs(places[near] - distance):
            near += 1
        out[at] = said[at] > 0 and kinds[places[near]] != _kind(said[at])
    return out


def _sure(kinds: Sequence[int]) -> bytearray:
    out = bytearray()
    at = 0
    while at < len(kinds):
        end = at
        while end < len(kinds) and kinds[end] == kinds[at]:
            end += 1
        out += bytes([end - at >= A_RUN]) * (end - at)
        at = end
    return out


def _kind(distance: int) -> int:
    """Civil days of 23 and 25 hours are days like the others."""
    return A_DAY if abs(distance - A_DAY) == 3_600 else distance
