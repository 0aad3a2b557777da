"""Simulated households: seeded homes whose every day of load can be computed, in any order."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from random import Random

from contracts.codes import Heating, TariffKind
from contracts.offpeak import MINUTES_PER_DAY, minutes_inside, windows
from simulators import appliances as use
from simulators.appliances import Appliances
from simulators.heating import Envelope, heating
from simulators.load import Load
from simulators.presence import Rhythm, presence
from simulators.weather import STEPS, Weather, daylight

KVA_STEPS = (3, 6, 9, 12, 15, 18)
POWER_FACTOR = 0.96
STEP_MINUTES = MINUTES_PER_DAY // STEPS


@dataclass(frozen=True)
class Home:
    """One household in one dwelling. All it does follows from these values, its seed and the weather."""

    seed: int
    index: int
    """From 1; the household is called `Foyer <index>`."""
    occupants: int
    floor_area_m2: int
    heating: Heating
    rhythm: Rhythm
    tariff: TariffKind
    subscribed_kva: int
    offpeak: tuple[str, ...]
    """Local windows `HH:MM-HH:MM` on the ten minutes; empty on the base tariff."""
    appliances: Appliances
    envelope: Envelope
    away: tuple[tuple[date, date], ...]
    anomalies: tuple[str, ...]
    """What was made wrong on purpose: `high_standby`, `oversized`, `undersized`, `offpeak_badly_used`."""

    @property
    def name(self) -> str:
        return f"Foyer {self.index}"


@dataclass(frozen=True)
class DayLoad:
    """One wall-clock day (144 steps, before any clock change) of one home."""

    watts: tuple[int, ...]
    """Mean active power of each ten minutes."""
    peak_va: tuple[int, ...]
    """Highest apparent power inside each ten minutes."""
    movable_w: tuple[float, ...]
    """The part of `watts` that could run at another hour (hot water, washing, dishes)."""
    kwh_by_use: dict[str, float]


def day_load(home: Home, day: date, weather: Weather) -> DayLoad:
    """A home's load on a civil day. Pure: same arguments, same day."""
    rng = Random(f"{home.seed}:{home.index}:{day.toordinal()}")
    plan = presence(home.rhythm, day, rng, home.away)
    own, outdoor = home.appliances, weather.temperatures(day)
    mean_c = weather.mean(day)
    offpeak = offpeak_steps(home.offpeak)
    awake = plan.awake()
    load = Load()
    use.always_on(load, own, mean_c, rng)
    use.light_and_screens(load, own, plan, awake, daylight(day, _is_summer_time(day)), rng)
    use.cooking(load, own, plan, home.occupants, rng)
    use.chores(load, own, plan, offpeak, rng)
    use.hot_water(load, own, plan, home.occupants, offpeak, rng)
    heating(load, home.heating, home.envelope, outdoor, mean_c, plan.warmed(), plan.is_away)
    watts = tuple([round(w) for w in load.mean])
    peak = tuple([max(round(p / POWER_FACTOR), w) for p, w in zip(load.peak(), watts, strict=True)])
    by_use = {name: joules / 3.6e6 for name, joules in load.joules.items()}
    return DayLoad(watts, peak, tuple(load.movable), by_use)


def days(home: Home, first: date, count: int, weather: Weather) -> Iterator[tuple[date, DayLoad]]:
    """Consecutive civil days from `first`."""
    for offset in range(count):
        day = first + timedelta(days=offset)
        yield day, day_load(home, day, weather)


@cache
def offpeak_steps(hours: tuple[str, ...]) -> list[bool]:
    """Which ten-minute steps of the wall-clock day begin in off-peak hours (shared: do not change it)."""
    inside = windows(hours)
    return [minutes_inside(inside, step * STEP_MINUTES, 1) == 1 for step in range(STEPS)]


def _is_summer_time(day: date) -> bool:
    """Near enough for light: between the last Sundays of March and October."""
    return (3, 28) < (day.month, day.day) < (10, 28)
