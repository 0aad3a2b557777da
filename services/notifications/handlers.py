"""What notifications hears: each event becomes intents for the people whom it concerns."""

from contracts.advice import TipRaised
from contracts.aftersales import (
    CheckInDue,
    DeadlineNear,
    IncidentDeclared,
    IncidentResolved,
    IncidentUpdated,
    InspectionSigned,
    TicketChanged,
    TicketOpened,
)
from contracts.members import Erased, MovedIn, SandboxDropped
from services.kit import dropping
from services.kit.unit import Unit
from services.notifications import actions, concerned, intents, personal, registry


async def moved_in(event: MovedIn, unit: Unit) -> None:
    await actions.tell(unit, event.coop, intents.moved_in(event))


async def tip_raised(event: TipRaised, unit: Unit) -> None:
    persons = await registry.residents(unit, [event.occupancy])
    await actions.tell(unit, event.coop, intents.tip_raised(event, persons))


async def ticket_opened(event: TicketOpened, unit: Unit) -> None:
    """A shared part's ticket has no household; the building hears of it when it is an incident."""
    if event.occupancy:
        persons = await registry.residents(unit, [event.occupancy])
        await actions.tell(unit, event.coop, intents.ticket_opened(event, persons))


async def ticket_changed(event: TicketChanged, unit: Unit) -> None:
    if event.occupancy and event.tells_household:
        persons = await registry.residents(unit, [event.occupancy])
        await actions.tell(unit, event.coop, intents.ticket_changed(event, persons, unit.wall))


async def incident_declared(event: IncidentDeclared, unit: Unit) -> None:
    persons = await registry.residents(unit, event.occupancies)
    news = await registry.incident_news(unit, event.news)
    await actions.tell(unit, event.coop, intents.incident_declared(event, persons, news))


async def incident_updated(event: IncidentUpdated, unit: Unit) -> None:
    """Households read what staff wrote; staff hear that something waits for them."""
    if event.state == "proposed" and not event.occupancies:
        staff = [person.id for person in await registry.staff(unit, event.coop) if person.role == "staff"]
        await actions.tell(unit, event.coop, intents.incident_proposed(event, staff), staff=True)
        return
    persons = await registry.residents(unit, event.occupancies)
    news = await registry.incident_news(unit, event.news)
    await actions.tell(unit, event.coop, intents.incident_updated(event, persons, news))


async def incident_resolved(event: IncidentResolved, unit: Unit) -> None:
    persons = await registry.residents(unit, event.occupancies)
    news = await registry.incident_news(unit, event.news)
    await actions.tell(unit, event.coop, intents.incident_resolved(event, persons, unit.wall, news))


async def deadline_near(event: DeadlineNear, unit: Unit) -> None:
    people = concerned.near(event, await registry.staff(unit, event.coop))
    await actions.tell(unit, event.coop, intents.deadline_near(event, people), staff=True)


async def check_in_due(event: CheckInDue, unit: Unit) -> None:
    persons = await registry.residents(unit, [event.occupancy])
    await actions.tell(unit, event.coop, intents.check_in_due(event, persons))


async def inspection_signed(event: InspectionSigned, unit: Unit) -> None:
    persons = await registry.residents(unit, [event.occupancy])
    await actions.tell(unit, event.coop, intents.inspection_signed(event, persons))


async def erased(event: Erased, unit: Unit) -> None:
    await personal.erase(unit, event.person)


async def sandbox_dropped(event: SandboxDropped, unit: Unit) -> None:
    await dropping.drop(unit, event.coop)
