"""What the staff's page of a request shows of the home's file: what presses, and the way to the rest."""

from collections.abc import Mapping
from typing import Any

from services.aftersales.config import config_for
from services.aftersales.dwelling_file import homes
from services.aftersales.dwelling_file.dates import file_of
from services.aftersales.dwelling_file.showing import window_out
from services.aftersales.dwelling_file.windows import windows
from services.aftersales.model import Ticket
from services.kit.registry import local_today
from services.kit.unit import Unit
from services.kit.web import Principal

SHOWN = 3


async def windows_of(unit: Unit, ticket: Ticket, who: Principal) -> Mapping[str, Any] | None:
    """The first windows that run, and which dates are missing; nothing for a building's request."""
    if ticket.occupancy is None or ticket.dwelling is None:
        return None
    home = await homes.of_occupancy(unit, ticket.occupancy, who)
    config = await config_for(unit, home)
    today = await local_today(unit)
    found = windows(await file_of(unit, home, config), home.tenure, today, config.own_terms)
    running = [one for one in found if one.is_open][:SHOWN]
    return {
        "dwelling": ticket.dwelling,
        "windows": lambda language: [window_out(one, today, language) for one in running],
        "missing": sorted({one.missing for one in found if one.missing}),
    }
