"""Words between the cooperative and a party about a request. Households see none of them."""

from services.aftersales.model import Ticket
from services.aftersales.parties import job_letters
from services.aftersales.parties.model import Party, PartyMessage
from services.aftersales.telling import Actor, changed
from services.kit.ids import new_id
from services.kit.problems import conflict
from services.kit.unit import Unit


async def from_party(unit: Unit, ticket: Ticket, party: Party, body: str) -> PartyMessage:
    """The desk is told that there is news."""
    return await _write(unit, ticket, party.id, Actor(party.id, "contractor", "link"), body)


async def from_staff(unit: Unit, ticket: Ticket, actor: Actor, body: str) -> PartyMessage:
    """The party is told by e-mail that a message waits on its page. 409 when the request has no party."""
    if ticket.party is None:
        raise conflict("no_party", "This request is not given to anybody outside the cooperative.")
    message = await _write(unit, ticket, ticket.party, actor, body)
    await job_letters.tell(unit, ticket, "written")
    return message


async def _write(unit: Unit, ticket: Ticket, party: str, actor: Actor, body: str) -> PartyMessage:
    message = PartyMessage(
        id=new_id("msg"),
        coop=ticket.coop,
        ticket=ticket.id,
        party=party,
        author=actor.id,
        role="contractor" if actor.role == "contractor" else "staff",
        body=body,
        written_at=unit.now,
    )
    unit.session.add(message)
    await unit.session.flush()
    unit.emit(changed(ticket, "party_message", actor), ticket.id)
    return message
