"""What follows from a step of a request in other parts of the room, in the same transaction."""

from collections.abc import Awaitable, Callable

from services.aftersales.lifecycle import Step
from services.aftersales.model import Ticket
from services.aftersales.parties import job_letters
from services.aftersales.visits import following
from services.kit.unit import Unit

Follower = Callable[[Unit, Ticket, Step], Awaitable[None]]
"""May raise a Problem: the step is then undone."""

FOLLOWERS: tuple[Follower, ...] = (following.follow, job_letters.follow)


async def follow(unit: Unit, ticket: Ticket, step: Step) -> None:
    for follower in FOLLOWERS:
        await follower(unit, ticket, step)
