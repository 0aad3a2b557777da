"""Cold and hot water of a simulated home: draws by rhythm and size, and in some homes a leak."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from random import Random

from contracts.codes import Heating
from simulators.facts import choice, fact
from simulators.households import Home, presence_on
from simulators.presence import Presence
from simulators.weather import STEPS

ML = 1000
"""Millilitres in a litre."""
STEPS_PER_HOUR = 6


@dataclass(frozen=True)
class Draws:
    """One wall-clock day of one home, mL in each ten minutes."""

    cold: tuple[int, ...]
    """Drawn cold, the leak with it."""
    hot: tuple[int, ...]


def draws(home: Home, day: date) -> Draws:
    """The home's water of a day. Pure: same arguments, same day."""
    rng = Random(f"{home.seed}:water:{home.index}:{day.toordinal()}")
    plan = presence_on(home, day)
    cold = [leak_ml_h(home) // STEPS_PER_HOUR] * STEPS
    hot = [0] * STEPS
    if not plan.is_away:
        _people(home, plan, cold, hot, rng)
        _machines(home, plan, cold, rng)
    return Draws(tuple(cold), tuple(hot))


def cold_meter(home: Home) -> Callable[[date], tuple[int, ...]]:
    """What the home's cold water meter counts: all its water, where it warms its hot water itself."""
    if has_hot_water_meter(home):
        return lambda day: draws(home, day).cold

    def both(day: date) -> tuple[int, ...]:
        found = draws(home, day)
        return tuple(cold + hot for cold, hot in zip(found.cold, found.hot, strict=True))

    return both


def hot_meter(home: Home) -> Callable[[date], tuple[int, ...]]:
    """What the meter of the building's hot water counts in this home."""
    return lambda day: draws(home, day).hot


def has_hot_water_meter(home: Home) -> bool:
    """Whether hot water comes from the building."""
    is_shared = home.heating in (Heating.COLLECTIVE, Heating.DISTRICT)
    return is_shared and not home.appliances.has_water_heater


def leak_ml_h(home: Home) -> int:
    """A running toilet: mL an hour, day and night; 0 in most homes. Whole mL in each ten minutes."""
    if (home.index + home.seed) % choice("leak")["one_home_in"] != choice("leak")["at"]:
        return 0
    litres = Random(f"{home.seed}:leak:{home.index}").uniform(*choice("leak")["l_per_hour"])
    return int(litres * ML) // STEPS_PER_HOUR * STEPS_PER_HOUR


def _people(home: Home, plan: Presence, cold: list[int], hot: list[int], rng: Random) -> None:
    """Showers, toilets, taps: each person has a share of the mean."""
    awake = [step for step, is_awake in enumerate(plan.awake()) if is_awake]
    litres = fact("water_l_person_day")
    shares: dict[str, float] = choice("water_shares")
    for _ in range(home.occupants):
        amount = litres * ML * rng.uniform(0.75, 1.25)
        if rng.random() < 0.85:
            at = plan.wakes + rng.randint(1, 4) if rng.random() < 0.6 else rng.randint(118, 130)
            _draw(amount * shares["shower"] / 0.85, at, choice("hot_share")["shower"], cold, hot)
        flushes = rng.randint(4, 6)
        for _ in range(flushes):
            _draw(amount * shares["toilet"] / flushes, rng.choice(awake), 0.0, cold, hot)
        if rng.random() < choice("night_flush"):
            _draw(amount * shares["toilet"] / flushes, rng.randrange(30), 0.0, cold, hot)
        taps = rng.randint(5, 9)
        for _ in range(taps):
            _draw(amount * shares["taps"] / taps, rng.choice(awake), choice("hot_share")["taps"], cold, hot)


def _machines(home: Home, plan: Presence, cold: list[int], rng: Random) -> None:
    """Washing machine and dishwasher fill with cold water."""
    own = home.appliances
    if rng.random() < own.washes_a_week / 7:
        _draw(choice("wash_l") * ML, rng.randint(60, 122), 0.0, cold, cold)
    if own.has_dishwasher and rng.random() < 0.62:
        _draw(choice("dishes_l") * ML, rng.randint(115, 134), 0.0, cold, cold)


def _draw(amount_ml: float, step: int, hot_share: float, cold: list[int], hot: list[int]) -> None:
    step = min(max(step, 0), STEPS - 1)
    warm = int(amount_ml * hot_share)
    hot[step] += warm
    cold[step] += int(amount_ml) - warm
