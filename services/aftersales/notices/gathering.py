"""The facts that a letter rests on, from the requests: what, where, since when, under which warranties."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel import col, select

from contracts.codes import Regime
from services.aftersales.assess import dates_of
from services.aftersales.config import config_for
from services.aftersales.model import Ticket, WarrantyRow
from services.aftersales.notices.addressing import Addressee
from services.aftersales.notices.composing import Basis, Case, Item
from services.aftersales.notices.describing import Told
from services.aftersales.notices.model import Notice, NoticeTicket
from services.aftersales.notices.wanted import NoticeWanted
from services.aftersales.parties.actions import coop_name
from services.aftersales.registry import Home
from services.aftersales.tables import load
from services.aftersales.taxonomy import taxonomy
from services.aftersales.words import word
from services.kit.unit import Unit


@dataclass(frozen=True)
class Asked:
    """What the letter asks of whom: the person's wishes, the addressee, by when, and what goes with it."""

    wanted: NoticeWanted
    addressee: Addressee
    answer_by_on: date
    annexes: tuple[Told, ...] = ()


async def warranties_of(unit: Unit, tickets: Sequence[Ticket], debtor: str) -> list[WarrantyRow]:
    """The warranties that this debtor owes on these requests, the one that ends first at the top."""
    rows = await unit.session.execute(
        select(WarrantyRow)
        .where(col(WarrantyRow.ticket).in_([ticket.id for ticket in tickets]))
        .where(col(WarrantyRow.regime) != Regime.NONE.value)
        .order_by(col(WarrantyRow.ends_on), col(WarrantyRow.regime))
    )
    found = list(rows.scalars())
    wanted = [Regime.DECENNALE.value] if debtor == "insurer" else None
    return [row for row in found if (row.regime in wanted if wanted else debtor in (row.debtor, *row.also))]


async def case_of(
    unit: Unit, tickets: Sequence[Ticket], home: Home, asked: Asked, warranties: Sequence[WarrantyRow]
) -> Case:
    """The letter's facts. `tickets` are of that home."""
    dates, config = await dates_of(unit, tickets[0], home), await config_for(unit, home)
    zone, party = config.calendar.zone, asked.addressee.party
    bases = {
        row.regime: Basis(row.regime, _named(row.regime), row.basis or "", row.ends_on)
        for row in warranties
        if row.ends_on is not None
    }
    return Case(
        kind=asked.wanted.kind,
        coop=await coop_name(unit),
        where=await _where(unit, home),
        items=tuple(_item(ticket, ticket.opened_at.astimezone(zone).date()) for ticket in tickets),
        answer_by_on=asked.answer_by_on,
        bases=tuple(bases.values()),
        reception_on=dates.reception_on,
        livraison_on=dates.livraison_on,
        reference=party.reference if party else None,
        words=asked.wanted.words,
        notified_on=await _written_on(unit, tickets[0], zone, ("notice", "reserves"), asked.addressee),
        formal_on=await _written_on(unit, tickets[0], zone, ("formal",)),
        annexes=asked.annexes,
    )


def _named(regime: str) -> str:
    return str(load("notices/letters")["regimes"].get(regime) or word("regimes", regime, "fr"))


def _item(ticket: Ticket, told_on: date) -> Item:
    words = taxonomy()
    return Item(
        ticket.number,
        words.places[ticket.place].label.in_("fr"),
        words.elements[ticket.element].label.in_("fr"),
        words.symptoms[ticket.symptom].in_("fr"),
        ticket.noticed_on,
        told_on,
    )


async def _written_on(
    unit: Unit, ticket: Ticket, zone: ZoneInfo, kinds: Sequence[str], to: Addressee | None = None
) -> date | None:
    """The civil day of the newest letter of these kinds about the request; `to`: of those that this very
    debtor was sent, as nobody is reminded of a letter to another one."""
    query = (
        select(Notice.written_at)
        .join(NoticeTicket, col(NoticeTicket.notice) == col(Notice.id))
        .where(col(NoticeTicket.ticket) == ticket.id, col(Notice.kind).in_(kinds))
        .order_by(col(Notice.written_at).desc())
        .limit(1)
    )
    if to is not None:
        query = query.where(col(Notice.debtor) == to.debtor)
        if to.party is not None:
            query = query.where(col(Notice.party) == to.party.id)
    written_at = (await unit.session.execute(query)).scalar_one_or_none()
    return None if written_at is None else written_at.astimezone(zone).date()


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
