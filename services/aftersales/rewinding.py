"""Computes the clocks of open requests again after the calendar or the heating season they count by changed.

The change itself only writes down that it is to be done: thousands of requests would hold it up. What was
paused stays paused, for each clock comes from its request's history.
"""

import asyncio
import logging

from sqlalchemy import text
from sqlmodel import col, select

from services.aftersales.model import WHOLE_COOP, Ticket
from services.aftersales.walking_model import Rewinding
from services.aftersales.winding_together import wind_all
from services.kit.outage import is_outage
from services.kit.room import Room
from services.kit.unit import Unit

_LOG = logging.getLogger(__name__)
CLOCKS_DEPEND_ON = frozenset({"calendar", "heating_period"})
"""Names of the settings by which promises and legal dates are counted."""
LOOK_SECONDS = 1.0
AT_ONCE = 200
"""Requests of one transaction: so long a second change of the setting waits at most."""


async def ask(unit: Unit, building: str | None) -> None:
    """Have the open requests of the unit's cooperative computed again, or those of one building; in the same
    transaction as the change."""
    await unit.session.execute(
        text(
            "INSERT INTO aftersales.rewinding (coop, building, asked_at, done_to)"
            " VALUES (:coop, :building, :wall, '') ON CONFLICT (coop, building)"
            " DO UPDATE SET asked_at = excluded.asked_at, done_to = ''"
        ),
        {"coop": unit.coop, "building": building or WHOLE_COOP, "wall": unit.wall},
    )


async def watch(room: Room) -> None:
    """For ever, in every replica: what was asked is done by one of them, in parts."""
    while not room.stopping.is_set():
        async with room.unit() as unit:
            rows = await unit.session.execute(select(col(Rewinding.coop)).distinct())
            coops = sorted(rows.scalars())
        for coop in coops:
            await _do(room, coop)
        await asyncio.sleep(LOOK_SECONDS)


async def some(unit: Unit, at_once: int = AT_ONCE) -> bool:
    """The next requests of the unit's cooperative; False when none is left or another replica has them."""
    found = await unit.session.execute(
        select(Rewinding)
        .where(col(Rewinding.coop) == unit.coop)
        .order_by(col(Rewinding.asked_at), col(Rewinding.building))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    wish = found.scalar_one_or_none()
    if wish is None:
        return False
    rows = await unit.session.execute(
        select(Ticket)
        .where(col(Ticket.coop) == wish.coop, col(Ticket.id) > wish.done_to)
        .where(col(Ticket.ended_at).is_(None))
        .where(col(Ticket.building) == wish.building if wish.building else col(Ticket.id).is_not(None))
        .order_by(col(Ticket.id))
        .limit(at_once)
        # In the order of their ids, and waiting for whoever has one in hand: they may count by the old rule.
        .with_for_update()
    )
    tickets = rows.scalars().all()
    last = tickets[-1].id if len(tickets) == at_once else None
    await wind_all(unit, tickets)
    if last is None:
        await unit.session.delete(wish)
    else:
        wish.done_to = last
    await unit.session.flush()
    return True


async def _do(room: Room, coop: str) -> None:
    try:
        is_left = True
        while is_left and not room.stopping.is_set():
            async with room.unit(coop) as unit:
                is_left = await some(unit)
    except Exception as error:
        if is_outage(error):
            raise
        _LOG.exception("clocks could not be computed again", extra={"cooperative": coop})
        await asyncio.sleep(LOOK_SECONDS)
