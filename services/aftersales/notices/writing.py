"""Writes a notice: letter, document and annexes from the facts, stored before all else, then on its way."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from services.aftersales import registry
from services.aftersales.assess import home_of
from services.aftersales.history import Standing
from services.aftersales.legal_time import end_of_day
from services.aftersales.model import Ticket
from services.aftersales.notices import annexes, enclosing
from services.aftersales.notices.addressing import Addressee, addressee_of, sent_by
from services.aftersales.notices.composing import Letter, compose
from services.aftersales.notices.describing import told
from services.aftersales.notices.gathering import Asked, case_of, warranties_of
from services.aftersales.notices.model import Notice, NoticeTicket
from services.aftersales.notices.printing import printed
from services.aftersales.notices.typesetting import typeset
from services.aftersales.notices.wanted import NoticeWanted
from services.aftersales.parties.actions import coop_name
from services.aftersales.parties.letters import write_to
from services.aftersales.public_contact import contact_of, head_of
from services.aftersales.tables import load
from services.aftersales.telling import Actor
from services.kit.ids import new_id
from services.kit.problems import invalid
from services.kit.registry import local_today, zone_of
from services.kit.unit import Unit

PDF = "application/pdf"
NOTICE_PAGE = "/contractor/{{token}}/notices/{notice}"
"""Of the firm's own page: the letter and all that went with it."""


async def write_notice(
    unit: Unit, tickets: Sequence[Ticket], standing: Standing, wanted: NoticeWanted, actor: Actor
) -> Notice:
    """The stored notice about these requests of one home. `standing` is the first one's.

    Raises 422 where the debtor or the way to send it cannot be.
    """
    assert unit.coop is not None
    today, home = await local_today(unit), await home_of(unit, tickets[0])
    addressee = await addressee_of(unit, tickets[0], home, standing, wanted, today)
    way = sent_by(wanted, addressee.party)
    warranties = await warranties_of(unit, tickets, addressee.debtor)
    answer_by_on = _answer_by(wanted, today)
    going = await _annexes(unit, tickets, wanted, way)
    asked = Asked(wanted, addressee, answer_by_on, tuple(told(going, "fr")))
    letter = compose(await case_of(unit, tickets, home, asked, warranties))
    notice_id, pictures = new_id("ntc"), await enclosing.pictures_of(unit, going)
    content = await asyncio.to_thread(
        printed,
        letter,
        coop=await coop_name(unit),
        addressee=addressee.printed,
        reference=notice_id,
        written_on=today,
        written_at=unit.now,
        contact=await _contact(unit),
        sent_by=way,
        signed_by=await _name_of(unit, actor),
        pictures=pictures,
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
        answer_by_on=answer_by_on,
        sent_by=way,
        letter=await _posted(unit, wanted.kind, letter, notice_id, content, tickets, addressee, going)
        if way == "email"
        else None,
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
    await enclosing.seal(unit, notice, going, pictures)
    return notice


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


def _answer_by(wanted: NoticeWanted, today: date) -> date:
    if wanted.answer_by_on is not None and wanted.answer_by_on <= today:
        raise invalid("/answer_by_on", "in_the_past", "An answer is asked for later.")
    usual = timedelta(days=load("notices/letters")["answer_days"][wanted.kind]["days"])
    return wanted.answer_by_on or today + usual


async def _annexes(
    unit: Unit, tickets: Sequence[Ticket], wanted: NoticeWanted, way: str
) -> tuple[annexes.Annex, ...]:
    limits = load("notices/letters")["annex_limits"]
    zone, is_mailed = await zone_of(unit), way == "email"
    pieces = await enclosing.pieces_of(unit, tickets, wanted.kind, zone, wanted.without_photos)
    return annexes.numbered(
        pieces,
        is_mailed=is_mailed,
        most_bytes=limits["mailed_bytes"],
        most_printed=limits["printed_when_mailed" if is_mailed else "printed_photos"],
    )


async def _posted(
    unit: Unit,
    kind: str,
    letter: Letter,
    notice_id: str,
    content: bytes,
    tickets: Sequence[Ticket],
    addressee: Addressee,
    going: Sequence[annexes.Annex],
) -> str:
    """The room's own sending; what its files leave out is opened by the firm's personal link."""
    assert addressee.party is not None
    is_linked = any(one.way == annexes.LINKED for one in going)
    numbers = ", ".join(str(ticket.number) for ticket in tickets)
    return await write_to(
        unit,
        addressee.party,
        subject=typeset(load("notices/letters")["mail_subjects"][kind].format(numbers=numbers)),
        paragraphs=[letter.subject, *letter.paragraphs],
        about=tickets[0].id,
        attachment=(f"{notice_id}.pdf", content),
        link=NOTICE_PAGE.format(notice=notice_id) if is_linked else None,
    )


async def _contact(unit: Unit) -> list[str]:
    """How the cooperative is reached, as it publishes it."""
    return head_of(await contact_of(unit, unit.coop or ""))


async def _name_of(unit: Unit, actor: Actor) -> str:
    found = (await registry.staff(unit)).get(actor.id or "")
    return found.name if found else ""
