"""What the room does for each cooperative every hour: one line per duty, each part brings its own."""

import logging
from collections.abc import Awaitable, Callable, Sequence

from services.aftersales import by_time, checkup
from services.aftersales.dwelling_file import asking
from services.aftersales.incidents import by_time as incidents
from services.aftersales.inspections import locking
from services.aftersales.intake import drafts
from services.aftersales.notices import actions as notices
from services.aftersales.parties import links
from services.aftersales.visits import reminding
from services.kit.outage import is_outage
from services.kit.unit import Unit

_LOG = logging.getLogger(__name__)

Duty = Callable[[Unit], Awaitable[None]]
"""Called inside the cooperative, on its own business time; safe to repeat."""

DUTIES: tuple[Duty, ...] = (
    by_time.rewind_paused,
    by_time.warn,
    by_time.settle,
    reminding.remind,
    reminding.forget_tries,
    links.forget_ended,
    notices.collect,
    checkup.nightly,
    incidents.close,
    asking.ask,
    drafts.drop_old,
    locking.drop_what_is_over,
)


async def do_all(unit: Unit) -> None:
    """Every duty of the unit's cooperative. One that fails is undone and logged, the others are done."""
    await do(unit, DUTIES)


async def do(unit: Unit, some: Sequence[Duty]) -> None:
    """Some duties of the unit's cooperative, each by itself as with `do_all`."""
    for duty in some:
        try:
            async with unit.part():
                await duty(unit)
        except Exception as error:
            if is_outage(error):
                raise
            _LOG.exception("a duty failed", extra={"duty": duty.__name__})
