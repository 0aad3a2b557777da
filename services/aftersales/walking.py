"""Follows the clock of a sandbox: what became due since its clock was there last is done, each in its turn.

A real cooperative's time passes by itself and its duties are done every hour. A sandbox's clock is set from
outside and may jump by months: here its time passes from one due instant to the next, up to where it was set.
"""

import asyncio
import logging
from datetime import datetime

from sqlalchemy import text

from services.aftersales import by_time, duties
from services.aftersales.due_instants import next_due
from services.aftersales.dwelling_file import asking
from services.aftersales.incidents import by_time as incidents
from services.aftersales.visits import reminding
from services.kit.alone import Duty
from services.kit.hourly import each_alone
from services.kit.outage import is_outage
from services.kit.room import Room
from services.kit.unit import Unit

_LOG = logging.getLogger(__name__)
LOOK_SECONDS = 1.0
PAUSE_SECONDS = 0.05
"""Between two parts of a walk; also while another replica walks."""
WALK_SECONDS = 2.0
"""How long one transaction walks; the next one goes on where it stopped, after the other sandboxes' turn."""

_TRY = "SELECT pg_try_advisory_xact_lock(hashtextextended('walk ' || :coop, 0))"
"""Whoever has it walks until its transaction ends."""

ON_THE_WAY: tuple[Duty, ...] = (
    by_time.warn,
    by_time.settle,
    reminding.remind,
    asking.ask,
    incidents.close,
)
"""Duties to which it matters at which instant they are done; the others are done on arrival."""


async def follow(room: Room) -> None:
    """For ever, in every replica: one at a time walks for a sandbox."""
    while not room.stopping.is_set():
        async with room.unit() as unit:
            coops = sorted(await behind(unit))
        arrived = [await _follow(room, coop) for coop in coops]
        await asyncio.sleep(LOOK_SECONDS if all(arrived) else PAUSE_SECONDS)


async def behind(unit: Unit) -> set[str]:
    """The sandboxes whose clock is not where it was when their duties were done last."""
    rows = await unit.session.execute(
        text(
            "SELECT c.slug FROM registry.coop c LEFT JOIN aftersales.clock_walk w ON w.coop = c.slug"
            " WHERE c.business_now IS NOT NULL AND w.done_until IS DISTINCT FROM c.business_now"
        )
    )
    return set(rows.scalars())


async def walk(unit: Unit, seconds: float = WALK_SECONDS) -> bool:
    """Do in their order the duties of the unit's sandbox that became due until its present time.

    Returns whether it has arrived there and nobody else is walking: what is not bound to an instant is then
    for the caller to do. A clock that was set back leaves nothing to do: what was done stays done.
    """
    if not (await unit.session.execute(text(_TRY), {"coop": unit.coop})).scalar_one():
        return False
    await unit.session.execute(
        text(
            "INSERT INTO aftersales.clock_walk (coop) SELECT slug FROM registry.coop WHERE slug = :coop"
            " ON CONFLICT DO NOTHING"
        ),
        {"coop": unit.coop},
    )
    rows = await unit.session.execute(
        text(
            "SELECT w.done_until, c.business_now FROM aftersales.clock_walk w JOIN registry.coop c"
            " ON c.slug = w.coop WHERE w.coop = :coop"
        ),
        {"coop": unit.coop},
    )
    row = rows.first()
    if row is None or row.business_now is None:
        return False
    until: datetime = row.business_now
    left_out: set[str] = set()
    done: datetime | None = row.done_until
    ends = asyncio.get_running_loop().time() + seconds
    is_there = done == until
    while not is_there:
        at = None if done and done > until else await next_due(unit, done, until, left_out)
        is_there = at is None or at == until
        done = at or until
        await _be_at(unit, done)
        if not is_there:
            await each_alone(unit, ON_THE_WAY)
            await unit.session.flush()
            unit.session.expunge_all()
            if asyncio.get_running_loop().time() > ends:
                break
    await unit.session.execute(
        text("UPDATE aftersales.clock_walk SET done_until = :done WHERE coop = :coop"),
        {"done": done, "coop": unit.coop},
    )
    await _be_at(unit, until)
    return is_there


async def _follow(room: Room, coop: str) -> bool:
    """Whether this replica need not go on at once."""
    try:
        async with room.unit() as unit:
            if not await unit.may_enter(coop):
                return True
            if await walk(unit):
                await duties.do_all(unit)
                return True
        async with room.unit() as unit:
            return coop not in await behind(unit)
    except Exception as error:
        if is_outage(error):
            raise
        _LOG.exception("a sandbox's clock could not be followed", extra={"sandbox": coop})
        return True


async def _be_at(unit: Unit, instant: datetime) -> None:
    """What was asked is asked again, but for the calendars: those of a part of a walk are the same."""
    calendars = await by_time.calendars(unit)
    unit.now = instant
    unit.forget()
    unit.learn(by_time.CALENDARS, calendars)
