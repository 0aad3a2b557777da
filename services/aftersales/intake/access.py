"""When a household can be found at home for a request, and what whoever comes must know to get in."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.aftersales.intake.model import TicketAccess
from services.aftersales.model import Ticket
from services.aftersales.words import codes, word
from services.kit.unit import Unit
from services.kit.web import Principal

MOST_NOTE = 300
"""Characters of an access note: what fits on the technician's telephone."""


@dataclass(frozen=True)
class Access:
    """What the household said; both empty when it said nothing."""

    availability: tuple[str, ...] = ()
    note: str | None = None

    def __bool__(self) -> bool:
        return bool(self.availability or self.note)

    def words(self, language: str) -> list[str]:
        """The times as people say them, in the list's order."""
        return [word("availability", code, language) for code in self.availability]


def known(given: Iterable[str]) -> tuple[str, ...]:
    """The codes of `given` that are in the word list, each once, in the list's order."""
    chosen = set(given)
    return tuple(code for code in codes("availability") if code in chosen)


async def of(unit: Unit, ticket: str) -> Access:
    """What was said for that request."""
    row = await unit.session.get(TicketAccess, ticket)
    return Access(known(row.availability), row.access_note) if row else Access()


async def keep(unit: Unit, ticket: Ticket, access: Access) -> None:
    """What the household says now replaces what it said before."""
    note = (access.note or "").strip()[:MOST_NOTE] or None
    row = await unit.session.get(TicketAccess, ticket.id)
    if row is None:
        if not access.availability and note is None:
            return
        row = TicketAccess(ticket=ticket.id, coop=ticket.coop, availability=[])
        unit.session.add(row)
    row.availability = list(access.availability)
    row.access_note = note


async def on_page(unit: Unit, ticket: Ticket, who: Principal) -> dict[str, Access] | None:
    """For the pages of one request."""
    found = await of(unit, ticket.id)
    return {"access": found} if found else None
