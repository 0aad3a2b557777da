"""What members hears: that one of its sandboxes was dropped."""

from contracts.members import SandboxDropped
from services.kit import dropping
from services.kit.unit import Unit


async def sandbox_dropped(event: SandboxDropped, unit: Unit) -> None:
    """On the work role: accounts and links are out of the web role's sight. The name goes a day later."""
    await dropping.drop(unit, event.coop, keep=("coop",))
