"""Requests in the reader's language and the cooperative's civil time: what API and pages show."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from contracts.codes import ClockFamily, Priority, Regime, Responsible
from services.aftersales import next_on_ticket, queries, registry
from services.aftersales.assess import from_json, warranty_of
from services.aftersales.bodies_shown import (
    ContactOut,
    DeadlineOut,
    DutyOut,
    EmergencyOut,
    EventOut,
    MessageOut,
    TicketOut,
    TicketSummary,
    WarrantyOut,
)
from services.aftersales.claims import letters_due
from services.aftersales.incidents import meter_views
from services.aftersales.incidents.shown import incident_for
from services.aftersales.intake import access
from services.aftersales.lifecycle import PAUSING, Standing, apply, offered
from services.aftersales.model import DeadlineRow, Ticket, WarrantyRow
from services.aftersales.priority import emergency_of
from services.aftersales.standings import standing_of, terms_of
from services.aftersales.storing import Known
from services.aftersales.taxonomy import taxonomy
from services.aftersales.words import basis_of, render, told, word
from services.kit.registry import Staff, zone_of
from services.kit.unit import Unit

WINDOWS = frozenset(
    {*(regime.value for regime in Regime), "apparent_list", *(f"notice_{one.value}" for one in Responsible)}
)
"""Legal dates by which a claim is made or lost; others, such as the 21 days, are kept by the repair."""


async def ticket_out(
    unit: Unit, ticket: Ticket, role: str, language: str, actor: str = "", known: Known | None = None
) -> TicketOut:
    """A request with its warranties, clocks, contact, and what a caller of `role` may do now.

    `known`: of a request just told, which need not be read again; nothing was said of access then.
    """
    whole = await queries.whole(unit, ticket) if known is None else _whole(ticket, known)
    zone = await zone_of(unit)
    if known is None:
        standing = await standing_of(unit, ticket)
    else:
        standing = apply([known.step], terms=await terms_of(unit, ticket), as_of=unit.now)
    people = await registry.staff(unit)
    emergency = emergency_of(ticket.element, Priority(ticket.priority))
    clocks = [_deadline(row, ticket, unit.now, zone, language) for row in whole.deadlines]
    residence = await queries.residence_of(unit, ticket) if known is None else known.residence
    overdue = any(clock.is_overdue and clock.met_at is None for clock in clocks)
    reach = await access.of(unit, ticket.id) if known is None else access.Access()
    return TicketOut(
        **summary_out(ticket, residence, overdue, zone, language).model_dump(),
        description=await meter_views.description_of(unit, ticket, language),
        since=ticket.noticed_on,
        channel=ticket.channel,
        basis=basis_of(ticket.basis, language),
        reasons=[render(from_json(reason), language) for reason in ticket.reasons],
        warranties=[one for row in whole.warranties for one in _warranty(row, language)],
        deadlines=clocks,
        letters_due=_letters_due(ticket, whole.warranties, standing, zone, language)
        if role != "resident"
        else [],
        contact=_contact(people.get(ticket.assignee or "")),
        incident=await incident_for(unit, ticket.incident, role),
        emergency=EmergencyOut(call=emergency.call, advice=emergency.advice(language)) if emergency else None,
        cause=ticket.cause,
        next_steps=await next_on_ticket.steps_of(unit, ticket, language),
        legal_actions=list(offered(standing, role, unit.now, actor)),
        availability=list(reach.availability),
        access_note=reach.note,
        version=ticket.version,
    )


def _whole(ticket: Ticket, known: Known) -> queries.Whole:
    """In the order of `queries.whole`."""
    warranties = sorted(known.warranties, key=lambda row: row.ends_on or date.max)
    return queries.Whole(ticket, warranties, sorted(known.clocks, key=lambda row: (row.due_at, row.kind)))


def summary_out(
    ticket: Ticket, residence: str | None, is_overdue: bool, zone: ZoneInfo, language: str
) -> TicketSummary:
    """A line of a list."""
    words = taxonomy()
    return TicketSummary(
        id=ticket.id,
        number=ticket.number,
        state=ticket.state,
        state_label=word("states", ticket.state, language),
        priority=Priority(ticket.priority),
        responsible=Responsible(ticket.responsible),
        team=ticket.team,
        element=ticket.element,
        element_label=words.elements[ticket.element].label.in_(language),
        symptom=ticket.symptom,
        symptom_label=words.symptoms[ticket.symptom].in_(language),
        place=ticket.place,
        place_label=words.places[ticket.place].label.in_(language),
        occupancy=ticket.occupancy,
        dwelling=ticket.dwelling,
        building=ticket.building,
        residence=residence,
        opened_at=ticket.opened_at.astimezone(zone),
        appointment_at=_local(ticket.appointment_at, zone),
        next_due_at=_local(ticket.next_due_at, zone),
        is_overdue=is_overdue,
    )


async def history_out(unit: Unit, ticket: Ticket, language: str) -> list[EventOut]:
    people, zone = await registry.staff(unit), await zone_of(unit)
    return [
        EventOut(
            action=row.action,
            label=word("actions", row.action, language),
            told=told(row.action, row.role, row.facts or {}, language),
            role=row.role,
            actor=_name(people, row.actor),
            on_behalf_of=_name(people, (row.facts or {}).get("named") or "")
            if (row.facts or {}).get("on_behalf")
            else None,
            reason=row.reason,
            comment=row.comment,
            appointment_at=_local(row.appointment_at, zone),
            state=row.state,
            channel=row.channel,
            facts=row.facts or {},
            occurred_at=row.occurred_at.astimezone(zone),
            recorded_at=row.recorded_at.astimezone(zone),
        )
        for row in await queries.history(unit, ticket)
    ]


async def messages_out(unit: Unit, ticket: Ticket) -> list[MessageOut]:
    people, zone = await registry.staff(unit), await zone_of(unit)
    return [
        MessageOut(
            id=row.id,
            role=row.role,
            author=_name(people, row.author),
            body=row.body,
            written_at=row.written_at.astimezone(zone),
        )
        for row in await queries.messages(unit, ticket)
    ]


def _letters_due(
    ticket: Ticket, rows: Sequence[WarrantyRow], standing: Standing, zone: ZoneInfo, language: str
) -> list[DutyOut]:
    """What is not written yet; the day is that of its own clock."""
    duties = letters_due(
        Responsible(ticket.responsible),
        [warranty_of(row) for row in rows],
        ticket.symptom,
        ticket.noticed_on,
        ticket.opened_at.astimezone(zone).date(),
    )
    return [
        DutyOut(
            debtor=duty.debtor,
            label=word("deadlines", f"notice_{duty.debtor.value}", language),
            regimes=list(duty.regimes),
            write_by_on=duty.due_on,
            actions=["notify_debtor", "waive_notice"],
        )
        for duty in duties
        if duty.debtor in standing.unwritten
    ]


def _deadline(row: DeadlineRow, ticket: Ticket, now: datetime, zone: ZoneInfo, language: str) -> DeadlineOut:
    paused = row.met_at is None and row.clock == ClockFamily.SERVICE and ticket.state in PAUSING
    return DeadlineOut(
        kind=row.kind,
        label=word("deadlines", row.kind, language),
        clock=ClockFamily(row.clock),
        due_at=row.due_at.astimezone(zone),
        met_at=_local(row.met_at, zone),
        is_overdue=not paused and (row.met_at or now) > row.due_at,
        is_moot=row.kind in WINDOWS and row.met_at is not None and row.met_at == ticket.ended_at,
    )


def _warranty(row: WarrantyRow, language: str) -> list[WarrantyOut]:
    """One for each who owes it, the one that leads first. An installer's contract is no construction
    warranty: outside, its regime is `none`, with its debtor."""
    regime = Regime(row.regime)
    return [
        WarrantyOut(
            regime=Regime.NONE if regime is Regime.INSTALLER_CONTRACT else regime,
            label=word("regimes", row.regime, language),
            debtor=Responsible(debtor) if debtor else None,
            ends_on=row.ends_on,
            basis=row.basis,
            reasons=[render(from_json(reason), language) for reason in row.reasons],
        )
        for debtor in (row.debtor, *row.also)
    ]


def _contact(person: Staff | None) -> ContactOut | None:
    return ContactOut(id=person.id, name=person.name, phone=person.phone) if person else None


def _name(people: dict[str, Staff], actor: str) -> str | None:
    return people[actor].name if actor in people else None


def _local(instant: datetime | None, zone: ZoneInfo) -> datetime | None:
    return instant.astimezone(zone) if instant else None
