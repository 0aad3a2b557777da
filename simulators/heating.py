"""Electricity for heating: panels driven by outdoor temperature and set-point, or a boiler's pump."""

from dataclasses import dataclass

from contracts.codes import Heating
from simulators.load import Load

NIGHT_SETBACK_C = 2.0
AWAY_SETPOINT_C = 15.0
HEATING_STARTS_BELOW_C = 15.0
"""Daily mean under which heating is on at all (national thermosensitivity begins there)."""


@dataclass(frozen=True)
class Envelope:
    """How a home holds its heat."""

    loss_w_per_k: float
    """Losses through walls and ventilation, W per °C between inside and outside."""
    gains_w: float
    """People, sun and appliances, mean W."""
    setpoint_c: float
    heaters_w: int
    """Installed power of the electric panels, 0 where heat comes from elsewhere."""


def heating(
    load: Load,
    kind: Heating,
    envelope: Envelope,
    outdoor_c: tuple[float, ...],
    mean_c: float,
    warmed: list[int],
    is_away: bool,
) -> None:
    """Adds the electricity that heating draws. District and collective heat show nothing on this meter."""
    if mean_c >= HEATING_STARTS_BELOW_C or kind in (Heating.COLLECTIVE, Heating.DISTRICT):
        return
    if kind is Heating.GAS:
        load.spread("heating", [55.0 if warm else 18.0 for warm in warmed])
        return
    comfort = AWAY_SETPOINT_C if is_away else envelope.setpoint_c
    reduced = AWAY_SETPOINT_C if is_away else envelope.setpoint_c - NIGHT_SETBACK_C
    loss, gains, most = envelope.loss_w_per_k, envelope.gains_w, float(envelope.heaters_w)
    need = [
        loss * ((comfort if warm else reduced) - out) - gains
        for warm, out in zip(warmed, outdoor_c, strict=True)
    ]
    # Thermostats switch the panels fully on and off: the momentary draw lies above the mean.
    load.spread("heating", [0.0 if w <= 0 else w if w < most else most for w in need], 1.35)
