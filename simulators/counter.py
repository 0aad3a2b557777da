"""A cumulative register of any fluid: counts what flows through it exactly, whatever the days."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from simulators.load import STEP_S
from simulators.meter import HALF_HOUR_STEPS, HalfHour, midnight, wall_steps

Steps = Callable[[date], Sequence[int]]
"""What flows in each ten minutes of a wall-clock day, in whole fine units (mL, J)."""


class Counter:
    """Adds up `steps` from local midnight of `first_day` on; days may be asked in any order, later ones cost
    the days before them once."""

    def __init__(
        self,
        steps: Steps,
        first_day: date,
        zone: str,
        *,
        per_unit: int,
        index: int = 0,
        resolution: int = 1,
    ) -> None:
        """`per_unit` fine units make one unit of the register, which shows whole multiples of `resolution`
        and begins at `index`."""
        self.zone, self.index, self.first_day = zone, index, first_day
        self._steps_of, self._per_unit, self._resolution = steps, per_unit, resolution
        self._before_day = [0]
        """Fine units before each day since `first_day`."""
        self._day: tuple[date, tuple[int, ...]] | None = None

    def register_at(self, instant: datetime) -> int:
        """The register at any instant from the start of `first_day`, rounded down. ValueError before it."""
        day = instant.astimezone(ZoneInfo(self.zone)).date()
        elapsed = int((instant - midnight(day, self.zone)).total_seconds())
        total = self._before(day)
        if elapsed:  # midnight itself asks nothing of the day that begins
            steps = self._steps(day)
            whole, rest = divmod(elapsed, STEP_S)
            total += sum(steps[:whole]) + (steps[whole] * rest // STEP_S if rest else 0)
        return self._shown(total)

    def readings(self, day: date, every_s: int) -> Iterator[tuple[datetime, int]]:
        """The register every `every_s` seconds after the civil day's midnight, and at its end."""
        start, end = midnight(day, self.zone), midnight(day + timedelta(days=1), self.zone)
        instant = start + timedelta(seconds=every_s)
        while instant < end:
            yield instant, self.register_at(instant)
            instant += timedelta(seconds=every_s)
        yield end, self.register_at(end)

    def half_hours(self, day: date) -> list[HalfHour]:
        """The civil day's half-hours, without a peak power: 46, 48 or 50 in a European zone."""
        start, steps = midnight(day, self.zone), self._steps(day)
        total = self._before(day)
        register = self._shown(total)
        out = []
        for first in range(0, len(steps), HALF_HOUR_STEPS):
            total += sum(steps[first : first + HALF_HOUR_STEPS])
            before, register = register, self._shown(total)
            begin = start + timedelta(seconds=first * STEP_S)
            end = begin + timedelta(seconds=HALF_HOUR_STEPS * STEP_S)
            out.append(HalfHour(begin, end, register - before, register, 0, begin))
        return out

    def _shown(self, total: int) -> int:
        return (self.index + total // self._per_unit) // self._resolution * self._resolution

    def _before(self, day: date) -> int:
        at = (day - self.first_day).days
        if at < 0:
            raise ValueError(f"the meter was fitted on {self.first_day}, after {day}")
        while len(self._before_day) <= at:
            last = self.first_day + timedelta(days=len(self._before_day) - 1)
            self._before_day.append(self._before_day[-1] + sum(self._steps(last)))
        return self._before_day[at]

    def _steps(self, day: date) -> tuple[int, ...]:
        """What flows in each real ten minutes of the civil day."""
        if self._day is None or self._day[0] != day:
            steps = self._steps_of(day)
            self._day = (day, tuple(steps[step] for step in wall_steps(day, self.zone)))
        return self._day[1]
