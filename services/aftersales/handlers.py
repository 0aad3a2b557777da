"""What after-sales hears: people to forget, faults in the readings, hours."""

import logging

from sqlalchemy import text

from contracts.members import Erased, SandboxDropped
from contracts.time import HourPassed
from services.aftersales import duties, personal, walking
from services.kit import dropping
from services.kit.outage import is_outage
from services.kit.unit import Unit

_LOG = logging.getLogger(__name__)


async def erased(event: Erased, unit: Unit) -> None:
    await personal.erase(unit, event.person, event.occupancies)


async def sandbox_dropped(event: SandboxDropped, unit: Unit) -> None:
    await walking.end(unit, event.coop)
    await dropping.drop(unit, event.coop)


async def hour_passed(event: HourPassed, unit: Unit) -> None:
    """Every cooperative's hourly duties, whatever failed for another one; a sandbox's once its clock was
    followed to where it is."""
    coops = (await unit.session.execute(text("SELECT slug FROM registry.coop ORDER BY slug"))).scalars().all()
    for coop in coops:
        await unit.enter(coop)
        if unit.now == unit.wall or await _is_followed(unit):
            await duties.do_all(unit)


async def _is_followed(unit: Unit) -> bool:
    """Whether the sandbox's clock was followed to where it is. One that cannot be holds up nobody else."""
    try:
        async with unit.part():
            return await walking.walk(unit)
    except Exception as error:
        if is_outage(error):
            raise
        _LOG.exception("a sandbox's clock could not be followed", extra={"sandbox": unit.coop})
        return False
