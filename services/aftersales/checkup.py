"""Rebuilds requests from their events and compares what is stored: the history is the truth."""

import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlmodel import col, select

from services.aftersales.actions import locked_now
from services.aftersales.assess import home_of
from services.aftersales.config import config_for
from services.aftersales.history import advance, begin
from services.aftersales.lifecycle import PAUSING, TABLE, Step, Terms, apply
from services.aftersales.model import DeadlineRow, Ticket, TicketEvent
from services.aftersales.standings import standing_of, step_of
from services.aftersales.walking_model import Rewinding
from services.aftersales.winding import clocks_of, wind_clocks
from services.kit.registry import zone_of
from services.kit.unit import Unit

_LOG = logging.getLogger(__name__)
LOOKED_AT = timedelta(days=2)
AT_HOUR = 3
AT_ONCE = 500


@dataclass(frozen=True)
class Difference:
    """What is stored of a request and what its history says instead."""

    ticket: str
    what: str
    stored: Any
    rebuilt: Any


async def nightly(unit: Unit) -> None:
    """In the hour after three, of what moved in the last two days; what differs is logged as an error.

    A clock that differs is set right too: it is worth no more than the history it is made of.
    """
    if unit.now.astimezone(await zone_of(unit)).hour != AT_HOUR:
        return
    async for found in differences(unit, since=unit.now - LOOKED_AT):
        _LOG.error(
            "a request is not what its history says", extra={"ticket": found.ticket, "what": found.what}
        )
    for ticket_id in await _moved(unit, unit.now - LOOKED_AT):
        ticket = await locked_now(unit, ticket_id)
        if ticket is None or ticket.state in PAUSING:
            continue  # in somebody's hands just now, or moved every hour by its wait
        clocks = await clock_differences(unit, ticket)
        if clocks:
            kinds = ", ".join(one.what for one in clocks)
            _LOG.error("a clock is not what its history makes", extra={"ticket": ticket.id, "what": kinds})
            await wind_clocks(unit, ticket, await home_of(unit, ticket), await standing_of(unit, ticket))


async def _moved(unit: Unit, since: datetime) -> list[str]:
    """The cooperative's requests with a step since then that are not over."""
    rows = await unit.session.execute(
        select(col(Ticket.id))
        .where(col(Ticket.coop) == unit.coop, col(Ticket.ended_at).is_(None))
        .where(
            col(Ticket.id).in_(
                select(col(TicketEvent.ticket)).where(
                    col(TicketEvent.coop) == unit.coop, col(TicketEvent.occurred_at) >= since
                )
            )
        )
        .order_by(col(Ticket.id))
    )
    return list(rows.scalars())


async def differences(unit: Unit, since: datetime | None = None) -> AsyncIterator[Difference]:
    """Of every request of the unit's cooperative, or those with a step since then. Nothing is changed."""
    after = ""
    while True:
        query = select(Ticket).where(col(Ticket.coop) == unit.coop, col(Ticket.id) > after)
        if since is not None:
            moved = select(col(TicketEvent.ticket)).where(
                col(TicketEvent.coop) == unit.coop, col(TicketEvent.occurred_at) >= since
            )
            query = query.where(col(Ticket.id).in_(moved))
        rows = await unit.session.execute(query.order_by(col(Ticket.id)).limit(AT_ONCE))
        tickets = list(rows.scalars())
        if not tickets:
            return
        for found in await _of(unit, tickets):
            yield found
        after = tickets[-1].id


async def wrong_clocks(unit: Unit, since: datetime) -> AsyncIterator[Difference]:
    """Of requests with a step since then. Nothing is changed. None while a changed setting is still being
    followed; requests that wait for their household are left out, whose clocks move every hour."""
    pending = await unit.session.execute(select(Rewinding).where(col(Rewinding.coop) == unit.coop).limit(1))
    if pending.first() is not None:
        return
    for ticket_id in await _moved(unit, since):
        ticket = await unit.session.get(Ticket, ticket_id)
        if ticket is None or ticket.state in PAUSING:
            continue
        for found in await clock_differences(unit, ticket):
            yield found


async def clock_differences(unit: Unit, ticket: Ticket) -> list[Difference]:
    """Of a request's stored clocks with those that its history and the present rules give; none where its
    home is no longer known, by whose calendar they are counted."""
    try:
        home = await home_of(unit, ticket)
    except LookupError:
        return []
    config = await config_for(unit, home)
    clocks = await clocks_of(unit, ticket, home, await standing_of(unit, ticket), config)
    rebuilt = {one.kind: (one.starts_at, one.due_at, one.met_at) for one in clocks}
    rows = await unit.session.execute(select(DeadlineRow).where(col(DeadlineRow.ticket) == ticket.id))
    stored = {row.kind: (row.starts_at, row.due_at, row.met_at) for row in rows.scalars()}
    return [
        Difference(ticket.id, kind, stored.get(kind), rebuilt.get(kind))
        for kind in sorted(stored.keys() | rebuilt.keys())
        if stored.get(kind) != rebuilt.get(kind)
    ]


async def _of(unit: Unit, tickets: Sequence[Ticket]) -> list[Difference]:
    rows = await unit.session.execute(
        select(TicketEvent)
        .where(col(TicketEvent.ticket).in_([ticket.id for ticket in tickets]))
        .order_by(col(TicketEvent.ticket), col(TicketEvent.place_in_history))
    )
    histories = {ticket: list(events) for ticket, events in groupby(rows.scalars(), lambda row: row.ticket)}
    found: list[Difference] = []
    for ticket in tickets:
        found += compare(ticket, histories.get(ticket.id, []))
    return found


def compare(ticket: Ticket, events: Sequence[TicketEvent]) -> list[Difference]:
    """One request with its events, in the order of their places."""
    if not events:
        return [Difference(ticket.id, "history", "none", "at least its first step")]
    if [row.place_in_history for row in events] != list(range(1, len(events) + 1)):
        return [Difference(ticket.id, "places", [row.place_in_history for row in events], "1, 2, 3…")]
    steps = [step_of(row) for row in events]
    unknown = [step.action for step in steps[1:] if step.action not in TABLE]
    if unknown:
        return [Difference(ticket.id, "actions", unknown, "those of the table")]
    rebuilt = apply(steps)
    pairs: dict[str, tuple[Any, Any]] = {
        "state": (ticket.state, rebuilt.state),
        "ended_at": (ticket.ended_at, rebuilt.ended_at),
        "appointment_at": (ticket.appointment_at, rebuilt.appointment_at),
        "states": ([row.state for row in events], _states(steps)),
    }
    return [
        Difference(ticket.id, what, stored, expected)
        for what, (stored, expected) in pairs.items()
        if stored != expected
    ]


def _states(steps: Sequence[Step]) -> list[str]:
    """The state after each step."""
    standing = begin(steps[0], Terms())
    states = [standing.state]
    for step in steps[1:]:
        standing = advance(standing, step, TABLE[step.action].to)
        states.append(standing.state)
    return states
