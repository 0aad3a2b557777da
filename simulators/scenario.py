"""Water, gas and heat of a home as a scenario plays them: registers of one meter each, by SenML."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from contracts.codes import Fluid
from simulators.counter import Counter
from simulators.equipment import counter, fluids
from simulators.households import Home
from simulators.lines import PACK, QUANTITY, RADIO_EVERY_S
from simulators.meter import midnight
from simulators.publications import Device, Publication, senml
from simulators.weather import Weather

Begins = Callable[[date], datetime]
"""When a meter's day begins: a gas day does at six."""


@dataclass(frozen=True)
class FluidMeter:
    """One meter of one home."""

    home: Home
    fluid: Fluid
    weather: Weather
    first_day: date
    zone: str

    def messages(self, device: Device, days: Sequence[date], begins: Begins) -> Iterator[Publication]:
        """The civil days in packs, from the beginning of the meter's own first day on."""
        own, start = self._counter(), begins(days[0])
        readings = [(start, own.register_at(start))]
        for day in days:
            readings += [one for one in own.readings(day, RADIO_EVERY_S[self.fluid]) if one[0] > start]
            while len(readings) >= PACK:
                yield senml(device, readings[:PACK], (), quantity=QUANTITY[self.fluid])
                del readings[:PACK]
        if readings:
            yield senml(device, readings, (), quantity=QUANTITY[self.fluid])

    def expected(self, days: Sequence[date], begins: Begins) -> dict[date, int]:
        """Whole units of each of the meter's days, as far as the civil days reach."""
        own, end = self._counter(), midnight(days[-1] + timedelta(days=1), self.zone)
        bounds = [*(begins(day) for day in days), min(begins(days[-1] + timedelta(days=1)), end)]
        registers = [own.register_at(bound) for bound in bounds]
        return {day: registers[at + 1] - registers[at] for at, day in enumerate(days)}

    def _counter(self) -> Counter:
        return counter(self.home, self.fluid, self.weather, self.first_day, self.zone)


def fluid_meters(home: Home, weather: Weather, first_day: date, zone: str) -> list[FluidMeter]:
    """What the home is metered for besides electricity."""
    return [FluidMeter(home, fluid, weather, first_day, zone) for fluid in fluids(home)]
