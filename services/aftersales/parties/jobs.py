"""What a party sees of its jobs: the work, the place, and no more of the household than access needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import text
from sqlmodel import col, func, select

from services.aftersales import registry
from services.aftersales.intake import access
from services.aftersales.model import DeadlineRow, Ticket, TicketEvent
from services.aftersales.notices.model import Notice, NoticeTicket
from services.aftersales.parties.model import Party, PartyMessage
from services.aftersales.visits.following import last
from services.aftersales.visits.model import Slot, Visit
from services.aftersales.visits.offers import RUNNING
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
    street: str | None = None
    city: str | None = None

    @property
    def town(self) -> str:
        """Postcode and town, as an envelope has them."""
        return " ".join(part for part in (self.postcode, self.city) if part)

    @property
    def address(self) -> str:
        """Where to drive to: street, postcode and town, as far as known."""
        return ", ".join(part for part in (self.street, self.town) if part)


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
    left: tuple[str, ...]
    """What the household said is still to do, the newest last."""


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
    lines = await _lines(unit, list(rows.scalars()))
    last = datetime.max.replace(tzinfo=unit.now.tzinfo)
    return sorted(lines, key=lambda one: (one.ticket.state == "done", one.when or last, one.ticket.number))


async def job(unit: Unit, party: Party, ticket: Ticket) -> Job:
    """Everything of one job that its page may show now."""
    [line] = await _lines(unit, [ticket])
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
        left=await _left(unit, ticket),
    )


async def _left(unit: Unit, ticket: Ticket) -> tuple[str, ...]:
    rows = await unit.session.execute(
        select(TicketEvent.comment)
        .where(col(TicketEvent.ticket) == ticket.id, col(TicketEvent.action).in_(("half_fixed", "reopen")))
        .order_by(col(TicketEvent.place_in_history))
    )
    return tuple(words for words in rows.scalars() if words)


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
    return (await places_of(unit, [ticket]))[ticket.id]


async def places_of(unit: Unit, tickets: Sequence[Ticket]) -> dict[str, Place]:
    """Where each of the requests is, by its id."""
    homes = await unit.session.execute(
        text(
            "SELECT d.id, d.residence, d.postcode, d.staircase, d.floor, d.ref, a.street, a.city,"
            " b.ref AS building"
            " FROM registry.dwelling d LEFT JOIN registry.building b ON b.id = d.building"
            " LEFT JOIN registry.address a ON a.place = d.id"
            " WHERE d.id = ANY(:ids)"
        ),
        {"ids": list({one.dwelling for one in tickets if one.dwelling})},
    )
    found = {
        row.id: Place(
            row.residence, row.postcode, row.building, row.staircase, row.floor, row.ref, row.street, row.city
        )
        for row in homes
    }
    buildings = await unit.session.execute(
        text(
            "SELECT b.id, b.residence, b.ref, a.street, a.city, (SELECT min(d.postcode)"
            " FROM registry.dwelling d WHERE d.building = b.id) AS postcode FROM registry.building b"
            " LEFT JOIN registry.address a ON a.place = b.id WHERE b.id = ANY(:ids)"
        ),
        {"ids": list({one.building for one in tickets if one.building and not one.dwelling})},
    )
    found |= {
        row.id: Place(row.residence, row.postcode, row.ref, street=row.street, city=row.city)
        for row in buildings
    }
    return {one.id: found.get(one.dwelling or one.building or "", Place("–")) for one in tickets}


async def _lines(unit: Unit, tickets: Sequence[Ticket]) -> list[Line]:
    ids, places = [one.id for one in tickets], await places_of(unit, tickets)
    due = await unit.session.execute(
        select(col(DeadlineRow.ticket), func.min(col(DeadlineRow.due_at)))
        .where(
            col(DeadlineRow.ticket).in_(ids),
            col(DeadlineRow.kind).in_(("make_safe", "repair")),
            col(DeadlineRow.met_at).is_(None),
        )
        .group_by(col(DeadlineRow.ticket))
    )
    dues: dict[str, datetime] = {row[0]: row[1] for row in due.all()}
    coming = await unit.session.execute(
        select(Visit).where(col(Visit.ticket).in_(ids), col(Visit.state).in_(RUNNING))
    )
    visits = {visit.ticket: visit for visit in coming.scalars()}
    return [Line(one, places[one.id], visits.get(one.id), dues.get(one.id)) for one in tickets]


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
