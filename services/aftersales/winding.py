"""Keeps the stored clocks of a request as its history, its rules and its cooperative's calendar make them."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select

from contracts.codes import Priority, Responsible
from services.aftersales.assess import dates_of, warranty_of
from services.aftersales.config import Config, config_for
from services.aftersales.deadlines import (
    Deadline,
    TicketFacts,
    deadlines,
    is_quiet,
    next_alarm,
    threshold_passed,
    told_at_opening,
)
from services.aftersales.dwelling_file.dates import etat_des_lieux_on
from services.aftersales.lifecycle import Standing
from services.aftersales.model import DeadlineRow, Ticket, WarrantyRow
from services.aftersales.registry import Home
from services.aftersales.warranty import Warranty
from services.kit.unit import Unit


async def wind_clocks(
    unit: Unit, ticket: Ticket, home: Home, standing: Standing, config: Config | None = None
) -> None:
    """Recompute the clocks from the history. A warning given stays given unless its time has moved on."""
    config = config or await config_for(unit, home)
    before = await kept(unit, ticket)
    await keep(unit, ticket, standing, await clocks_of(unit, ticket, home, standing, config), before)


async def kept(unit: Unit, ticket: Ticket) -> Sequence[DeadlineRow]:
    """The clocks as they are written down."""
    rows = await unit.session.execute(select(DeadlineRow).where(col(DeadlineRow.ticket) == ticket.id))
    return rows.scalars().all()


async def keep(
    unit: Unit,
    ticket: Ticket,
    standing: Standing,
    clocks: Sequence[Deadline],
    before: Sequence[DeadlineRow],
) -> None:
    """Write down what the clocks are, given what is stored of them."""
    known = {row.kind: row for row in before}
    unit.session.add_all(_wound(ticket, standing, clocks, known, unit.now))
    for left in known.values():
        await unit.session.delete(left)


async def first_clocks(
    unit: Unit, ticket: Ticket, home: Home, standing: Standing, warranties: Sequence[Warranty]
) -> list[DeadlineRow]:
    """The clocks of a request that is just told and not stored yet; they are not stored either."""
    config = await config_for(unit, home)
    return _wound(
        ticket, standing, await clocks_given(unit, ticket, home, standing, config, warranties), {}, unit.now
    )


def _wound(
    ticket: Ticket,
    standing: Standing,
    clocks: Sequence[Deadline],
    before: dict[str, DeadlineRow],
    now: datetime,
) -> list[DeadlineRow]:
    """Set what is known, take it out of `before`, and return what is new."""
    added = []
    running = []
    for deadline in clocks:
        row = before.pop(deadline.kind, None)
        if row is None:
            row = _clock(ticket, deadline, now)
            added.append(row)
        else:
            if deadline.due_at > row.due_at:
                reached = threshold_passed(deadline, 0, now) or 0
                row.warned_percent = min(row.warned_percent, reached)
            row.starts_at, row.due_at, row.met_at = deadline.starts_at, deadline.due_at, deadline.met_at
        quiet = is_quiet(deadline.clock, standing.state)
        row.alarms = [[percent, at.isoformat()] for percent, at in deadline.alarms]
        row.alarm_at = None if quiet else next_alarm(deadline, row.warned_percent)
        if deadline.met_at is None and not quiet:
            running.append(deadline.due_at)
    ticket.next_due_at = min(running, default=None)
    return added


async def clocks_of(
    unit: Unit, ticket: Ticket, home: Home, standing: Standing, config: Config
) -> list[Deadline]:
    """What the clocks of the request are, from its history and present facts alone."""
    found = await unit.session.execute(select(WarrantyRow).where(col(WarrantyRow.ticket) == ticket.id))
    warranties = [warranty_of(row) for row in found.scalars()]
    return await clocks_given(unit, ticket, home, standing, config, warranties)


async def clocks_given(
    unit: Unit,
    ticket: Ticket,
    home: Home,
    standing: Standing,
    config: Config,
    warranties: Sequence[Warranty],
) -> list[Deadline]:
    """As `clocks_of`, with the warranties of the request."""
    facts = TicketFacts(
        element=ticket.element,
        symptom=ticket.symptom,
        priority=Priority(ticket.priority),
        responsible=Responsible(ticket.responsible),
        standing=standing,
        tenure=home.tenure,
        dates=await dates_of(unit, ticket, home),
        warranties=tuple(warranties),
        heating=config.heating,
        noticed_on=ticket.noticed_on,
        etat_des_lieux_on=await etat_des_lieux_on(unit, home),
        postcode=home.postcode,
        declared_to_insurer_on=ticket.declared_to_insurer_on,
    )
    return deadlines(facts, config.calendar)


def _clock(ticket: Ticket, deadline: Deadline, now: datetime) -> DeadlineRow:
    return DeadlineRow(
        ticket=ticket.id,
        coop=ticket.coop,
        kind=deadline.kind,
        clock=deadline.clock.value,
        starts_at=deadline.starts_at,
        due_at=deadline.due_at,
        met_at=deadline.met_at,
        warned_percent=told_at_opening(deadline, now),
        alarms=[],
    )
