"""Whom a letter is for, and how it leaves: what the person wants, else what follows from the request."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import col, select

from services.aftersales.history import Standing
from services.aftersales.model import Ticket
from services.aftersales.notices.wanted import NoticeWanted
from services.aftersales.parties.model import Party
from services.aftersales.registry import Home
from services.aftersales.tables import load
from services.aftersales.taxonomy import element_of
from services.aftersales.words import word
from services.kit.i18n import with_capital
from services.kit.problems import invalid
from services.kit.unit import Unit


@dataclass(frozen=True)
class Addressee:
    """Who owes it, and whom the letter is for."""

    debtor: str
    party: Party | None
    printed: str


async def addressee_of(
    unit: Unit, ticket: Ticket, home: Home, standing: Standing, wanted: NoticeWanted, today: date
) -> Addressee:
    """Who is written to. Raises 422 for one that owes nothing under a warranty that runs."""
    debtors = _debtors(standing, wanted)
    if wanted.debtor is not None and wanted.debtor not in debtors:
        raise invalid("/debtor", "not_the_debtor", "Use one of: %(codes)s.", codes=", ".join(debtors))
    asked = wanted.party
    if asked is not None:
        party = await unit.session.get(Party, asked)
        if party is None or party.kind not in debtors or wanted.debtor not in (None, party.kind):
            raise invalid("/party", "not_the_debtor", "Name a firm that owes it under a warranty that runs.")
        return Addressee(party.kind, party, _printed(party))
    debtor = wanted.debtor or debtors[0]
    if wanted.addressee is not None:
        return Addressee(debtor, None, wanted.addressee)
    claim = standing.terms.claim
    known = await _known(unit, ticket, home, today)
    # The very firm that has the work comes before others that owe it too.
    known.sort(key=lambda party: claim is None or party.id != claim.party)
    party = next((one for one in known if one.kind == debtor), None)
    if party is not None:
        return Addressee(debtor, party, _printed(party))
    return Addressee(debtor, None, with_capital(word("parties", debtor, "fr")))


def sent_by(wanted: NoticeWanted, party: Party | None) -> str:
    """A code of `sendings`. Raises 422 for an e-mail to who has no address."""
    usual = load("notices/letters")["sent_by"][wanted.kind]
    can_mail = party is not None and party.email is not None
    way = wanted.sent_by or usual or ("email" if can_mail else "post")
    if way == "email" and not can_mail:
        raise invalid("/sent_by", "no_address", "No e-mail address is known: post it or hand it over.")
    return str(way)


def _debtors(standing: Standing, wanted: NoticeWanted) -> list[str]:
    """Who may be written to: who was not yet comes first, and of these the one that acts first.

    A second letter of another kind, such as a mise en demeure, goes to the one that acts first.
    """
    if wanted.kind == "insurer":
        return ["insurer"]
    claim = standing.terms.claim
    owed = sorted(claim.debtors if claim else (), key=lambda who: (claim and who != claim.leading, who))
    if wanted.kind == "formal":
        # Others repair in the firms' place, whoever else owes it.
        return sorted(owed, key=lambda who: who != "contractor")
    return sorted(owed, key=lambda who: who not in standing.unwritten)


async def _known(unit: Unit, ticket: Ticket, home: Home, today: date) -> list[Party]:
    """The firms that answer for this element here, the ones of this building and trade first."""
    rows = await unit.session.execute(
        select(Party).where(col(Party.coop) == unit.coop).order_by(col(Party.id))
    )
    trade = element_of(ticket.element).trade
    found = [
        party
        for party in rows.scalars()
        if party.serves(trade, home.building, today) and (party.warranties or party.kind != "contractor")
    ]
    return sorted(found, key=lambda party: (not party.buildings, not party.trades))


def _printed(party: Party) -> str:
    return "\n".join(filter(None, (party.name, party.address)))
