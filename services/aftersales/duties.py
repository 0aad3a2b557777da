"""What the room does for each cooperative every hour: one line per duty, each part brings its own."""

from services.aftersales import by_time, checkup
from services.aftersales.dwelling_file import asking
from services.aftersales.incidents import by_time as incidents
from services.aftersales.inspections import locking
from services.aftersales.intake import drafts, limits
from services.aftersales.notices import actions as notices
from services.aftersales.opinions import publishing
from services.aftersales.parties import links
from services.aftersales.visits import reminding
from services.kit.alone import Duty
from services.kit.hourly import each_alone
from services.kit.unit import Unit

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
    limits.forget,
    locking.drop_what_is_over,
    publishing.advance_all,
)


async def do_all(unit: Unit) -> bool:
    """Every duty of the unit's cooperative, each by itself; whether all are done."""
    return await each_alone(unit, DUTIES)
