"""Simulated households: seeded homes whose every day of load can be computed, in any order."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from random import Random

from contracts.codes import Heating, TariffKind
from contracts.offpeak import MINUTES_PER_DAY, minutes_inside, windows
from simulators import appliances as use
from simulators import solar
from simulators.appliances import Appliances
from simulators.heating import Envelope, heating
from simulators.load import Load
from simulators.presence import Presence, Rhythm, presence
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
    solar_w: int = 0
    """Peak power of the panels on its balcony."""

    @property
    def name(self) -> str:
        return f"Foyer {self.index}"


@dataclass(frozen=True)
class DayLoad:
    """One wall-clock day (144 steps, before any clock change) of one home."""

    watts: tuple[int, ...]
    """Mean active power of each ten minutes, as drawn from the grid."""
    peak_va: tuple[int, ...]
    """Highest apparent power inside each ten minutes."""
    movable_w: tuple[float, ...]
    """The part of `watts` that could run at another hour (hot water, washing, dishes)."""
    kwh_by_use: dict[str, float]
    """`solar` is negative: what the home used of its own panels."""
    fed_in_w: tuple[int, ...] = (0,) * STEPS
    """Mean power of each ten minutes that panels fed into the grid."""


def day_load(home: Home, day: date, weather: Weather) -> DayLoad:
    """A home's load on a civil day. Pure: same arguments, same day."""
    rng = _rng(home, day)
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
    if home.solar_w == 0:
        return DayLoad(watts, peak, tuple(load.movable), by_use)
    drawn, used, fed_in = solar.split(watts, solar.output(home.seed, home.solar_w, day, _is_summer_time(day)))
    peak = tuple([max(p - round(u / POWER_FACTOR), w) for p, u, w in zip(peak, used, drawn, strict=True)])
    by_use["solar"] = -sum(used) * STEP_MINUTES / 60_000
    return DayLoad(tuple(drawn), peak, tuple(load.movable), by_use, tuple(fed_in))


def presence_on(home: Home, day: date) -> Presence:
    """When the household is at home that day: the same that its load follows."""
    return presence(home.rhythm, day, _rng(home, day), home.away)


def _rng(home: Home, day: date) -> Random:
    return Random(f"{home.seed}:{home.index}:{day.toordinal()}")


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
