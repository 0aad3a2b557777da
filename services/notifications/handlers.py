"""What notifications hears: each event becomes intents for the people whom it concerns."""

from pathlib import Path

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
from contracts.codes import ClockFamily, Priority
from contracts.members import Erased, MovedIn, SandboxDropped
from services.kit import dropping
from services.kit.unit import Unit
from services.notifications import (
    actions,
    alarms,
    concerned,
    forgetting,
    intents,
    personal,
    registry,
    staff_intents,
)


async def moved_in(event: MovedIn, unit: Unit) -> None:
    await actions.tell(unit, event.coop, intents.moved_in(event))


async def tip_raised(event: TipRaised, unit: Unit) -> None:
    persons = await registry.residents(unit, [event.occupancy])
    await actions.tell(unit, event.coop, intents.tip_raised(event, persons))


async def ticket_opened(event: TicketOpened, unit: Unit) -> None:
    """A shared part's ticket has no household; the building hears of it when it is an incident. The
    cooperative's people hear of what presses at any hour."""
    if event.occupancy:
        persons = await registry.residents(unit, [event.occupancy])
        await actions.tell(unit, event.coop, intents.ticket_opened(event, persons))
    if event.priority in (Priority.P0, Priority.P1):
        await _danger(event, event.priority, unit)


async def _danger(event: TicketOpened | TicketChanged, priority: Priority, unit: Unit) -> None:
    people = concerned.danger(event, await registry.staff(unit, event.coop))
    await alarms.at_once(
        unit,
        event.coop,
        people,
        lambda told: staff_intents.staff_danger(event, told),
        waits=priority is not Priority.P0,
    )


async def ticket_changed(event: TicketChanged, unit: Unit) -> None:
    """The cooperative's people hear of what was made pressing as of what came so."""
    if event.raised_to is not None:
        await _danger(event, event.raised_to, unit)
    if event.occupancy and event.tells_household:
        persons = await registry.residents(unit, [event.occupancy])
        firm = await registry.firm(unit, event.party)
        remark = await registry.remark(unit, event.ticket, event.remark)
        told = intents.ticket_changed(event, persons, unit.wall, firm, remark)
        await actions.tell(unit, event.coop, told)


async def incident_declared(event: IncidentDeclared, unit: Unit) -> None:
    persons = await registry.residents(unit, event.occupancies)
    news = await registry.incident_news(unit, event.news)
    await actions.tell(unit, event.coop, intents.incident_declared(event, persons, news))


async def incident_updated(event: IncidentUpdated, unit: Unit) -> None:
    """Households read what staff wrote; staff hear that something waits for them."""
    if event.state == "proposed" and not event.occupancies:
        staff = [person.id for person in await registry.staff(unit, event.coop) if person.role == "staff"]
        await actions.tell(unit, event.coop, staff_intents.incident_proposed(event, staff), staff=True)
        return
    persons = await registry.residents(unit, event.occupancies)
    news = await registry.incident_news(unit, event.news)
    await actions.tell(unit, event.coop, intents.incident_updated(event, persons, news))


async def incident_resolved(event: IncidentResolved, unit: Unit) -> None:
    persons = await registry.residents(unit, event.occupancies)
    news = await registry.incident_news(unit, event.news)
    await actions.tell(unit, event.coop, intents.incident_resolved(event, persons, unit.wall, news))


async def deadline_near(event: DeadlineNear, unit: Unit) -> None:
    """A safety promise is mailed at each threshold, day and night; the rest can wait for the morning."""
    people = concerned.near(event, await registry.staff(unit, event.coop))
    if event.clock is ClockFamily.SAFETY:
        await alarms.at_once(unit, event.coop, people, lambda told: staff_intents.deadline_near(event, told))
    elif event.digest_at is not None:
        await alarms.gather(unit, event, people)
    else:
        await actions.tell(unit, event.coop, staff_intents.deadline_near(event, people), staff=True)


async def check_in_due(event: CheckInDue, unit: Unit) -> None:
    persons = await registry.residents(unit, [event.occupancy])
    await actions.tell(unit, event.coop, intents.check_in_due(event, persons))


async def inspection_signed(event: InspectionSigned, unit: Unit) -> None:
    persons = await registry.residents(unit, [event.occupancy])
    await actions.tell(unit, event.coop, intents.inspection_signed(event, persons))


async def erased(event: Erased, unit: Unit, data_dir: Path | None = None) -> None:
    """Forget what was said to the person; also what the embedded mailbox in `data_dir` keeps of it."""
    messages = await personal.messages_of(unit, event.person)
    await personal.erase(unit, event.person)
    if data_dir is not None:
        await forgetting.forget(unit, data_dir, messages)


async def sandbox_dropped(event: SandboxDropped, unit: Unit) -> None:
    await dropping.drop(unit, event.coop)
