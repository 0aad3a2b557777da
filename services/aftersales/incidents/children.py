"""The requests of an incident: each keeps its own access, words and answer; together they only wait."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlmodel import col, select

from services.aftersales import actions, registry
from services.aftersales.actions import SYSTEM, Changes, NewTicket
from services.aftersales.incidents.model import Incident, IncidentReport
from services.aftersales.lifecycle import legal_actions
from services.aftersales.model import Ticket
from services.aftersales.standings import standing_of
from services.aftersales.taxonomy import taxonomy
from services.aftersales.telling import Actor
from services.aftersales.words import word
from services.kit.unit import Unit


async def of_incident(unit: Unit, incident: str) -> list[Ticket]:
    """The requests linked to it, the oldest first."""
    rows = await unit.session.execute(
        select(Ticket).where(col(Ticket.incident) == incident).order_by(col(Ticket.opened_at), col(Ticket.id))
    )
    return list(rows.scalars())


async def attach(unit: Unit, tickets: Sequence[Ticket], incident: str, actor: Actor) -> None:
    """They wait for the incident's repair from here on, each where it may; what is under way goes on."""
    for ticket in tickets:
        await _if_legal(unit, ticket, "attach", actor, incident)


async def detach(unit: Unit, tickets: Sequence[Ticket], actor: Actor) -> None:
    """Each goes on alone, from where it was."""
    for ticket in tickets:
        await _if_legal(unit, ticket, "detach", actor, ticket.incident)


async def finish(unit: Unit, tickets: Sequence[Ticket], incident: str, actor: Actor) -> None:
    """The cause is gone: each household is asked whether it is so at home."""
    for ticket in tickets:
        await _if_legal(unit, ticket, "finish_together", actor, incident)


async def wait_again(unit: Unit, tickets: Sequence[Ticket], incident: str, actor: Actor) -> None:
    """It is not over after all: who was asked and has not answered waits with the others again, so that their
    silence ends nothing."""
    asked = [ticket for ticket in tickets if ticket.state == "done"]
    said = word("incident_words", "not_restored", "fr")
    for ticket in asked:
        await _if_legal(unit, ticket, "reopen", actor, incident, said)
    await attach(unit, asked, incident, actor)


async def answer(unit: Unit, ticket: Ticket, is_back: bool, comment: str | None, actor: Actor) -> None:
    """The household's own word: yes settles its request alone, no takes it out of the incident again."""
    standing = await standing_of(unit, ticket)
    legal = legal_actions(standing, actor.role, unit.now, actor.id)
    wanted = ("confirm", "sign_off") if is_back else ("reopen", "detach")
    action = next((one for one in wanted if one in legal), None)
    if action is not None:
        await actions.act(unit, ticket.id, action, actor, Changes(comment=comment))
    if not is_back:
        await unlink(unit, ticket)
    await unit.session.execute(
        text(
            "UPDATE aftersales.incident_report SET answer = :answer, answered_at = :now"
            " WHERE ticket = :ticket"
        ),
        {"answer": "back" if is_back else "not_back", "now": unit.now, "ticket": ticket.id},
    )


async def not_back_here(unit: Unit, incident: Incident, occupancy: str, said: str, actor: Actor) -> None:
    """A household that had no request of its own says no: it has one now, in its own words."""
    home = await registry.home_of_occupancy(unit, occupancy)
    assert home is not None
    place = incident.element if incident.element in taxonomy().places else "whole_dwelling"
    new = NewTicket(place, incident.element, incident.symptom, said, channel="portal")
    ticket = await actions.open_ticket(unit, home, new, actor)
    report = await unit.session.get(IncidentReport, ticket.id)
    if ticket.incident is None and report is not None:
        report.incident, report.answer, report.answered_at = incident.id, "not_back", unit.now


async def link(unit: Unit, ticket: Ticket, incident: str, via: str | None = None) -> None:
    """The request belongs to the incident, whatever it reported. `via`: the joined one of its own place,
    where that is how it came."""
    await unit.session.execute(
        text("UPDATE aftersales.ticket SET incident = :incident WHERE id = :ticket"),
        {"incident": incident, "ticket": ticket.id},
    )
    await unit.session.refresh(ticket)
    report = await unit.session.get(IncidentReport, ticket.id)
    if report is not None:
        report.incident, report.via = incident, via or report.via
    await unit.session.flush()


async def unlink(unit: Unit, ticket: Ticket) -> None:
    """It has a cause of its own. Its report stays with the incident, so that it is not counted again."""
    await unit.session.flush()
    await unit.session.execute(
        text("UPDATE aftersales.ticket SET incident = NULL WHERE id = :ticket"), {"ticket": ticket.id}
    )
    await unit.session.refresh(ticket)


async def _if_legal(
    unit: Unit, ticket: Ticket, action: str, actor: Actor, incident: str | None, comment: str | None = None
) -> None:
    standing = await standing_of(unit, ticket)
    for one in (actor, SYSTEM):
        if action in legal_actions(standing, one.role, unit.now, one.id):
            changes = Changes(comment=comment, facts={"incident": incident}, is_inner=True)
            await actions.act(unit, ticket.id, action, one, changes)
            return
