"""What a household switches on: cooking, washing, light, screens, cold, hot water, and what is never off."""

from dataclasses import dataclass
from random import Random

from simulators.load import Load
from simulators.presence import Presence
from simulators.weather import STEPS


@dataclass(frozen=True)
class Appliances:
    """What a home owns and how it uses it. Powers in W."""

    standby_w: int
    """Everything that is never off (box, screens asleep, forgotten devices), the fridge excepted."""
    forgotten_w: int
    """The part of it that nobody needs: what following a standby tip would really save."""
    fridge_w: int
    fridge_on_steps: int
    fridge_period_steps: int
    is_hob_electric: bool
    has_oven: bool
    has_dishwasher: bool
    has_dryer: bool
    has_water_heater: bool
    water_heater_w: int
    washes_a_week: float
    light_w: int
    screen_w: int
    is_water_heater_on_offpeak: bool
    """False: it heats as hot water is drawn, whatever the hour."""
    are_chores_on_offpeak: bool
    """True: washing machine and dishwasher start by timer in the off-peak hours."""


def always_on(load: Load, own: Appliances, mean_outdoor_c: float, rng: Random) -> None:
    """Standby and the cycling of the fridge, which works a little harder in warm weather."""
    load.spread("standby", [float(own.standby_w)] * STEPS)
    period, on = own.fridge_period_steps, own.fridge_on_steps
    watts = own.fridge_w * (1 + max(0.0, mean_outdoor_c - 12) * 0.012)
    cycle = [watts] * on + [0.0] * (period - on)
    phase = rng.randrange(period)
    tiled = cycle * (STEPS // period + 2)
    load.spread("cold", tiled[phase : phase + STEPS], 1.3)


def light_and_screens(
    load: Load, own: Appliances, home: Presence, awake: list[int], sun: tuple[int, int], rng: Random
) -> None:
    """Light while awake and dark; screens through the evening, longer on rest days."""
    if home.is_away:
        return
    rises, sets = sun
    light, dim = own.light_w, own.light_w * 0.12
    load.spread(
        "light",
        [(light if step < rises or step >= sets else dim) if awake[step] else 0.0 for step in range(STEPS)],
    )
    begins = 108 if not home.is_rest_day else 84
    watts = own.screen_w * rng.uniform(0.7, 1.2)
    load.spread("screens", [watts if awake[step] and step >= begins else 0.0 for step in range(STEPS)])


def cooking(load: Load, own: Appliances, home: Presence, occupants: int, rng: Random) -> None:
    """Kettle or coffee, lunch when somebody is in, dinner; the oven mostly on rest days."""
    if home.is_away:
        return
    load.run("cooking", home.wakes + rng.randint(1, 3), 1, 330, 2000)
    lunch_at_home = home.leaves is None or home.leaves > 78 or home.returns < 72
    size = 0.6 + 0.13 * occupants
    meals = [(rng.randint(114, 121), 1.0)]
    if lunch_at_home:
        meals.append((rng.randint(71, 76), 1.35 if home.is_rest_day else 0.7))
    for start, weight in meals:
        if rng.random() < 0.12:
            continue
        start = max(start, home.wakes + 2)
        if own.is_hob_electric:
            load.run("cooking", start, rng.randint(2, 4), 560 * size * weight, 1500 + 600 * (occupants > 2))
        if own.has_oven and rng.random() < (0.55 if home.is_rest_day else 0.18):
            load.run("cooking", start - 3, 5, 1050, 2200)
        elif rng.random() < 0.5:
            load.run("cooking", start, 1, 350, 1150)


def chores(load: Load, own: Appliances, home: Presence, offpeak: list[bool], rng: Random) -> None:
    """Washing machine, dryer, dishwasher: by timer in the off-peak hours, or in the evening rush."""
    if home.is_away:
        return
    if own.are_chores_on_offpeak and any(offpeak):
        # The long night window: its first hour after bedtime, or its start.
        start = _night_start(offpeak) + rng.randint(1, 5)
    else:
        start = rng.randint(106, 122) if not home.is_rest_day else rng.randint(60, 118)
    if rng.random() < own.washes_a_week / 7 * (1.5 if home.is_rest_day else 0.92):
        load.run("washing", start, 2, 1250, 2050)
        load.run("washing", start + 2, 6, 170, 420)
        if own.has_dryer and rng.random() < 0.75:
            load.run("drying", start + 8, 7, 1150, 2150)
    if own.has_dishwasher and rng.random() < 0.62:
        after = start + rng.randint(2, 6)
        load.run("dishes", after, 3, 1150, 1950)
        load.run("dishes", after + 3, 4, 90, 150)
        load.run("dishes", after + 7, 1, 1250, 1950)


def hot_water(
    load: Load, own: Appliances, home: Presence, occupants: int, offpeak: list[bool], rng: Random
) -> None:
    """A storage heater: from the start of the off-peak hours, or after each draw where not wired to them."""
    if not own.has_water_heater:
        return
    draw_wh = 450 if home.is_away else rng.gauss(1500 + 1180 * occupants, 350 + 150 * occupants)
    draw_wh = max(draw_wh, 400.0)
    watts = own.water_heater_w
    steps = max(1, min(round(draw_wh * 6 / watts), 36))
    mean = min(draw_wh * 6 / steps, watts)
    if own.is_water_heater_on_offpeak and any(offpeak):
        load.run("hot_water", _night_start(offpeak), steps, mean, watts)
        return
    morning = max(1, round(steps * 0.55))
    load.run("hot_water", home.wakes + 2, morning, mean, watts)
    if steps > morning:
        load.run("hot_water", 118, steps - morning, mean, watts)


def _night_start(offpeak: list[bool]) -> int:
    """The step at which the night's off-peak hours begin; what would cross midnight begins at it."""
    first = next(step for step in range(STEPS) if offpeak[step])
    if first > 0:
        return first
    late = [step for step in range(STEPS) if offpeak[step] and not offpeak[step - 1]]
    return 0 if late and late[-1] >= 126 else first
