"""Which meters a simulated home has, which device speaks for each, and what happens to them in the month."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from contracts.codes import Fluid, Heating
from simulators import warmth, water
from simulators.counter import Counter
from simulators.facts import choice
from simulators.households import Home, day_load
from simulators.load import STEP_S
from simulators.meter import JOULES_PER_WH
from simulators.voices import Voice
from simulators.weather import Weather

RADIO_BUILDINGS = 3
"""One building in so many has meters by radio, and the devices that follow."""
VOICES = {2: Voice.ZLINKY, 3: Voice.TASMOTA, 4: Voice.SHELLY, 5: Voice.ZLINKY, 8: Voice.ESPHOME}
"""Devices by the home's place in such a building; the others send SenML, or curves."""
EXCHANGED = 1
"""The place of the home whose electricity meter is replaced during the month."""
SILENT = 4
"""The place of the home whose water meter's battery dies during the month."""
EXCHANGE_TIME = time(10, 20)
"""Neither on a half-hour nor when a register is sent."""


@dataclass(frozen=True)
class Equipment:
    """What a plan adds to a home's electricity meter that sends SenML or load curves."""

    voice: Voice | None = None
    radio: tuple[Fluid, ...] = ()
    """Fluids whose meters the staircase's box hears."""
    exchanged_on: date | None = None
    silent_from: date | None = None


def equipment(home: Home, building: int, place: int, first_day: date, days: int) -> Equipment:
    """`place`: the home's number in its building, from 1. Spread evenly rather than drawn, so that a small
    park has each kind of device too."""
    if building % RADIO_BUILDINGS:
        return Equipment()
    late = first_day + timedelta(days=max(2, days * 3 // 5))
    is_in_month = late < first_day + timedelta(days=days)
    return Equipment(
        voice=Voice.SENML if place == EXCHANGED else VOICES.get(place),
        radio=fluids(home) if place % 2 == 0 else (),
        exchanged_on=late if place == EXCHANGED and is_in_month else None,
        silent_from=late if place == SILENT and is_in_month else None,
    )


def fluids(home: Home) -> tuple[Fluid, ...]:
    """What a home in a building with radio meters is metered for, besides electricity."""
    found = [Fluid.WATER]
    if water.has_hot_water_meter(home):
        found.append(Fluid.HOT_WATER)
    if home.heating is Heating.GAS:
        found.append(Fluid.GAS)
    if home.heating in (Heating.COLLECTIVE, Heating.DISTRICT):
        found.append(Fluid.HEAT)
    return tuple(found)


def with_panels(home: Home) -> Home:
    """One home in thirteen has panels on its balcony."""
    if home.index % 13 != 2:
        return home
    peaks: list[int] = choice("solar_peak_w")
    return replace(home, solar_w=Random(f"{home.seed}:panels:{home.index}").choice(peaks))


def counter(home: Home, fluid: Fluid, weather: Weather, first_day: date, zone: str) -> Counter:
    """The home's meter of a fluid other than electricity: in L; heat in Wh, of which it shows whole kWh."""
    index = Random(f"{home.seed}:index:{fluid}:{home.index}").randint(20_000, 2_000_000)
    match fluid:
        case Fluid.WATER:
            return Counter(water.cold_meter(home), first_day, zone, per_unit=water.ML, index=index)
        case Fluid.HOT_WATER:
            return Counter(water.hot_meter(home), first_day, zone, per_unit=water.ML, index=index)
        case Fluid.GAS:
            burnt = warmth.gas_meter(home, weather)
            per_litre = warmth.J_PER_LITRE_OF_GAS
            return Counter(burnt, first_day, zone, per_unit=per_litre, index=index, resolution=10)
        case Fluid.HEAT:
            taken = warmth.heat_meter(home, weather)
            return Counter(taken, first_day, zone, per_unit=JOULES_PER_WH, index=index * 10, resolution=1000)
    raise ValueError(f"{fluid} has a meter of its own kind")


def fed_in(home: Home, weather: Weather, first_day: date, zone: str) -> Counter | None:
    """The register of what the home's panels feed in; None without panels."""
    if home.solar_w == 0:
        return None

    def joules(day: date) -> list[int]:
        return [watts * STEP_S for watts in day_load(home, day, weather).fed_in_w]

    index = Random(f"{home.seed}:index:fed_in:{home.index}").randint(20_000, 400_000)
    return Counter(joules, first_day, zone, per_unit=JOULES_PER_WH, index=index)


def exchange_at(on: date, zone: str) -> datetime:
    """The instant at which the fitter replaces a meter."""
    return datetime.combine(on, EXCHANGE_TIME, ZoneInfo(zone))


def radio_id(home: Home, fluid: Fluid) -> str:
    """Eight digits, as on the meter's plate: of this home and fluid only."""
    return f"{list(Fluid).index(fluid) + 1}{home.index:07}"
