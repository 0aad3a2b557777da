"""What after-sales hears: people to forget, sandboxes that are dropped, hours."""

from contracts.members import Erased, SandboxDropped
from services.aftersales import duties, personal, walking
from services.kit import dropping
from services.kit.unit import Unit


async def erased(event: Erased, unit: Unit) -> None:
    await personal.erase(unit, event.person, event.occupancies)


async def sandbox_dropped(event: SandboxDropped, unit: Unit) -> None:
    await dropping.drop(unit, event.coop)


async def an_hour(unit: Unit) -> bool:
    """The hourly duties of the unit's cooperative; a sandbox's once its clock was followed to where it is,
    else whoever follows it does them there."""
    if unit.now != unit.wall and not await walking.walk(unit):
        return True
    return await duties.do_all(unit)
