"""Writes a notice: letter and document from the facts, stored before anything else, then on its way."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel import col, select

from contracts.codes import Regime
from services.aftersales import registry
from services.aftersales.assess import dates_of, home_of
from services.aftersales.config import config_for
from services.aftersales.history import Standing
from services.aftersales.legal_time import end_of_day
from services.aftersales.model import Ticket, WarrantyRow
from services.aftersales.notices.composing import Basis, Case, Item, compose
from services.aftersales.notices.model import Notice, NoticeTicket
from services.aftersales.notices.printing import printed
from services.aftersales.notices.wanted import NoticeWanted
from services.aftersales.parties.actions import coop_name
from services.aftersales.parties.letters import write_to
from services.aftersales.parties.model import Party
from services.aftersales.public_contact import contact_of
from services.aftersales.registry import Home
from services.aftersales.tables import load
from services.aftersales.taxonomy import element_of, taxonomy
from services.aftersales.telling import Actor
from services.aftersales.words import word
from services.kit.ids import new_id
from services.kit.problems import invalid
from services.kit.registry import local_today
from services.kit.unit import Unit

PDF = "application/pdf"


@dataclass(frozen=True)
class Addressee:
    """Who owes it, and whom the letter is for."""

    debtor: str
    party: Party | None
    printed: str


async def write_notice(
    unit: Unit, tickets: Sequence[Ticket], standing: Standing, wanted: NoticeWanted, actor: Actor
) -> Notice:
    """The stored notice about these requests of one home. `standing` is the first one's.

    Raises 422 where the debtor or the way to send it cannot be.
    """
    assert unit.coop is not None
    first, today = tickets[0], await local_today(unit)
    home = await home_of(unit, first)
    addressee = await _addressee(unit, first, home, standing, wanted, today)
    sent_by = _sent_by(wanted, addressee.party)
    warranties = await _warranties(unit, tickets, addressee.debtor)
    days = timedelta(days=load("notices/letters")["answer_days"][wanted.kind]["days"])
    if wanted.answer_by_on is not None and wanted.answer_by_on <= today:
        raise invalid("/answer_by_on", "in_the_past", "An answer is asked for later.")
    case = await _case(
        unit, tickets, home, wanted, addressee, warranties, wanted.answer_by_on or today + days
    )
    letter = compose(case)
    notice_id = new_id("ntc")
    content = await asyncio.to_thread(
        printed,
        letter,
        coop=case.coop,
        addressee=addressee.printed,
        reference=notice_id,
        written_on=today,
        written_at=unit.now,
        contact=await _contact(unit),
        sent_by=sent_by,
        signed_by=await _name_of(unit, actor),
    )
    posted = None
    if sent_by == "email":
        assert addressee.party is not None
        posted = await write_to(
            unit,
            addressee.party,
            subject=letter.subject,
            paragraphs=letter.paragraphs,
            about=first.id,
            attachment=(f"{notice_id}.pdf", content),
        )
    notice = Notice(
        id=notice_id,
        coop=unit.coop,
        kind=wanted.kind,
        debtor=addressee.debtor,
        party=addressee.party.id if addressee.party else None,
        addressee=addressee.printed,
        regimes=sorted({row.regime for row in warranties}),
        subject=letter.subject,
        paragraphs=letter.paragraphs,
        answer_by_on=case.answer_by_on,
        sent_by=sent_by,
        letter=posted,
        content=content,
        content_type=PDF,
        sha256=sha256(content).hexdigest(),
        written_by=actor.id,
        written_at=unit.now,
    )
    unit.session.add(notice)
    await unit.session.flush()
    unit.session.add_all(
        NoticeTicket(notice=notice.id, ticket=ticket.id, coop=unit.coop) for ticket in tickets
    )
    await unit.session.flush()
    return notice


async def _contact(unit: Unit) -> list[str]:
    """How the cooperative is reached, as it publishes it."""
    known = await contact_of(unit, unit.coop or "")
    return [line for line in (known.address, known.phone, known.email) if line] if known else []


async def _name_of(unit: Unit, actor: Actor) -> str:
    found = (await registry.staff(unit)).get(actor.id or "")
    return found.name if found else ""


def notice_facts(notice: Notice, zone: ZoneInfo) -> dict[str, Any]:
    """What the step `notify_debtor` keeps of it; the debtor has until the end of the day that it names."""
    return {
        "answer_by_at": end_of_day(notice.answer_by_on, zone).astimezone(UTC).isoformat(),
        "notice": notice.id,
        "kind": notice.kind,
        "debtor": notice.debtor,
        "party": notice.party,
        "sha256": notice.sha256,
    }


async def _addressee(
    unit: Unit, ticket: Ticket, home: Home, standing: Standing, wanted: NoticeWanted, today: date
) -> Addressee:
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
    return Addressee(debtor, None, word("parties", debtor, "fr").capitalize())


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


def _sent_by(wanted: NoticeWanted, party: Party | None) -> str:
    usual = load("notices/letters")["sent_by"][wanted.kind]
    can_mail = party is not None and party.email is not None
    sent_by = wanted.sent_by or usual or ("email" if can_mail else "post")
    if sent_by == "email" and not can_mail:
        raise invalid("/sent_by", "no_address", "No e-mail address is known: post it or hand it over.")
    return str(sent_by)


def _printed(party: Party) -> str:
    return "\n".join(filter(None, (party.name, party.address)))


async def _warranties(unit: Unit, tickets: Sequence[Ticket], debtor: str) -> list[WarrantyRow]:
    rows = await unit.session.execute(
        select(WarrantyRow)
        .where(col(WarrantyRow.ticket).in_([ticket.id for ticket in tickets]))
        .where(col(WarrantyRow.regime) != Regime.NONE.value)
        .order_by(col(WarrantyRow.ends_on), col(WarrantyRow.regime))
    )
    found = list(rows.scalars())
    wanted = [Regime.DECENNALE.value] if debtor == "insurer" else None
    return [row for row in found if (row.regime in wanted if wanted else row.debtor == debtor)]


async def _case(
    unit: Unit,
    tickets: Sequence[Ticket],
    home: Home,
    wanted: NoticeWanted,
    addressee: Addressee,
    warranties: Sequence[WarrantyRow],
    answer_by_on: date,
) -> Case:
    dates, config = await dates_of(unit, tickets[0], home), await config_for(unit, home)
    words, zone = taxonomy(), config.calendar.zone
    bases = {
        row.regime: Basis(row.regime, word("regimes", row.regime, "fr"), row.basis or "", row.ends_on)
        for row in warranties
        if row.ends_on is not None
    }
    return Case(
        kind=wanted.kind,
        coop=await coop_name(unit),
        where=await _where(unit, home),
        items=tuple(
            Item(
                ticket.number,
                words.places[ticket.place].label.in_("fr"),
                words.elements[ticket.element].label.in_("fr"),
                words.symptoms[ticket.symptom].in_("fr"),
                ticket.noticed_on,
                ticket.opened_at.astimezone(zone).date(),
            )
            for ticket in tickets
        ),
        answer_by_on=answer_by_on,
        bases=tuple(bases.values()),
        reception_on=dates.reception_on,
        livraison_on=dates.livraison_on,
        reference=addressee.party.reference if addressee.party else None,
        words=wanted.words,
        notified_on=await _written_on(unit, tickets[0], ("notice", "reserves")),
        formal_on=await _written_on(unit, tickets[0], ("formal",)),
    )


async def _written_on(unit: Unit, ticket: Ticket, kinds: Sequence[str]) -> date | None:
    found = await unit.session.execute(
        select(Notice)
        .join(NoticeTicket, col(NoticeTicket.notice) == col(Notice.id))
        .where(col(NoticeTicket.ticket) == ticket.id, col(Notice.kind).in_(kinds))
        .order_by(col(Notice.written_at).desc())
        .limit(1)
    )
    notice = found.scalar_one_or_none()
    return None if notice is None else notice.written_at.date()


async def _where(unit: Unit, home: Home) -> str:
    if home.dwelling is None:
        found = await unit.session.execute(
            text(
                "SELECT b.ref, a.street, a.city FROM registry.building b"
                " LEFT JOIN registry.address a ON a.place = b.id WHERE b.id = :id"
            ),
            {"id": home.building},
        )
        place = found.one()
        parts = [f"résidence {home.residence}", f"immeuble {place.ref}"]
        return ", ".join([*parts, *_address(place.street, home.postcode, place.city)])
    row = (
        await unit.session.execute(
            text(
                "SELECT d.ref, d.staircase, d.floor, d.postcode, a.street, a.city FROM registry.dwelling d"
                " LEFT JOIN registry.address a ON a.place = d.id WHERE d.id = :id"
            ),
            {"id": home.dwelling},
        )
    ).one()
    parts = [f"résidence {home.residence}", f"logement {row.ref}"]
    parts += [f"escalier {row.staircase}"] if row.staircase else []
    parts += [f"étage {row.floor}"] if row.floor else []
    return ", ".join([*parts, *_address(row.street, row.postcode, row.city)])


def _address(street: str | None, postcode: str | None, city: str | None) -> list[str]:
    """Street, then postcode and town, as far as they are known."""
    town = " ".join(part for part in (postcode, city) if part)
    return [part for part in (street, town) if part]
