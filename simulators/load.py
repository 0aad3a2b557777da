"""One day's electric load of a home under construction: mean watts, momentary peaks, energy by use."""

from collections import defaultdict

from simulators.weather import STEPS

STEP_S = 600
"""Length of a step in seconds."""
MOVABLE = frozenset({"hot_water", "washing", "drying", "dishes"})
"""Uses whose hour is a matter of a timer."""
COINCIDENCE = 0.3
"""Share of the smaller excesses that falls together with the largest one."""


class Load:
    """Ten-minute means in W, momentary peaks inside each step, and energy by use, of one wall-clock day."""

    def __init__(self) -> None:
        self.mean: list[float] = [0.0] * STEPS
        self.joules: dict[str, float] = defaultdict(float)
        """Energy by use, in J."""
        self.movable: list[float] = [0.0] * STEPS
        """The part of `mean` that a household could run at another hour."""
        self._largest: list[float] = [0.0] * STEPS
        self._others: list[float] = [0.0] * STEPS

    def spread(self, use: str, watts: list[float], peak_factor: float = 1.0) -> None:
        """Adds a whole day's profile; its momentary draw goes up to `peak_factor` times the mean."""
        self.mean = [have + more for have, more in zip(self.mean, watts, strict=True)]
        if peak_factor != 1.0:
            over = peak_factor - 1.0
            self._others = [have + more * over for have, more in zip(self._others, watts, strict=True)]
        self.joules[use] += sum(watts) * STEP_S

    def run(self, use: str, start: int, steps: int, watts: float, nominal_w: float = 0.0) -> None:
        """Adds one use of an appliance of `nominal_w`; what would run past midnight is moved before it."""
        start = max(0, min(start, STEPS - steps))
        if use in MOVABLE:
            for step in range(start, start + steps):
                self.movable[step] += watts
        excess = max(nominal_w - watts, 0.0)
        for step in range(start, start + steps):
            self.mean[step] += watts
            if excess > self._largest[step]:
                self._others[step] += self._largest[step]
                self._largest[step] = excess
            else:
                self._others[step] += excess
        self.joules[use] += watts * steps * STEP_S

    def peak(self) -> list[float]:
        """Highest momentary W inside each step: elements that cycle rarely all coincide."""
        return [
            mean + largest + COINCIDENCE * others
            for mean, largest, others in zip(self.mean, self._largest, self._others, strict=True)
        ]
