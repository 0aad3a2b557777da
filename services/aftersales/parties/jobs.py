"""What a party sees of its jobs: the work, the place, and no more of the household than access needs."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import text
from sqlmodel import col, select

from services.aftersales import registry
from services.aftersales.intake import access
from services.aftersales.model import DeadlineRow, Ticket
from services.aftersales.notices.model import Notice, NoticeTicket
from services.aftersales.parties.model import Party, PartyMessage
from services.aftersales.visits.following import last, running
from services.aftersales.visits.model import Slot, Visit
from services.aftersales.visits.terms import terms_of
from services.kit.problems import not_found
from services.kit.registry import zone_of
from services.kit.unit import Unit

WITH_PARTY = (
    "assigned", "scheduled", "in_progress", "waiting_member", "waiting_access", "waiting_parts",
    "waiting_third_party", "done",
)  # fmt: skip
"""States in which a request is in the hands of the party it was given to."""


@dataclass(frozen=True)
class Place:
    """Where to go, as the door bells and lift buttons say it."""

    residence: str
    postcode: str | None = None
    building: str | None = None
    staircase: str | None = None
    floor: str | None = None
    door: str | None = None


@dataclass(frozen=True)
class Person:
    """Whom to ring: a first name and a number, around the visit only."""

    name: str
    phone: str | None


@dataclass(frozen=True)
class Line:
    """A job in the list."""

    ticket: Ticket
    place: Place
    visit: Visit | None
    due_at: datetime | None

    @property
    def when(self) -> datetime | None:
        """What it is sorted by: the visit, else the deadline."""
        return self.visit.starts_at if self.visit else self.due_at


@dataclass(frozen=True)
class Job(Line):
    """A job with all that its page may show."""

    availability: tuple[str, ...]
    access_note: str | None
    person: Person | None
    slots: tuple[Slot, ...]
    """Windows proposed to the household and not chosen yet."""
    notices: tuple[Notice, ...]
    messages: tuple[PartyMessage, ...]


async def ticket_of(unit: Unit, party: Party, ticket: str) -> Ticket:
    """The party's own open job of that id; 404 for any other request there is."""
    found = await unit.session.get(Ticket, ticket)
    if (
        found is None
        or found.coop != party.coop
        or found.party != party.id
        or found.ended_at is not None
        or found.state not in WITH_PARTY
    ):
        raise not_found()
    return found


async def listed(unit: Unit, party: Party) -> list[Line]:
    """Its open jobs: the next visit or deadline first, what waits for the household's word last."""
    rows = await unit.session.execute(
        select(Ticket)
        .where(
            col(Ticket.coop) == party.coop,
            col(Ticket.party) == party.id,
            col(Ticket.ended_at).is_(None),
            col(Ticket.state).in_(WITH_PARTY),
        )
        .order_by(col(Ticket.number))
        .limit(500)
    )
    lines = [await _line(unit, ticket) for ticket in rows.scalars()]
    last = datetime.max.replace(tzinfo=unit.now.tzinfo)
    return sorted(lines, key=lambda one: (one.ticket.state == "done", one.when or last, one.ticket.number))


async def job(unit: Unit, party: Party, ticket: Ticket) -> Job:
    """Everything of one job that its page may show now."""
    line = await _line(unit, ticket)
    said = await access.of(unit, ticket.id)
    is_coming = line.visit is not None or ticket.state == "in_progress"
    return Job(
        ticket=ticket,
        place=line.place,
        visit=line.visit,
        due_at=line.due_at,
        availability=said.availability,
        access_note=said.note if is_coming and ticket.state != "done" else None,
        person=await _person(unit, ticket, line.visit),
        slots=await proposed(unit, ticket, party.id),
        notices=await _notices(unit, party, ticket),
        messages=await messages(unit, ticket, party.id),
    )


async def proposed(unit: Unit, ticket: Ticket, host: str) -> tuple[Slot, ...]:
    """Windows that were proposed for this request and can still be chosen."""
    rows = await unit.session.execute(
        select(Slot)
        .where(
            col(Slot.ticket) == ticket.id,
            col(Slot.host) == host,
            col(Slot.withdrawn_at).is_(None),
            col(Slot.starts_at) > unit.now,
        )
        .order_by(col(Slot.starts_at), col(Slot.id))
    )
    return tuple(rows.scalars())


async def messages(unit: Unit, ticket: Ticket, party: str) -> tuple[PartyMessage, ...]:
    """What cooperative and party wrote to each other about it, oldest first."""
    rows = await unit.session.execute(
        select(PartyMessage)
        .where(col(PartyMessage.ticket) == ticket.id, col(PartyMessage.party) == party)
        .order_by(col(PartyMessage.written_at), col(PartyMessage.id))
    )
    return tuple(rows.scalars())


async def place_of(unit: Unit, ticket: Ticket) -> Place:
    """Where the request is."""
    if ticket.dwelling is not None:
        row = (
            await unit.session.execute(
                text(
                    "SELECT d.residence, d.postcode, d.staircase, d.floor, d.ref, b.ref AS building"
                    " FROM registry.dwelling d LEFT JOIN registry.building b ON b.id = d.building"
                    " WHERE d.id = :id"
                ),
                {"id": ticket.dwelling},
            )
        ).one_or_none()
        if row is not None:
            return Place(row.residence, row.postcode, row.building, row.staircase, row.floor, row.ref)
    building = (
        await unit.session.execute(
            text("SELECT residence, ref FROM registry.building WHERE id = :id"), {"id": ticket.building}
        )
    ).one_or_none()
    return Place(building.residence, building=building.ref) if building else Place("–")


async def _line(unit: Unit, ticket: Ticket) -> Line:
    due = await unit.session.execute(
        select(col(DeadlineRow.due_at))
        .where(
            col(DeadlineRow.ticket) == ticket.id,
            col(DeadlineRow.kind).in_(("make_safe", "repair")),
            col(DeadlineRow.met_at).is_(None),
        )
        .order_by(col(DeadlineRow.due_at))
        .limit(1)
    )
    return Line(
        ticket, await place_of(unit, ticket), await running(unit, ticket.id), due.scalar_one_or_none()
    )


async def _person(unit: Unit, ticket: Ticket, visit: Visit | None) -> Person | None:
    """From the day before the visit until its end, also once the work has begun."""
    if visit is None and ticket.state == "in_progress":
        visit = await last(unit, ticket.id)
    if ticket.occupancy is None or visit is None:
        return None
    zone, terms = await zone_of(unit), await terms_of(unit)
    day = visit.starts_at.astimezone(zone).date() - timedelta(days=terms.household_shown_days_before)
    if not datetime.combine(day, time(), zone) <= unit.now <= visit.ends_at:
        return None
    people = await registry.household(unit, ticket.occupancy)
    known = next((one for one in people if one.mobile), people[0] if people else None)
    return Person(known.name.split()[0], known.mobile) if known else None


async def _notices(unit: Unit, party: Party, ticket: Ticket) -> tuple[Notice, ...]:
    """Formal notices that were written to this party about it."""
    rows = await unit.session.execute(
        select(Notice)
        .join(NoticeTicket, col(NoticeTicket.notice) == col(Notice.id))
        .where(col(NoticeTicket.ticket) == ticket.id, col(Notice.party) == party.id)
        .order_by(col(Notice.written_at))
    )
    return tuple(rows.scalars())
