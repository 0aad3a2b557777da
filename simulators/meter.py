"""The electricity meter of a simulated home: exact cumulative register and half-hours of each civil day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from simulators.households import DayLoad, Home, day_load
from simulators.load import STEP_S
from simulators.weather import Weather

JOULES_PER_WH = 3600
HALF_HOUR_STEPS = 3


@dataclass(frozen=True)
class HalfHour:
    """One half-hour as a meter reports it."""

    start: datetime
    """UTC."""
    end: datetime
    energy_wh: int
    """Advance of the register: half-hours of any stretch add up to it exactly."""
    register_wh: int
    """The register at `end`."""
    peak_va: int
    peak_at: datetime
    """An instant inside the half-hour at which `peak_va` was drawn."""
    end_w: int = 0
    """Active power as the half-hour ends."""


class Meter:
    """Integrates a home's load, in joules, from local midnight of `first_day` on; days may be asked in any
    order, later ones cost the days before them once."""

    def __init__(self, home: Home, weather: Weather, first_day: date, zone: str, index_wh: int) -> None:
        self.home, self.zone, self.index_wh, self.first_day = home, zone, index_wh, first_day
        self._weather = weather
        self._joules_before = [0]
        """Energy before each day since `first_day`."""
        self._day: tuple[date, tuple[int, ...], tuple[int, ...]] | None = None

    def half_hours(self, day: date) -> list[HalfHour]:
        """The civil day's half-hours: 46, 48 or 50 in a European zone. ValueError before `first_day`."""
        watts, peaks = self._steps(day)
        start = midnight(day, self.zone)
        joules = self._before(day)
        register = self._register(joules)
        out = []
        for first in range(0, len(watts), HALF_HOUR_STEPS):
            steps = range(first, first + HALF_HOUR_STEPS)
            joules += sum(watts[step] for step in steps) * STEP_S
            before, register = register, self._register(joules)
            top = max(steps, key=peaks.__getitem__)
            begin = start + timedelta(seconds=first * STEP_S)
            out.append(
                HalfHour(
                    start=begin,
                    end=begin + timedelta(seconds=HALF_HOUR_STEPS * STEP_S),
                    energy_wh=register - before,
                    register_wh=register,
                    peak_va=peaks[top],
                    peak_at=start + timedelta(seconds=top * STEP_S + STEP_S // 2),
                    end_w=watts[first + HALF_HOUR_STEPS - 1],
                )
            )
        return out

    def register_at(self, instant: datetime) -> int:
        """The cumulative register in Wh at any instant from the start of `first_day`, rounded down."""
        day = instant.astimezone(ZoneInfo(self.zone)).date()
        watts, _ = self._steps(day)
        elapsed = int((instant - midnight(day, self.zone)).total_seconds())
        whole, rest = divmod(elapsed, STEP_S)
        joules = self._before(day) + sum(watts[:whole]) * STEP_S + (watts[whole] * rest if rest else 0)
        return self._register(joules)

    def power_at(self, instant: datetime) -> tuple[int, int]:
        """Active W and highest apparent VA of the ten minutes around an instant."""
        day = instant.astimezone(ZoneInfo(self.zone)).date()
        watts, peaks = self._steps(day)
        step = int((instant - midnight(day, self.zone)).total_seconds()) // STEP_S
        return watts[step], peaks[step]

    def _register(self, joules: int) -> int:
        return self.index_wh + joules // JOULES_PER_WH

    def _before(self, day: date) -> int:
        at = (day - self.first_day).days
        if at < 0:
            raise ValueError(f"the meter was fitted on {self.first_day}, after {day}")
        while len(self._joules_before) <= at:
            last = self.first_day + timedelta(days=len(self._joules_before) - 1)
            self._joules_before.append(self._joules_before[-1] + sum(self._steps(last)[0]) * STEP_S)
        return self._joules_before[at]

    def _steps(self, day: date) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Watts and peak VA of each real ten minutes of the civil day."""
        if self._day is None or self._day[0] != day:
            self._day = (day, *civil_steps(day_load(self.home, day, self._weather), day, self.zone))
        return self._day[1], self._day[2]


def civil_steps(load: DayLoad, day: date, zone: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Watts and VA of the civil day's real ten minutes: an hour is left out in spring, repeated in autumn."""
    clock = wall_steps(day, zone)
    if len(clock) == len(load.watts):
        return load.watts, load.peak_va
    return tuple(load.watts[step] for step in clock), tuple(load.peak_va[step] for step in clock)


@lru_cache(maxsize=2048)
def wall_steps(day: date, zone: str) -> tuple[int, ...]:
    """For each real ten minutes of a civil day, the ten-minute step of the wall clock it falls on."""
    start, local = midnight(day, zone), ZoneInfo(zone)
    count = int((midnight(day + timedelta(days=1), zone) - start).total_seconds()) // STEP_S
    clocks = ((start + timedelta(seconds=step * STEP_S)).astimezone(local) for step in range(count))
    return tuple(clock.hour * 6 + clock.minute // 10 for clock in clocks)


@lru_cache(maxsize=2048)
def midnight(day: date, zone: str) -> datetime:
    """UTC instant at which the civil day begins."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)
