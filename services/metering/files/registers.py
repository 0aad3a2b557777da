"""Readings of a cumulative register into the amounts between them."""

from collections.abc import Sequence

LOOK_AHEAD = 12
"""A register that comes back to where it was within so many readings had only shown something else."""


def faults(values: Sequence[int]) -> tuple[set[int], set[int]]:
    """Positions that are wrong readings, and positions where the register begins anew, of values by time.

    Neither a glitch to zero nor a single value too high may become consumption: what falls back to the
    level before, and what never came down from it, is left out. A lasting fall is a reset.
    """
    wrong: set[int] = set()
    anew: set[int] = set()
    kept: list[int] = []
    at = 0
    while at < len(values):
        if not kept or values[at] >= values[kept[-1]]:
            kept.append(at)
            at += 1
            continue
        level = values[kept[-1]]
        back = next((n for n in range(at + 1, min(at + LOOK_AHEAD, len(values))) if values[n] >= level), None)
        if back is not None:
            wrong.update(range(at, back))
            at = back
        elif len(kept) > 1 and kept[-1] not in anew and values[at] >= values[kept[-2]]:
            wrong.add(kept.pop())
        else:
            anew.add(at)
            kept.append(at)
            at += 1
    return wrong, anew


def parts(amount: int, length_s: int, longest_s: int = 86_400) -> list[tuple[int, int, int]]:
    """`amount` over `length_s` cut into stretches of `longest_s` at most: (offset, length, amount)."""
    out = []
    given = 0
    for offset in range(0, length_s, longest_s):
        length = min(longest_s, length_s - offset)
        reached = amount * (offset + length) // length_s
        out.append((offset, length, reached - given))
        given = reached
    return out
