"""Which windows a household can choose from now: those with a place left, of whoever is to come."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_
from sqlmodel import col, select

from services.aftersales.assess import home_of
from services.aftersales.config import config_for
from services.aftersales.model import Ticket
from services.aftersales.parties.model import Party
from services.aftersales.visits.model import Availability, Slot, Visit
from services.aftersales.visits.terms import terms_of
from services.aftersales.visits.windows import Week, Window, windows
from services.kit.ids import id_of
from services.kit.unit import Unit

RUNNING = ("booked", "on_the_way")
FIRMS = frozenset({"contractor", "vendor"})
"""Kinds of parties whose people come to a home."""


@dataclass(frozen=True)
class Offer:
    """A window that can be had. `slot` is its id whether or not it is stored yet."""

    slot: str
    host: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    left: int
    ticket: str | None = None
    building: str | None = None
    is_weekly: bool = True


def slot_id(coop: str, host: str, starts_at: datetime, ends_at: datetime, ticket: str | None = None) -> str:
    """The same window is the same slot, however often it is worked out."""
    parts = (coop, host, starts_at.isoformat(), ends_at.isoformat(), ticket or "")
    return id_of("slt", *(part.encode() for part in parts))


async def host_of(unit: Unit, ticket: Ticket) -> str:
    """Who comes for a request: the firm it was given to, else the team that follows it."""
    party = await unit.session.get(Party, ticket.party) if ticket.party else None
    return party.id if party is not None and party.kind in FIRMS else ticket.team


async def offered(unit: Unit, ticket: Ticket) -> list[Offer]:
    """Windows with a place left, soonest first; those proposed for this request come before others."""
    terms = await terms_of(unit)
    host = await host_of(unit, ticket)
    first = unit.now + timedelta(hours=terms.lead_hours)
    found = await _all(unit, ticket, host, first, terms.offered_days)
    taken = await seats_taken(unit, list(found))
    free = []
    for slot, offer in found.items():
        left = offer.capacity - len(taken.get(slot, ()))
        if left > 0:
            free.append(_with(offer, left))
    free.sort(key=lambda one: (one.ticket is None, one.starts_at, one.ends_at, one.slot))
    return free[: terms.most_offered]


async def seats_taken(unit: Unit, slots: list[str]) -> Mapping[str, set[int]]:
    """By slot, the places that visits hold now."""
    rows = await unit.session.execute(
        select(Visit.slot, Visit.seat).where(col(Visit.slot).in_(slots), col(Visit.state).in_(RUNNING))
    )
    taken: dict[str, set[int]] = {}
    for slot, seat in rows.all():
        taken.setdefault(str(slot), set()).add(seat)
    return taken


async def weeks_of(unit: Unit, host: str) -> list[Availability]:
    """The weekly hours of a host, by weekday."""
    rows = await unit.session.execute(
        select(Availability)
        .where(col(Availability.coop) == unit.coop, col(Availability.host) == host)
        .order_by(col(Availability.weekday), col(Availability.starts), col(Availability.id))
    )
    return list(rows.scalars())


async def _all(unit: Unit, ticket: Ticket, host: str, first: datetime, days: int) -> dict[str, Offer]:
    """Weekly windows, and over them what is stored: single windows, proposals, withdrawals."""
    assert unit.coop is not None
    calendar = (await config_for(unit, await home_of(unit, ticket))).calendar
    today = unit.now.astimezone(calendar.zone).date()
    weekly = windows(
        [_week(row) for row in await weeks_of(unit, host)],
        calendar.zone,
        today,
        today + timedelta(days=days),
        calendar.is_working_day,
    )
    found: dict[str, Offer] = {}
    for window in weekly:
        if window.starts_at >= first and window.building in (None, ticket.building):
            offer = _virtual(unit.coop, host, window)
            found[offer.slot] = offer
    stored = await unit.session.execute(
        select(Slot).where(
            col(Slot.coop) == unit.coop,
            col(Slot.host) == host,
            col(Slot.starts_at) >= unit.now,
            or_(col(Slot.ticket).is_(None), col(Slot.ticket) == ticket.id),
        )
    )
    for row in stored.scalars():
        if row.withdrawn_at is not None:
            found.pop(row.id, None)
        elif row.building in (None, ticket.building) and (row.ticket or row.starts_at >= first):
            found[row.id] = offer_of(row)
    return found


def offer_of(row: Slot) -> Offer:
    return Offer(
        row.id,
        row.host,
        row.starts_at,
        row.ends_at,
        row.capacity,
        row.capacity,
        row.ticket,
        row.building,
        row.is_weekly,
    )


def _virtual(coop: str, host: str, window: Window) -> Offer:
    slot = slot_id(coop, host, window.starts_at, window.ends_at)
    return Offer(
        slot,
        host,
        window.starts_at,
        window.ends_at,
        window.capacity,
        window.capacity,
        building=window.building,
    )


def _with(offer: Offer, left: int) -> Offer:
    return Offer(
        offer.slot,
        offer.host,
        offer.starts_at,
        offer.ends_at,
        offer.capacity,
        left,
        offer.ticket,
        offer.building,
        offer.is_weekly,
    )


def _week(row: Availability) -> Week:
    return Week(
        row.weekday,
        row.starts,
        row.ends,
        row.window_minutes,
        row.capacity,
        row.valid_from,
        row.valid_to,
        row.building,
    )
