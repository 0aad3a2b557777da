"""A request comes to be: decided by the rules, written with all its parts, and joined to its incident."""

import secrets
from dataclasses import dataclass
from datetime import date

from contracts.codes import Priority, Responsible
from services.aftersales import registry, storing, urgency
from services.aftersales.assess import judge, warranty_rows
from services.aftersales.incidents import joining
from services.aftersales.lifecycle import Step, apply
from services.aftersales.model import Ticket
from services.aftersales.opening_facts import gather
from services.aftersales.past_days import check_not_ancient
from services.aftersales.registry import Home
from services.aftersales.storing import Known, Opened
from services.aftersales.telling import Actor, opened
from services.aftersales.winding import first_clocks
from services.kit.ids import new_id
from services.kit.problems import conflict
from services.kit.registry import local_today
from services.kit.unit import Unit


@dataclass(frozen=True)
class NewTicket:
    """What somebody reports. Codes are checked by the caller."""

    place: str
    element: str
    symptom: str
    description: str
    channel: str
    noticed_on: date | None = None
    reported_by: str | None = None
    inspection: str | None = None
    cause: str = "unknown"
    urgent: tuple[str, ...] = ()
    """What is said of how pressing it is, codes of the table of urgency."""


async def write_down(unit: Unit, home: Home, new: NewTicket, actor: Actor) -> tuple[Opened, bool]:
    """Number it, decide by rule, start its clocks, name a contact, tell others. 409 for who has left.

    Also whether a person has confirmed the incident it belongs to: it then is to be attached.
    """
    assert unit.coop is not None
    if actor.role == "resident" and home.is_left(unit.now):
        raise conflict("moved_out", "You have left this home: who lives there now reports for it.")
    noticed_on = new.noticed_on or await local_today(unit)
    check_not_ancient("/since", noticed_on)
    await unit.session.flush()  # an inspection that it was found at, for one: what follows refers to it
    await gather(unit, home, new.element, new.place, noticed_on)
    ticket = Ticket(
        id=new_id("tkt"),
        coop=unit.coop,
        number=_not_yet(),
        occupancy=home.occupancy,
        dwelling=home.dwelling,
        building=home.building,
        place=new.place,
        element=new.element,
        symptom=new.symptom,
        description=new.description,
        noticed_on=noticed_on,
        channel=new.channel,
        opened_by=actor.id,
        reported_by=new.reported_by,
        inspection=new.inspection,
        cause=new.cause,
        priority=Priority.P3.value,
        responsible=Responsible.COOPERATIVE.value,
        basis="",
        reasons=[],
        set_by_person=[],
        team="",
        state="submitted",
        opened_at=unit.now,
        version=1,
    )
    found = await judge(unit, ticket, home, new.urgent)
    ticket.assignee = await registry.contact_for(unit, ticket.team)
    told = {urgency.FACT: list(urgency.known(new.urgent))} if new.urgent else {}
    step = Step("submit", actor.role, unit.now, actor=actor.id, channel=new.channel, facts=told)
    standing = apply([step], has_household=ticket.occupancy is not None)
    clocks = await first_clocks(unit, ticket, home, standing, found)
    owed = warranty_rows(ticket, found)
    await storing.write(unit, ticket, storing.event_row(unit, ticket, step, actor, 1), clocks, owed)
    is_told = await joining.join(unit, ticket)
    await storing.give_number(unit, ticket)
    unit.emit(opened(ticket, clocks), ticket.id)
    return Opened(ticket, Known(owed, clocks, step, home.residence)), is_told


def _not_yet() -> int:
    """What stands for the number until it is drawn: below zero, and like no other's."""
    return -1 - secrets.randbelow(2**31 - 1)
