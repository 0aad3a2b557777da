"""Writing notices and recording what came of them; each is a step of every request it is about."""

from collections.abc import Sequence
from datetime import date

from sqlmodel import col, select

from services.aftersales.actions import act
from services.aftersales.assess import home_of
from services.aftersales.changes import Changes
from services.aftersales.model import Ticket
from services.aftersales.notices import queries, serving
from services.aftersales.notices.model import Notice, NoticeProof
from services.aftersales.notices.wanted import NoticeWanted
from services.aftersales.notices.writing import notice_facts, write_notice
from services.aftersales.parties.letters import proof as letter_proof
from services.aftersales.standings import standing_of
from services.aftersales.telling import Actor
from services.aftersales.winding import wind_clocks
from services.kit.ids import new_id
from services.kit.problems import conflict, invalid
from services.kit.registry import local_today, zone_of
from services.kit.unit import Unit

SECURING = ("commitment", "court_action")
"""What alone stops a legal period; a notice, however well proved, does not."""
ARRIVED = ("delivered", "handed_over", "answer")


async def write(unit: Unit, tickets: Sequence[Ticket], wanted: NoticeWanted, actor: Actor) -> Notice:
    """One letter about one or several requests of the same home, a step `notify_debtor` of each.

    Raises 422 for requests of several homes or another debtor, 409 where one of them is not at that point.
    """
    first, *others = tickets
    for index, other in enumerate(others):
        if other.occupancy is None or other.occupancy != first.occupancy:
            raise invalid(f"/also/{index}", "another_home", "A letter is about one home.")
    async with unit.part():
        standing = await standing_of(unit, first)
        if standing.terms.claim is None:
            raise conflict("no_warranty", "No warranty runs for this request: there is nobody to notify.")
        notice = await write_notice(unit, tickets, standing, wanted, actor)
        zone = await zone_of(unit)
        for ticket in tickets:
            changes = Changes(comment=wanted.words, facts=notice_facts(notice, zone))
            await act(unit, ticket.id, "notify_debtor", actor, changes)
    return notice


async def prove(
    unit: Unit,
    notice: Notice,
    kind: str,
    on: date,
    actor: Actor,
    *,
    reference: str | None = None,
    note: str | None = None,
) -> NoticeProof:
    """Keep what shows that it arrived. A written commitment or a court action also stops the legal period."""
    today, zone = await local_today(unit), await zone_of(unit)
    if on > today:
        raise invalid("/on", "in_the_future", "It cannot have happened after today.")
    if on < notice.written_at.astimezone(zone).date():
        raise invalid("/on", "before_the_notice", "It cannot have happened before the notice was written.")
    if kind == "registered" and not reference:
        raise invalid("/reference", "missing", "A registered letter has a number.")
    if kind in SECURING and not note:
        raise invalid("/note", "missing", "Say what was committed to, or before which court.")
    proof = _proof(unit, notice, kind, on, actor.id, reference, note)
    for ticket_id in await queries.tickets_of(unit, notice):
        if kind in SECURING:
            await _secured(unit, ticket_id, notice, kind, note, actor)
        elif notice.kind == "insurer" and kind in ARRIVED:
            await _declared(unit, ticket_id, on)
    await unit.session.flush()
    return proof


async def collect(unit: Unit) -> None:
    """Keep beside each notice what the mail server answered, once the letter has left or could not."""
    zone = await zone_of(unit)
    rows = await unit.session.execute(
        select(Notice)
        .where(col(Notice.coop) == unit.coop, col(Notice.letter).is_not(None))
        .where(
            ~select(NoticeProof.id)
            .where(col(NoticeProof.notice) == col(Notice.id))
            .where(col(NoticeProof.kind).in_(["accepted", "not_sent"]))
            .exists()
        )
        .order_by(col(Notice.id))
    )
    for notice in rows.scalars().all():
        assert notice.letter is not None
        posted = await letter_proof(unit, notice.letter)
        if posted.sent_at is not None:
            sent_on = posted.sent_at.astimezone(zone).date()
            _proof(unit, notice, "accepted", sent_on, "system", posted.message_id, posted.answer)
        elif posted.failed_at is not None:
            await serving.failed(unit, notice.letter, posted.answer)
    await unit.session.flush()


def _proof(
    unit: Unit, notice: Notice, kind: str, on: date, by: str, reference: str | None, note: str | None
) -> NoticeProof:
    proof = NoticeProof(
        id=new_id("prf"),
        coop=notice.coop,
        notice=notice.id,
        kind=kind,
        on_day=on,
        reference=reference,
        note=note,
        recorded_by=by,
        recorded_at=unit.now,
    )
    unit.session.add(proof)
    return proof


async def _secured(
    unit: Unit, ticket_id: str, notice: Notice, kind: str, note: str | None, actor: Actor
) -> None:
    """A step of the request, which stops what that debtor owes; where it is over the proof alone is kept."""
    ticket = await unit.session.get_one(Ticket, ticket_id)
    if ticket.ended_at is None:
        facts = {"secured_by": kind, "notice": notice.id, "debtor": notice.debtor}
        await act(unit, ticket_id, "secure_claim", actor, Changes(comment=note, facts=facts))


async def _declared(unit: Unit, ticket_id: str, on: date) -> None:
    """The insurer's 15, 60 and 90 days run from the day it received the declaration."""
    ticket = await unit.session.get_one(Ticket, ticket_id, with_for_update=True, populate_existing=True)
    if ticket.declared_to_insurer_on is None:
        ticket.declared_to_insurer_on = on
        await wind_clocks(unit, ticket, await home_of(unit, ticket), await standing_of(unit, ticket))
