"""Applies the rules to a request and writes down what they found; used when it opens and at each change."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, text
from sqlmodel import col, select

from contracts.codes import Priority, Regime, Responsible
from services.aftersales import registry
from services.aftersales.config import Config, config_for
from services.aftersales.deadlines import Deadline, TicketFacts, deadlines, told_at_opening
from services.aftersales.dwelling_file.dates import dates_for, etat_des_lieux_on
from services.aftersales.lifecycle import PAUSING, Standing, Step, apply
from services.aftersales.model import DeadlineRow, Ticket, TicketEvent, WarrantyRow
from services.aftersales.priority import priority_of
from services.aftersales.registry import Home
from services.aftersales.responsibility import Case, responsible_for
from services.aftersales.routing import team_for
from services.aftersales.taxonomy import element_of, taxonomy
from services.aftersales.warranty import Dates, Warranty, warranties
from services.aftersales.words import Reason
from services.kit.unit import Unit

FOUND_AT_ENTRY = "found_at_entry"
"""Cause of what an entry inspection shows: nobody has used the home yet."""


async def home_of(unit: Unit, ticket: Ticket) -> Home:
    """The request's home. Raises LookupError when `members` knows it no more."""
    home = None
    if ticket.occupancy is not None:
        home = await registry.home_of_occupancy(unit, ticket.occupancy)
    elif ticket.building is not None:
        home = await registry.home_of_building(unit, ticket.building)
    if home is None:
        raise LookupError("the home of the request is not in the registry")
    return home


async def decide(unit: Unit, ticket: Ticket, home: Home) -> None:
    """Set priority, responsible party, warranties and team; what a person decided stands."""
    config = await config_for(unit, home)
    claimed_on = ticket.opened_at.astimezone(config.calendar.zone).date()
    is_common = element_of(ticket.element).is_common or taxonomy().places[ticket.place].is_common
    found = warranties(
        ticket.element,
        home.tenure,
        await _dates(unit, ticket, home),
        ticket.noticed_on,
        symptom=ticket.symptom,
        claimed_on=claimed_on,
        is_common=is_common,
        own=config.own_terms,
    )
    if "priority" not in ticket.set_by_person:
        ticket.priority = priority_of(ticket.element, ticket.symptom, claimed_on, config.heating).value
    if "responsible" not in ticket.set_by_person:
        decision = responsible_for(
            Case(
                element=ticket.element,
                symptom=ticket.symptom,
                on=claimed_on,
                tenure=home.tenure,
                warranties=tuple(found),
                cause=ticket.cause,
                building=home.building,
                is_copropriete=config.is_copropriete,
                is_common=is_common,
            ),
            config.overrides,
        )
        ticket.responsible, ticket.basis = decision.responsible.value, decision.basis
        ticket.reasons = [to_json(reason) for reason in decision.reasons]
    if "team" not in ticket.set_by_person:
        party = Responsible(ticket.responsible)
        ticket.team = team_for(ticket.element, party, Priority(ticket.priority), config.teams)
    await unit.session.flush()
    await unit.session.execute(delete(WarrantyRow).where(col(WarrantyRow.ticket) == ticket.id))
    unit.session.add_all(_row(ticket, warranty) for warranty in found)
    await unit.session.flush()


async def wind_clocks(
    unit: Unit, ticket: Ticket, home: Home, standing: Standing, config: Config | None = None
) -> None:
    """Recompute the clocks from the history. A warning given stays given unless its time has moved on."""
    config = config or await config_for(unit, home)
    found = await unit.session.execute(select(WarrantyRow).where(col(WarrantyRow.ticket) == ticket.id))
    facts = TicketFacts(
        element=ticket.element,
        symptom=ticket.symptom,
        priority=Priority(ticket.priority),
        responsible=Responsible(ticket.responsible),
        standing=standing,
        tenure=home.tenure,
        dates=await _dates(unit, ticket, home),
        warranties=tuple(_warranty(row) for row in found.scalars()),
        heating=config.heating,
        etat_des_lieux_on=await etat_des_lieux_on(unit, home),
        declared_to_insurer_on=ticket.declared_to_insurer_on,
    )
    rows = await unit.session.execute(select(DeadlineRow).where(col(DeadlineRow.ticket) == ticket.id))
    before = {row.kind: row for row in rows.scalars()}
    running = []
    for deadline in deadlines(facts, config.calendar):
        row = before.pop(deadline.kind, None)
        if row is None:
            unit.session.add(_clock(ticket, deadline, unit.now))
        else:
            if deadline.due_at > row.due_at:
                row.warned_percent = min(row.warned_percent, deadline.percent(unit.now))
            row.starts_at, row.due_at, row.met_at = deadline.starts_at, deadline.due_at, deadline.met_at
        paused = standing.state in PAUSING and deadline.clock.value == "service"
        if deadline.met_at is None and not paused:
            running.append(deadline.due_at)
    for left in before.values():
        await unit.session.delete(left)
    ticket.next_due_at = min(running, default=None)


async def standing_of(unit: Unit, ticket: Ticket) -> Standing:
    """Where the request stands, rebuilt from its events."""
    rows = await unit.session.execute(
        select(TicketEvent)
        .where(col(TicketEvent.ticket) == ticket.id)
        .order_by(col(TicketEvent.place_in_history))
    )
    steps = [
        Step(row.action, row.role, row.occurred_at, row.reason, row.comment, row.appointment_at)
        for row in rows.scalars()
    ]
    return apply(steps, has_household=await _household_remains(unit, ticket), as_of=unit.now)


async def _household_remains(unit: Unit, ticket: Ticket) -> bool:
    """Once a household has left nobody of it can answer: the cooperative's people then may."""
    if ticket.occupancy is None:
        return False
    gone = await unit.session.execute(
        text("SELECT 1 FROM registry.occupancy WHERE id = :id AND ends_at <= :now"),
        {"id": ticket.occupancy, "now": unit.now},
    )
    return gone.first() is None


def to_json(reason: Reason) -> dict[str, Any]:
    return {"key": reason.key, "params": dict(reason.params)}


def from_json(stored: dict[str, Any]) -> Reason:
    return Reason(stored["key"], stored["params"])


async def _dates(unit: Unit, ticket: Ticket, home: Home) -> Dates:
    """The days that count for what the request is about; a day of installation told with it comes first."""
    dates = await dates_for(unit, home, ticket.element, ticket.place, ticket.noticed_on)
    return replace(dates, installed_on=ticket.installed_on) if ticket.installed_on else dates


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
    )


def _row(ticket: Ticket, warranty: Warranty) -> WarrantyRow:
    return WarrantyRow(
        ticket=ticket.id,
        coop=ticket.coop,
        regime=warranty.regime.value,
        debtor=warranty.debtor.value if warranty.debtor else None,
        starts_on=warranty.starts_on,
        ends_on=warranty.ends_on,
        list_by_on=warranty.list_by_on,
        basis=warranty.basis,
        reasons=[to_json(reason) for reason in warranty.reasons],
    )


def _warranty(row: WarrantyRow) -> Warranty:
    return Warranty(
        Regime(row.regime),
        Responsible(row.debtor) if row.debtor else None,
        row.starts_on,
        row.ends_on,
        row.basis,
        tuple(from_json(reason) for reason in row.reasons),
        row.list_by_on,
    )
