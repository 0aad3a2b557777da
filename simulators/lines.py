"""What one simulated meter sends in a day, since then, and now, in the words of its device."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from contracts.codes import Fluid, Quantity
from simulators.counter import Counter
from simulators.households import POWER_FACTOR
from simulators.meter import HalfHour, Meter, midnight
from simulators.publications import Device, Publication, load_curve, load_curve_day, senml, told
from simulators.voices import Told, Voice, of_electricity, wmbusmeters

PACK = 4
"""Half-hours in a message of a device that buffers: two hours."""
HALF_HOUR = timedelta(minutes=30)
RADIO_EVERY_S: dict[Fluid, int] = {
    Fluid.WATER: 3600, Fluid.HOT_WATER: 7200, Fluid.GAS: 3600, Fluid.HEAT: 7200,
}  # fmt: skip
"""How often a box passes a meter's telegram on: cold water hourly, so that a leak shows at night, and gas, so
that six o'clock is among the hours on days of 23 and 25, too."""
QUANTITY: dict[Fluid, Quantity] = {
    Fluid.ELECTRICITY: Quantity.ENERGY_IMPORT, Fluid.GAS: Quantity.VOLUME, Fluid.WATER: Quantity.VOLUME,
    Fluid.HOT_WATER: Quantity.VOLUME, Fluid.HEAT: Quantity.HEAT,
}  # fmt: skip
"""What the meter of each fluid counts."""
GAS_DAY_BEGINS = time(6)


class Line(Protocol):
    """One meter and the device that speaks for it."""

    @property
    def device(self) -> Device: ...

    @property
    def fluid(self) -> Fluid: ...

    def day(self, day: date) -> Iterator[Publication]:
        """A whole civil day, nothing of days that are not the meter's."""

    def since(self, since: datetime, until: datetime) -> Iterator[Publication]:
        """What was not sent between the end of a played month and now."""

    def now(self, instant: datetime) -> Iterator[Publication]:
        """What it says at an instant, if anything. To be asked in order of time."""


@dataclass(frozen=True)
class Exchange:
    """The meter is replaced; the new one begins at zero."""

    at: datetime
    old_index_wh: int


@dataclass
class ElectricLine:
    """A home's electricity meter."""

    device: Device
    meter: Meter
    voice: Voice
    fed_in: Counter | None = None
    exchange: Exchange | None = None
    fluid: Fluid = Fluid.ELECTRICITY

    def day(self, day: date) -> Iterator[Publication]:
        if self.voice in (Voice.LOAD_CURVE, Voice.ESPHOME):  # what has no time of its own plays no past
            yield from load_curve_day(self.device, self.meter, day)
            return
        halves = self.meter.half_hours(day)
        if self.voice is Voice.SENML:
            yield from self._packs(day, halves)
            return
        fed_in = self.fed_in.half_hours(day) if self.fed_in else None
        if day == self.meter.first_day:
            export = self.fed_in.index if self.fed_in else None
            yield from self._say(halves[0].start, self.meter.index_wh, halves[0].end_w, export)
        for at, half in enumerate(halves):
            export = fed_in[at].register_wh if fed_in else None
            yield from self._say(half.end, half.register_wh, half.end_w, export)

    def since(self, since: datetime, until: datetime) -> Iterator[Publication]:
        count = (until - since) // HALF_HOUR
        # After curves a register is new: its first reading is that of the month's end.
        first = 0 if self.voice in (Voice.LOAD_CURVE, Voice.ESPHOME) else 1
        instants = [since + HALF_HOUR * number for number in range(first, count + 1)]
        if self.voice in (Voice.ZLINKY, Voice.TASMOTA, Voice.SHELLY):
            for instant in instants:
                yield from self._now(instant, self.voice)
        else:
            counted = [(instant, self.meter.register_at(instant)) for instant in instants]
            middles = [instant - HALF_HOUR / 2 for instant in instants if instant > since]
            peaks = [(middle, self.meter.power_at(middle)[1]) for middle in middles]
            if counted:
                yield self._senml(counted, peaks)

    def now(self, instant: datetime) -> Iterator[Publication]:
        yield from self._now(instant, self.voice)

    def _now(self, instant: datetime, voice: Voice) -> Iterator[Publication]:
        watts, va = self.meter.power_at(instant)
        counted = self.meter.register_at(instant)
        if voice in (Voice.SENML, Voice.LOAD_CURVE):
            yield self._senml([(instant, counted)], [(instant, va)], [(instant, watts)])
        else:
            fed_in = self.fed_in.register_at(instant) if self.fed_in else None
            now = Told(instant, self._shown(instant, counted), counted, watts, va, fed_in)
            yield from of_electricity(voice, self.device, now, self.meter.zone)

    def _packs(self, day: date, halves: list[HalfHour]) -> Iterator[Publication]:
        for first in range(0, len(halves), PACK):
            group = halves[first : first + PACK]
            counted = [(half.end, half.register_wh) for half in group]
            if first == 0 and day == self.meter.first_day:
                counted.insert(0, (group[0].start, self.meter.index_wh))
            yield self._senml(counted, [(half.peak_at, half.peak_va) for half in group])

    def _senml(
        self,
        counted: list[tuple[datetime, int]],
        peaks: list[tuple[datetime, int]],
        powers: Sequence[tuple[datetime, int]] = (),
    ) -> Publication:
        fed_in = [(at, self.fed_in.register_at(at)) for at, _ in counted] if self.fed_in else []
        shown = [(at, self._shown(at, wh)) for at, wh in counted]
        return replace(senml(self.device, shown, peaks, powers, fed_in=fed_in), registers=told(counted))

    def _say(self, at: datetime, counted: int, watts: int, fed_in: int | None) -> Iterator[Publication]:
        now = Told(at, self._shown(at, counted), counted, watts, round(watts / POWER_FACTOR), fed_in)
        yield from of_electricity(self.voice, self.device, now, self.meter.zone)

    def _shown(self, at: datetime, counted: int) -> int:
        """What the display of the meter that hangs there at `at` shows."""
        if self.exchange is None or at < self.exchange.at:
            return counted
        return counted - self.exchange.old_index_wh


@dataclass
class RadioLine:
    """A meter that a building's wmbusmeters box hears."""

    device: Device
    fluid: Fluid
    counter: Counter
    silent_from: date | None = None
    """Its battery is dead from that day's first minute on; the meter itself goes on counting."""
    _said: datetime | None = None

    def day(self, day: date) -> Iterator[Publication]:
        if self._is_silent(day):
            return
        begins = self.begins
        if day == self.counter.first_day:
            yield self._telegram(begins, self.counter.register_at(begins))
        for at, value in self.counter.readings(day, RADIO_EVERY_S[self.fluid]):
            if at > begins:
                yield self._telegram(at, value)

    def since(self, since: datetime, until: datetime) -> Iterator[Publication]:
        instant = since
        while (instant := self._next(instant)) <= until:
            yield from self.now(instant)

    def now(self, instant: datetime) -> Iterator[Publication]:
        if self._is_silent(instant.date()) or (self._said is not None and instant < self._next(self._said)):
            return
        self._said = instant
        yield self._telegram(instant, self.counter.register_at(instant))

    @property
    def begins(self) -> datetime:
        """When the household's first day with this meter begins."""
        at = GAS_DAY_BEGINS if self.fluid is Fluid.GAS else time.min
        return datetime.combine(self.counter.first_day, at, ZoneInfo(self.counter.zone)).astimezone(UTC)

    def _next(self, instant: datetime) -> datetime:
        return instant + timedelta(seconds=RADIO_EVERY_S[self.fluid])

    def _is_silent(self, day: date) -> bool:
        return self.silent_from is not None and day >= self.silent_from

    def _telegram(self, at: datetime, value: int) -> Publication:
        return wmbusmeters(self.device, self.fluid, at, value)


@dataclass
class CommonLine:
    """A meter of a building's common part: a load curve a day."""

    device: Device
    counter: Counter
    fluid: Fluid = Fluid.ELECTRICITY
    _next: date | None = None
    """The first day whose curve is still to be sent."""

    def day(self, day: date) -> Iterator[Publication]:
        start = midnight(day, self.counter.zone)
        yield load_curve(self.device, start, self.counter.zone, self.counter.half_hours(day))

    def since(self, since: datetime, until: datetime) -> Iterator[Publication]:
        self._next = since.astimezone(ZoneInfo(self.counter.zone)).date()
        yield from self.now(until)

    def now(self, instant: datetime) -> Iterator[Publication]:
        """A day's curve once it is over."""
        today = instant.astimezone(ZoneInfo(self.counter.zone)).date()
        self._next = self._next or today
        while self._next < today:
            yield from self.day(self._next)
            self._next += timedelta(days=1)
