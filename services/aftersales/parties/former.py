"""A job that a party had and has no longer: why its address shows the work no more, and no more than that."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import text

from services.aftersales.model import Ticket
from services.aftersales.parties.jobs import WITH_PARTY
from services.aftersales.parties.model import Party
from services.kit.unit import Unit

Now = Literal["reopened", "elsewhere", "over"]


@dataclass(frozen=True)
class Former:
    """What became of it: opened again and looked at by the cooperative, given to somebody else, or over."""

    ticket: Ticket
    now: Now
    said: str | None = None
    """Why it was opened again, in the words that the firm is to know."""


async def former_of(unit: Unit, party: Party, ticket: str) -> Former | None:
    """None where it was never given to the party, or still is."""
    found = await unit.session.get(Ticket, ticket)
    if found is None or found.coop != party.coop:
        return None
    row = (await unit.session.execute(text(_STEPS), {"ticket": ticket, "party": party.id})).one()
    if not row.was_given:
        return None
    is_still = found.party == party.id
    if found.ended_at is not None:
        return Former(found, "over")
    if not is_still:
        return Former(found, "elsewhere")
    return None if found.state in WITH_PARTY else Former(found, "reopened", row.said)


_STEPS = """
SELECT bool_or(action = 'assign' AND facts ->> 'party' = :party) AS was_given,
  (array_agg(comment ORDER BY place_in_history DESC)
    FILTER (WHERE action IN ('reopen', 'half_fixed') AND comment IS NOT NULL))[1] AS said
FROM aftersales.ticket_event WHERE ticket = :ticket
"""
