"""What a household's request says it can do next: after the decision, or after a refusal."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import text
from sqlmodel import col, select

from contracts.codes import Responsible
from services.aftersales import registry
from services.aftersales.model import Ticket, TicketEvent
from services.aftersales.next_steps import Contact, after_decision, after_refusal
from services.aftersales.parties.jobs import WITH_PARTY
from services.aftersales.parties.model import Party
from services.aftersales.registry import Home
from services.aftersales.taxonomy import element_of
from services.kit.registry import local_today, zone_of
from services.kit.unit import Unit
from services.kit.web import Principal

REFUSED = ("not_eligible", "contested")
ENDED = ("done", "resolved", "closed", "cancelled")
"""Nothing is to be waited for: the household says whether all is well, or has said so."""
OTHERS = (Responsible.SYNDIC, Responsible.INSURER, Responsible.VENDOR)
"""Parties whose contact a household is given; a contractor is sent by the cooperative."""


async def refusal(unit: Unit, ticket: Ticket, who: Principal | None = None) -> Mapping[str, Any] | None:
    """Why it is not taken on, and what the household can still do."""
    if ticket.state not in REFUSED:
        return None
    rows = await unit.session.execute(
        select(TicketEvent)
        .where(
            col(TicketEvent.ticket) == ticket.id, col(TicketEvent.action).in_(("refuse", "contest", "uphold"))
        )
        .order_by(col(TicketEvent.place_in_history))
    )
    steps = {row.action: row for row in rows.scalars()}
    step, upheld = steps.get("refuse"), steps.get("uphold")
    if upheld is not None and step is not None and upheld.place_in_history < step.place_in_history:
        upheld = None  # it was overturned and refused anew since
    home = await _home(unit, ticket)
    reason = (step.reason if step else None) or "other"
    return {
        "reason": reason,
        "comment": step.comment if step else None,
        "by": await _name_of(unit, step),
        "contested": steps["contest"].comment if "contest" in steps else None,
        "upheld": upheld.comment if upheld else None,
        "upheld_by": await _name_of(unit, upheld),
        "said": lambda language: after_refusal(
            reason, home.tenure if home else None, language, may_contest="contest" not in steps
        ),
        "contacts": await _contacts(unit, ticket, home),
    }


async def decision(unit: Unit, ticket: Ticket, who: Principal | None = None) -> Mapping[str, Any] | None:
    """What the household can do while the request goes on."""
    if ticket.state in (*REFUSED, *ENDED):
        return None
    home = await _home(unit, ticket)
    party = Responsible(ticket.responsible)
    is_written = any(one.debtor == party.value for one in await letters_sent(unit, ticket))
    return {
        "steps": lambda language: after_decision(
            party, home.tenure if home else None, language, _visit_of(ticket), is_written=is_written
        ),
        "contacts": await _contacts(unit, ticket, home),
    }


async def steps_of(unit: Unit, ticket: Ticket, language: str) -> list[str]:
    """What the household can do next, as sentences; none once it is settled."""
    if (refused := await refusal(unit, ticket)) is not None:
        return list(refused["said"](language)[1])
    if (decided := await decision(unit, ticket)) is not None:
        return list(decided["steps"](language))
    return []


@dataclass(frozen=True)
class Sent:
    """A letter that went to who owes the repair and has not come back; `on` is the civil day."""

    debtor: str
    on: date


async def letters_sent(unit: Unit, ticket: Ticket) -> list[Sent]:
    """The latest to each debtor, in the order in which they were written."""
    rows = await unit.session.execute(text(_SENT), {"ticket": ticket.id})
    zone = await zone_of(unit)
    return [Sent(row.debtor, row.written_at.astimezone(zone).date()) for row in rows]


_SENT = """
SELECT n.debtor, max(n.written_at) AS written_at
FROM aftersales.notice n JOIN aftersales.notice_ticket t ON t.notice = n.id
WHERE t.ticket = :ticket AND NOT EXISTS (SELECT 1 FROM aftersales.ticket_event e
  WHERE e.ticket = t.ticket AND e.action = 'return_notice' AND e.facts ->> 'notice' = n.id)
GROUP BY n.debtor ORDER BY 2
"""


async def firm_of(unit: Unit, ticket: Ticket) -> str | None:
    """The name of the firm in whose hands it is now."""
    if ticket.party is None or ticket.state not in WITH_PARTY or ticket.state == "done":
        return None
    party = await unit.session.get(Party, ticket.party)
    return party.name if party else None


def _visit_of(ticket: Ticket) -> Literal["at_home", "common_parts"] | None:
    """Where somebody comes at an hour that is fixed."""
    if ticket.state != "scheduled":
        return None
    return "common_parts" if element_of(ticket.element).is_common else "at_home"


async def _name_of(unit: Unit, step: TicketEvent | None) -> str | None:
    person = (await registry.staff(unit)).get(step.actor) if step else None
    return person.name if person else None


async def _home(unit: Unit, ticket: Ticket) -> Home | None:
    return await registry.home_of_occupancy(unit, ticket.occupancy) if ticket.occupancy else None


async def _contacts(unit: Unit, ticket: Ticket, home: Home | None) -> list[Contact]:
    """Whom the household may write to itself, where another party than the cooperative answers for it."""
    party = Responsible(ticket.responsible)
    if party not in OTHERS:
        return []
    rows = await unit.session.execute(
        select(Party)
        .where(col(Party.coop) == ticket.coop, col(Party.kind) == party.value)
        .order_by(col(Party.name), col(Party.id))
    )
    today = await local_today(unit)
    trade = element_of(ticket.element).trade
    building = ticket.building or (home.building if home else None)
    return [
        Contact(one.name, one.phone, one.email, one.reference if party is Responsible.INSURER else None)
        for one in rows.scalars()
        if one.serves(trade, building, today)
    ]
