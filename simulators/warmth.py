"""Gas and heat of homes that do not heat by electricity: rooms by the weather, hot water by its draws."""

from collections.abc import Callable
from datetime import date

from contracts.codes import Heating
from simulators.facts import choice, fact
from simulators.heating import AWAY_SETPOINT_C, HEATING_STARTS_BELOW_C, NIGHT_SETBACK_C
from simulators.households import Home, presence_on
from simulators.load import STEP_S
from simulators.water import draws
from simulators.weather import Weather

J_PER_WH = 3600
J_PER_LITRE_KELVIN = 4186
"""Of water."""
J_PER_LITRE_OF_GAS = round(fact("gas_kwh_per_m3") * J_PER_WH)
"""A kWh per m³ is a Wh per litre."""


def room_heat(home: Home, day: date, weather: Weather) -> tuple[int, ...]:
    """J that keep the rooms warm in each ten minutes of a wall-clock day."""
    outdoor = weather.temperatures(day)
    if weather.mean(day) >= HEATING_STARTS_BELOW_C:
        return (0,) * len(outdoor)
    plan, own = presence_on(home, day), home.envelope
    comfort = AWAY_SETPOINT_C if plan.is_away else own.setpoint_c
    reduced = AWAY_SETPOINT_C if plan.is_away else own.setpoint_c - NIGHT_SETBACK_C
    return tuple(
        max(0, int(own.loss_w_per_k * ((comfort if warm else reduced) - out) - own.gains_w)) * STEP_S
        for warm, out in zip(plan.warmed(), outdoor, strict=True)
    )


def gas_meter(home: Home, weather: Weather) -> Callable[[date], tuple[int, ...]]:
    """J of gas that a boiler burns for rooms and hot water. ValueError where nothing burns gas."""
    if home.heating is not Heating.GAS:
        raise ValueError(f"{home.name} has no gas")
    warms_by_k, losses = choice("hot_water_warmed_by_k"), choice("boiler_efficiency")

    def burnt(day: date) -> tuple[int, ...]:
        hot = draws(home, day).hot
        rooms = room_heat(home, day, weather)
        return tuple(
            int((room + drawn * J_PER_LITRE_KELVIN * warms_by_k / 1000) / losses)
            for room, drawn in zip(rooms, hot, strict=True)
        )

    return burnt


def heat_meter(home: Home, weather: Weather) -> Callable[[date], tuple[int, ...]]:
    """J of the building's or the network's heat that the home's radiators take. ValueError where it heats
    itself."""
    if home.heating not in (Heating.COLLECTIVE, Heating.DISTRICT):
        raise ValueError(f"{home.name} heats itself")
    return lambda day: room_heat(home, day, weather)
