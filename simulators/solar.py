"""A few panels on a balcony: what they give, what the home uses of it, and what is fed in."""

import math
from collections.abc import Sequence
from datetime import date
from random import Random

from simulators.facts import choice
from simulators.weather import STEPS, daylight


def output(seed: int, peak_w: int, day: date, is_summer_time: bool) -> list[int]:
    """W in each ten minutes of a wall-clock day: a bell between sunrise and sunset, under the day's clouds,
    which are the same for every home of a seed."""
    if peak_w == 0:
        return [0] * STEPS
    rises, sets = daylight(day, is_summer_time)
    told = choice("solar")
    clear = Random(f"{seed}:clouds:{day.toordinal()}").uniform(*told["clear"])
    # The longer the day, the higher the sun.
    height = min(1.0, (sets - rises) / told["longest_day_steps"])
    top = peak_w * told["share_of_peak"] * height * clear
    return [
        int(top * math.sin(math.pi * (step - rises) / (sets - rises))) if rises < step < sets else 0
        for step in range(STEPS)
    ]


def split(load_w: Sequence[int], solar_w: Sequence[int]) -> tuple[list[int], list[int], list[int]]:
    """Drawn from the grid, used of the panels, and fed in, in W."""
    used = [min(load, solar) for load, solar in zip(load_w, solar_w, strict=True)]
    drawn = [load - own for load, own in zip(load_w, used, strict=True)]
    return drawn, used, [solar - own for solar, own in zip(solar_w, used, strict=True)]
