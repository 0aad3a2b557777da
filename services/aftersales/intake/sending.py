"""A report that was told becomes requests: once, however often "send" is tapped."""

from dataclasses import dataclass
from datetime import date

from services.aftersales.actions import NewTicket
from services.aftersales.intake import access
from services.aftersales.intake.access import Access
from services.aftersales.intake.problems import Problem
from services.aftersales.model import Ticket
from services.aftersales.opening_several import open_all
from services.aftersales.registry import Home
from services.aftersales.telling import Actor
from services.kit.unit import Unit


@dataclass(frozen=True)
class Told:
    """All that a report says."""

    problems: list[Problem]
    """With place, element and symptom each."""
    text: str
    language: str
    access: Access
    noticed_on: date | None = None
    channel: str = "portal"
    reported_by: str | None = None
    urgent: tuple[str, ...] = ()
    """What is said of how pressing it is, codes of the table of urgency."""


async def send(unit: Unit, home: Home, told: Told, actor: Actor) -> list[Ticket]:
    """One request for each problem, all with the household's words and how to get in."""
    several = [
        NewTicket(
            place=problem.place,
            element=problem.element,
            symptom=problem.symptom,
            description=told.text.strip() or problem.sentence(told.language),
            channel=told.channel,
            noticed_on=told.noticed_on,
            reported_by=told.reported_by,
            urgent=told.urgent,
        )
        for problem in told.problems
    ]
    tickets = await open_all(unit, home, several, actor)
    for ticket in tickets:
        await access.keep(unit, ticket, told.access)
    return tickets
