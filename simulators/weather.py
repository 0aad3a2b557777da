"""Outdoor temperature and daylight of a Paris-like place: seasonal, daily and autocorrelated, by seed."""

import math
from datetime import date
from random import Random

from simulators.facts import choice

STEPS = 144
"""Ten-minute steps in a wall-clock day."""


class Weather:
    """The same weather for every home of one seed. Any day can be asked for, in any order."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._climate: dict[str, float] = choice("climate")
        self._shocks: dict[int, float] = {}
        self._days: dict[date, tuple[float, ...]] = {}

    def temperatures(self, day: date) -> tuple[float, ...]:
        """Outdoor °C at each ten-minute step of the wall-clock day."""
        found = self._days.get(day)
        if found is None:
            found = self._days[day] = self._compute(day)
        return found

    def mean(self, day: date) -> float:
        """The day's mean °C."""
        return math.fsum(self.temperatures(day)) / STEPS

    def _compute(self, day: date) -> tuple[float, ...]:
        climate, ordinal = self._climate, day.toordinal()
        season = math.cos(2 * math.pi * (day.timetuple().tm_yday - climate["coldest_day"]) / 365.25)
        seasonal = climate["mean_c"] - climate["swing_c"] * season
        sky = Random(f"{self._seed}:sky:{ordinal}").uniform(0.5, 1.3)
        swing = (3.4 - 1.4 * season) * sky
        before, now, after = (self._anomaly(ordinal + shift) for shift in (-1, 0, 1))
        out = []
        for step in range(STEPS):
            hour = step / 6
            # The anomaly is the day's own at noon and slides to its neighbours' by midnight.
            anomaly = (
                now + (after - now) * (hour - 12) / 24
                if hour >= 12
                else now + (before - now) * (12 - hour) / 24
            )
            out.append(seasonal + anomaly + swing * math.cos(2 * math.pi * (hour - 15) / 24))
        return tuple(out)

    def _anomaly(self, ordinal: int) -> float:
        rho = self._climate["noise_lag1"]
        scale = self._climate["noise_sd_c"] * math.sqrt(1 - rho * rho)
        return scale * math.fsum(rho**lag * self._shock(ordinal - lag) for lag in range(20))

    def _shock(self, ordinal: int) -> float:
        found = self._shocks.get(ordinal)
        if found is None:
            found = self._shocks[ordinal] = Random(f"{self._seed}:weather:{ordinal}").gauss(0, 1)
        return found


def daylight(day: date, is_summer_time: bool) -> tuple[int, int]:
    """Ten-minute steps of sunrise and sunset by the wall clock, near the meridian of Paris.

    The sunrise equation with the usual cosine for the declination: right within some ten minutes,
    which is one step.
    """
    latitude = math.radians(choice("climate")["latitude"])
    declination = -math.radians(23.44) * math.cos(2 * math.pi * (day.timetuple().tm_yday + 10) / 365.25)
    half_day_h = math.degrees(math.acos(-math.tan(latitude) * math.tan(declination))) / 15
    noon_h = 12.85 + (1 if is_summer_time else 0)
    return int((noon_h - half_day_h) * 6), int((noon_h + half_day_h) * 6)
