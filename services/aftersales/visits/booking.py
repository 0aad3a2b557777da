"""Visits are arranged in windows with a place left: of two who choose the last one, one gets it."""

from datetime import datetime

from sqlalchemy import text
from sqlmodel import col, select

from services.aftersales import actions
from services.aftersales.actions import Changes
from services.aftersales.changes import check_near
from services.aftersales.model import Ticket
from services.aftersales.telling import Actor
from services.aftersales.visits.following import refuse_late, running
from services.aftersales.visits.model import Slot, Visit
from services.aftersales.visits.offers import Offer, offered, seats_taken, slot_id
from services.aftersales.visits.seen import UNTOLD, Seen, refuse_stale
from services.kit.ids import new_id
from services.kit.problems import conflict, invalid
from services.kit.unit import Unit

MOST_PROPOSED = 20


async def book(
    unit: Unit, ticket: Ticket, slot: str, actor: Actor, version: int | None = None, before: Seen = UNTOLD
) -> Visit:
    """Arrange, or move, the request's visit into that window; once more the same one changes nothing.

    409 `visit_changed` when another visit was seen `before`, `slot_taken` when the window is no longer to be
    had, `too_late_to_change` when a household moves one that is near, `illegal_action` when no visit can be
    arranged as the request stands.
    """
    await _lock(unit, ticket)
    visit = await running(unit, ticket.id)
    if visit is not None and visit.slot == slot:
        return visit
    await refuse_stale(unit, ticket, before)
    offer = next((one for one in await offered(unit, ticket) if one.slot == slot), None)
    if offer is None:
        raise _taken()
    if visit is not None and actor.role == "resident":
        await refuse_late(unit, visit)
    seat = await _seat(unit, offer)
    async with unit.part():
        if visit is None:
            visit = _new(unit, ticket, offer, seat, actor)
            unit.session.add(visit)
        else:
            visit.slot, visit.seat, visit.host = offer.slot, seat, offer.host
            visit.starts_at, visit.ends_at = offer.starts_at, offer.ends_at
            visit.state, visit.booked_by, visit.booked_at = "booked", actor.role, unit.now
            visit.reminded_at, visit.expected_at, visit.changed_at = None, None, unit.now
            visit.sequence += 1
        await unit.session.flush()
        changes = Changes(appointment_at=offer.starts_at, facts={"slot": slot}, version=version)
        await actions.act(unit, ticket.id, "schedule", actor, changes)
    return visit


async def propose(unit: Unit, ticket: Ticket, host: str, starts_at: datetime, ends_at: datetime) -> Slot:
    """A window for this request alone, among which its household chooses. 422 for one that cannot be."""
    check_near(unit, starts_at, "/starts_at")
    if not starts_at < ends_at or (ends_at - starts_at).total_seconds() > 12 * 3600:
        raise invalid("/ends_at", "no_window", "A window ends after it begins, on the same day.")
    waiting = await unit.session.execute(
        select(col(Slot.id)).where(
            col(Slot.ticket) == ticket.id, col(Slot.starts_at) > unit.now, col(Slot.withdrawn_at).is_(None)
        )
    )
    if len(waiting.all()) >= MOST_PROPOSED:
        raise conflict(
            "too_many_slots", "There are %(most)s proposals already.", figures={"most": MOST_PROPOSED}
        )
    return await _stored(
        unit,
        Offer(
            slot_id(ticket.coop, host, starts_at, ends_at, ticket.id),
            host,
            starts_at,
            ends_at,
            1,
            1,
            ticket.id,
            is_weekly=False,
        ),
    )


async def offer_once(
    unit: Unit, host: str, starts_at: datetime, ends_at: datetime, capacity: int, building: str | None = None
) -> Slot:
    """A single window of a team or contractor, for whoever needs it."""
    assert unit.coop is not None
    check_near(unit, starts_at, "/starts_at")
    if not starts_at < ends_at or (ends_at - starts_at).total_seconds() > 12 * 3600:
        raise invalid("/ends_at", "no_window", "A window ends after it begins, on the same day.")
    slot = slot_id(unit.coop, host, starts_at, ends_at)
    offer = Offer(slot, host, starts_at, ends_at, capacity, capacity, None, building, is_weekly=False)
    return await _stored(unit, offer)


async def withdraw(unit: Unit, slot: Slot) -> None:
    """Nobody can choose it any more; a visit that is arranged in it stays."""
    slot.withdrawn_at = unit.now


async def _seat(unit: Unit, offer: Offer) -> int:
    """A free place, with the slot's row locked until the transaction ends."""
    row = await _stored(unit, offer)
    await unit.session.execute(select(Slot.id).where(col(Slot.id) == row.id).with_for_update())
    taken = (await seats_taken(unit, [row.id])).get(row.id, set())
    free = next((seat for seat in range(1, row.capacity + 1) if seat not in taken), None)
    if free is None or row.withdrawn_at is not None:
        raise _taken()
    return free


async def _stored(unit: Unit, offer: Offer) -> Slot:
    await unit.session.execute(
        text(
            "INSERT INTO aftersales.slot (id, coop, host, starts_at, ends_at, capacity, ticket, building,"
            " is_weekly) VALUES (:id, :coop, :host, :starts_at, :ends_at, :capacity, :ticket, :building,"
            " :is_weekly) ON CONFLICT (id) DO UPDATE SET capacity = excluded.capacity,"
            " withdrawn_at = CASE WHEN excluded.is_weekly THEN slot.withdrawn_at END"
        ),
        {
            "id": offer.slot, "coop": unit.coop, "host": offer.host, "starts_at": offer.starts_at,
            "ends_at": offer.ends_at, "capacity": offer.capacity, "ticket": offer.ticket,
            "building": offer.building, "is_weekly": offer.is_weekly,
        },
    )  # fmt: skip
    return await unit.session.get_one(Slot, offer.slot, populate_existing=True)


async def _lock(unit: Unit, ticket: Ticket) -> None:
    """The request first, the slot after: everybody in this order."""
    await unit.session.execute(select(Ticket.id).where(col(Ticket.id) == ticket.id).with_for_update())


def _new(unit: Unit, ticket: Ticket, offer: Offer, seat: int, actor: Actor) -> Visit:
    return Visit(
        id=new_id("vis"),
        coop=ticket.coop,
        ticket=ticket.id,
        host=offer.host,
        slot=offer.slot,
        seat=seat,
        starts_at=offer.starts_at,
        ends_at=offer.ends_at,
        state="booked",
        sequence=0,
        booked_by=actor.role,
        booked_at=unit.now,
        changed_at=unit.now,
    )


def _taken() -> Exception:
    return conflict("slot_taken", "Somebody was faster: choose another window.")
