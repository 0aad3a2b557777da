"""A duty of one cooperative in a unit of its own: what fails there holds up no other cooperative."""

import logging
from collections.abc import Awaitable, Callable

from services.kit.outage import is_outage
from services.kit.room import Room
from services.kit.unit import Unit

_LOG = logging.getLogger(__name__)

Duty = Callable[[Unit], Awaitable[None]]
"""Called inside a cooperative, on its own business time. It is bound to no instant: it does all that is due
by then, and is safe to repeat."""


async def alone(room: Room, coop: str, duty: Duty) -> bool:
    """Whether it was done: what fails is undone and logged, for the caller to try again. A cooperative that
    is gone has no duties. An engine that is away is everybody's trouble, and raised."""
    try:
        async with room.unit() as unit:
            if await unit.may_enter(coop):
                await duty(unit)
    except Exception as error:
        if is_outage(error):
            raise
        _LOG.exception("a duty failed", extra={"duty": duty.__name__, "cooperative": coop})
        return False
    return True
