"""A notice that did not arrive is not served: its proof says so, and what rested on it is open again."""

from datetime import timedelta

from sqlmodel import col, select

from contracts.aftersales import DeadlineNear
from contracts.codes import ClockFamily
from services.aftersales.actions import SYSTEM, act
from services.aftersales.changes import Changes
from services.aftersales.model import DeadlineRow, Ticket
from services.aftersales.notices.model import Notice, NoticeProof, NoticeTicket
from services.kit.ids import new_id
from services.kit.registry import local_today
from services.kit.unit import Unit


async def failed(unit: Unit, letter: str, why: str | None) -> None:
    """The letter could not be handed over."""
    await _not_served(unit, letter, "not_sent", why)


async def came_back(unit: Unit, letter: str, why: str | None) -> None:
    """The letter had left and was sent back."""
    await _not_served(unit, letter, "returned", why)


async def _not_served(unit: Unit, letter: str, kind: str, why: str | None) -> None:
    """Each request of the notice that rests on this letter takes the step, and its staff are warned of what
    is about to be lost. Nothing happens for a letter that is no notice's, nor a second time."""
    found = await unit.session.execute(
        select(Notice).where(col(Notice.coop) == unit.coop, col(Notice.letter) == letter)
    )
    notice = found.scalar_one_or_none()
    if notice is None or await _is_told(unit, notice):
        return
    unit.session.add(
        NoticeProof(
            id=new_id("prf"),
            coop=notice.coop,
            notice=notice.id,
            kind=kind,
            on_day=await local_today(unit),
            note=why,
            recorded_by=SYSTEM.id,
            recorded_at=unit.now,
        )
    )
    await unit.session.flush()
    rows = await unit.session.execute(
        select(col(NoticeTicket.ticket))
        .where(col(NoticeTicket.notice) == notice.id)
        .order_by(col(NoticeTicket.ticket))
    )
    for ticket in rows.scalars().all():
        await _open_again(unit, ticket, notice)


async def _is_told(unit: Unit, notice: Notice) -> bool:
    """Whether it is known already that it did not arrive, or shown by something stronger that it did: a
    receipt, an answer. A mail server's word that it took it is not stronger."""
    found = await unit.session.execute(
        select(NoticeProof).where(col(NoticeProof.notice) == notice.id, col(NoticeProof.kind) != "accepted")
    )
    return found.first() is not None


async def _open_again(unit: Unit, ticket_id: str, notice: Notice) -> None:
    ticket = await unit.session.get_one(Ticket, ticket_id)
    if ticket.state == "cancelled":
        return
    facts = {"notice": notice.id, "debtor": notice.debtor, "party": notice.party}
    await act(unit, ticket_id, "return_notice", SYSTEM, Changes(facts=facts, is_inner=True))
    await unit.session.refresh(ticket)
    await _warn(unit, ticket)


async def _warn(unit: Unit, ticket: Ticket) -> None:
    """Whoever follows the request hears at once of the legal date that comes first."""
    found = await unit.session.execute(
        select(DeadlineRow)
        .where(
            col(DeadlineRow.ticket) == ticket.id,
            col(DeadlineRow.clock) == ClockFamily.LEGAL.value,
            col(DeadlineRow.met_at).is_(None),
        )
        .order_by(col(DeadlineRow.due_at), col(DeadlineRow.kind))
        .limit(1)
    )
    row = found.scalar_one_or_none()
    if row is None:
        return
    whole = max(row.due_at - row.starts_at, timedelta(seconds=1))
    near = DeadlineNear(
        coop=ticket.coop,
        ticket=ticket.id,
        number=ticket.number,
        kind=row.kind,
        clock=ClockFamily.LEGAL,
        due_at=row.due_at,
        percent=max(1, min(100, int((unit.now - row.starts_at) / whole * 100))),
        assignee=ticket.assignee,
        team=ticket.team or None,
    )
    unit.emit(near, ticket.id)
