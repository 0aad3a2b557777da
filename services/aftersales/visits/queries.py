"""The read side of appointments: a request's visits, a week of all hosts, the names of hosts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, select

from services.aftersales.model import Ticket
from services.aftersales.parties.model import Party
from services.aftersales.visits.following import running
from services.aftersales.visits.model import Visit
from services.aftersales.visits.terms import terms_of
from services.aftersales.words import codes, word
from services.kit.unit import Unit


@dataclass(frozen=True)
class Planned:
    """A visit with its request."""

    visit: Visit
    ticket: Ticket


async def of_ticket(unit: Unit, ticket: Ticket) -> list[Visit]:
    """All visits of a request, the first arranged first."""
    rows = await unit.session.execute(
        select(Visit).where(col(Visit.ticket) == ticket.id).order_by(col(Visit.booked_at), col(Visit.id))
    )
    return list(rows.scalars())


async def between(unit: Unit, since: datetime, until: datetime, host: str | None = None) -> list[Planned]:
    """Visits that begin in that time, whatever became of them but those called off."""
    query = (
        select(Visit, Ticket)
        .join(Ticket, col(Ticket.id) == col(Visit.ticket))
        .where(
            col(Visit.coop) == unit.coop,
            col(Visit.starts_at) >= since,
            col(Visit.starts_at) < until,
            col(Visit.state) != "cancelled",
        )
        .order_by(col(Visit.starts_at), col(Visit.host), col(Visit.seat), col(Visit.id))
        .limit(2000)
    )
    if host is not None:
        query = query.where(col(Visit.host) == host)
    return [Planned(visit, ticket) for visit, ticket in (await unit.session.execute(query)).all()]


async def can_change(unit: Unit, ticket: Ticket) -> bool:
    """Whether its household may still move or call off by itself what is arranged."""
    visit = await running(unit, ticket.id)
    if visit is None:
        return False
    until: timedelta = (await terms_of(unit)).change_until
    return visit.state == "booked" and visit.starts_at - unit.now >= until


async def host_names(unit: Unit, language: str) -> dict[str, str]:
    """What people call each team and each firm that comes, by host."""
    parties = await unit.session.execute(select(Party).where(col(Party.coop) == unit.coop))
    teams = {code: word("teams", code, language) for code in codes("teams")}
    return teams | {party.id: party.name for party in parties.scalars()}
