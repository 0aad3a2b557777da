"""Applies the rules to a request and writes down what they found; used when it opens and at each change."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import delete, select
from sqlmodel import col

from contracts.codes import Priority, Regime, Responsible
from services.aftersales import registry, urgency
from services.aftersales.config import config_for
from services.aftersales.dwelling_file.dates import dates_for
from services.aftersales.model import Ticket, TicketEvent, WarrantyRow
from services.aftersales.parties.routes import team_of
from services.aftersales.priority import priority_of
from services.aftersales.registry import Home
from services.aftersales.responsibility import Case, responsible_for
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
    found = await judge(unit, ticket, home, await _told_urgent(unit, ticket))
    await unit.session.flush()
    await unit.session.execute(delete(WarrantyRow).where(col(WarrantyRow.ticket) == ticket.id))
    await keep(unit, ticket, found)


async def keep(unit: Unit, ticket: Ticket, found: Sequence[Warranty]) -> None:
    """Write down the warranties of a request that has none yet."""
    unit.session.add_all(warranty_rows(ticket, found))
    await unit.session.flush()


def warranty_rows(ticket: Ticket, found: Sequence[Warranty]) -> list[WarrantyRow]:
    """What is written down of the warranties of a request."""
    return [_row(ticket, warranty) for warranty in found]


async def judge(unit: Unit, ticket: Ticket, home: Home, urgent: Sequence[str] = ()) -> list[Warranty]:
    """Let the rules decide about the request, which need not be stored yet; the warranties that run.

    `urgent`: what the household said of how pressing it is, codes of the table of urgency.
    """
    config = await config_for(unit, home)
    claimed_on = ticket.opened_at.astimezone(config.calendar.zone).date()
    is_common = element_of(ticket.element).is_common or taxonomy().places[ticket.place].is_common
    found = warranties(
        ticket.element,
        home.tenure,
        await dates_of(unit, ticket, home),
        ticket.noticed_on,
        symptom=ticket.symptom,
        claimed_on=claimed_on,
        is_common=is_common,
        own=config.own_terms,
    )
    why_urgent: list[Reason] = []
    if "priority" not in ticket.set_by_person:
        usual = priority_of(ticket.element, ticket.symptom, claimed_on, config.heating)
        reached, counted = urgency.raised(usual, ticket.element, ticket.symptom, urgent)
        ticket.priority, why_urgent = reached.value, urgency.reasons(counted)
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
                priority=Priority(ticket.priority),
            ),
            config.overrides,
        )
        ticket.responsible, ticket.basis = decision.responsible.value, decision.basis
        ticket.reasons = [to_json(reason) for reason in decision.reasons]
    others = [row for row in ticket.reasons if not row["key"].startswith(urgency.REASON)]
    ticket.reasons = [*others, *map(to_json, why_urgent)]
    if "team" not in ticket.set_by_person:
        owed = [warranty.regime.value for warranty in found if warranty.debtor is not None]
        ticket.team = await team_of(unit, ticket, claimed_on, owed, config.teams)
    return found


async def _told_urgent(unit: Unit, ticket: Ticket) -> tuple[str, ...]:
    """What the first step of the request keeps of it."""
    found = await unit.session.execute(
        select(col(TicketEvent.facts)).where(
            col(TicketEvent.ticket) == ticket.id, col(TicketEvent.place_in_history) == 1
        )
    )
    return urgency.known((found.scalar_one_or_none() or {}).get(urgency.FACT, ()))


def to_json(reason: Reason) -> dict[str, Any]:
    return {"key": reason.key, "params": dict(reason.params)}


def from_json(stored: dict[str, Any]) -> Reason:
    return Reason(stored["key"], stored["params"])


async def dates_of(unit: Unit, ticket: Ticket, home: Home) -> Dates:
    """The days that count for what the request is about; a day of installation told with it comes first."""
    dates = await dates_for(unit, home, ticket.element, ticket.place, ticket.noticed_on)
    return replace(dates, installed_on=ticket.installed_on) if ticket.installed_on else dates


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
        also=[one.value for one in warranty.also],
    )


def warranty_of(row: WarrantyRow) -> Warranty:
    return Warranty(
        Regime(row.regime),
        Responsible(row.debtor) if row.debtor else None,
        row.starts_on,
        row.ends_on,
        row.basis,
        tuple(from_json(reason) for reason in row.reasons),
        row.list_by_on,
        tuple(map(Responsible, row.also)),
    )
