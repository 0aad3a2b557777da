"""Electricity of a building's common parts: the light of its staircases, and its lift."""

import math
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from random import Random

from simulators.facts import choice
from simulators.load import STEP_S
from simulators.weather import STEPS, daylight


class CommonPart(StrEnum):
    STAIRCASE_LIGHT = "staircase_light"
    LIFT = "lift"


def consumption(part: CommonPart, seed: int, building: int, homes: int) -> Callable[[date], tuple[int, ...]]:
    """J in each ten minutes of a wall-clock day, more with more homes. Pure: same arguments, same days."""
    told: dict[str, float] = choice("common_parts")[part.value]

    def steps(day: date) -> tuple[int, ...]:
        rng = Random(f"{seed}:{part}:{building}:{day.toordinal()}")
        rises, sets = daylight(day, (3, 28) < (day.month, day.day) < (10, 28))
        joules = []
        for step in range(STEPS):
            # People come and go in the morning and in the evening, hardly at night.
            busy = math.exp(-(((step - 47) / 9) ** 2)) + 1.2 * math.exp(-(((step - 110) / 14) ** 2)) + 0.12
            passages = homes * busy * rng.uniform(0.4, 1.6) * told["per_passage_j"]
            if part is CommonPart.STAIRCASE_LIGHT and rises <= step < sets:
                passages *= 0.25
            joules.append(int(told["always_w"] * STEP_S + passages))
        return tuple(joules)

    return steps
