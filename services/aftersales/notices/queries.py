"""The notices of a request with what shows that they arrived."""

from dataclasses import dataclass, field

from sqlalchemy import text
from sqlmodel import col, select

from contracts.codes import Role
from services.aftersales import registry
from services.aftersales.model import Ticket
from services.aftersales.notices import enclosing
from services.aftersales.notices.model import Notice, NoticeAnnex, NoticeProof, NoticeTicket
from services.aftersales.parties.letters import KEPT, Proof
from services.aftersales.parties.letters import proof as letter_proof
from services.kit.problems import not_found
from services.kit.unit import Unit
from services.kit.web import Principal

ARRIVED = frozenset({"delivered", "handed_over", "answer", "commitment"})
TAKEN = frozenset({"accepted", "registered"})
LOST = frozenset({"not_sent", "returned"})
"""Kinds of proofs: that it reached the debtor, that it left, that it did not arrive."""


@dataclass(frozen=True)
class Written:
    """A notice, its proofs (oldest first), and what became of the room's own sending."""

    notice: Notice
    proofs: list[NoticeProof]
    posted: Proof | None
    tickets: list[str]
    annexes: list[NoticeAnnex] = field(default_factory=list)
    """What went with it, by number, without the files."""
    is_sandbox: bool = False
    is_taken_up: bool = False
    """Whether the debtor itself acted on a request of the letter by its personal link since."""

    @property
    def is_proved(self) -> bool:
        """Whether something shows that it arrived: a receipt, a signature, the debtor's own word or act."""
        return self.level == "proved"

    @property
    def is_only_acted(self) -> bool:
        """Whether nothing shows that it arrived but what the debtor did by its link."""
        return self.is_taken_up and not {one.kind for one in self.proofs} & ARRIVED

    @property
    def is_kept(self) -> bool:
        """Whether the e-mail never left the machine: it lies in the embedded mailbox."""
        return self.posted is not None and self.posted.answer == KEPT

    @property
    def level(self) -> str:
        """How far it is shown to have gone: a code of the group `notice_levels`.

        That a mail server took it, or the post, shows that it was sent, not that it arrived. What stays in
        the embedded mailbox was only stored; a trial's mailbox stands for the real one.
        """
        kinds = {one.kind for one in self.proofs}
        if kinds & ARRIVED or self.is_taken_up:
            return "proved"
        if kinds & LOST:
            return "lost"
        if self.is_kept:
            return "kept" if self.is_sandbox else "stored"
        is_taken = kinds & TAKEN or (self.posted is not None and self.posted.state == "sent")
        return "sent" if is_taken else "stored"


async def of_ticket(unit: Unit, ticket: Ticket) -> list[Written]:
    """The latest first."""
    rows = await unit.session.execute(
        select(Notice)
        .join(NoticeTicket, col(NoticeTicket.notice) == col(Notice.id))
        .where(col(NoticeTicket.ticket) == ticket.id)
        .order_by(col(Notice.written_at).desc(), col(Notice.id).desc())
    )
    return [await whole(unit, notice) for notice in rows.scalars().all()]


async def whole(unit: Unit, notice: Notice) -> Written:
    """The notice with all that belongs to it."""
    proofs = await unit.session.execute(
        select(NoticeProof)
        .where(col(NoticeProof.notice) == notice.id)
        .order_by(col(NoticeProof.on_day), col(NoticeProof.recorded_at), col(NoticeProof.id))
    )
    posted = await letter_proof(unit, notice.letter) if notice.letter else None
    tickets = await tickets_of(unit, notice)
    rows = await unit.session.execute(
        text(_SHOWN),
        {"coop": notice.coop, "tickets": tickets, "party": notice.party, "at": notice.written_at},
    )
    shown = rows.one()
    annexes = await enclosing.sealed(unit, notice.id)
    return Written(
        notice, list(proofs.scalars()), posted, tickets, annexes, shown.is_sandbox, shown.is_taken_up
    )


_SHOWN = """
SELECT coalesce((SELECT c.sandbox FROM registry.coop c WHERE c.slug = :coop), false) AS is_sandbox,
  EXISTS (SELECT 1 FROM aftersales.ticket_event e
    WHERE e.ticket = ANY(:tickets) AND e.role = 'contractor' AND e.actor = :party AND e.channel = 'link'
    AND e.occurred_at >= :at) AS is_taken_up
"""


async def visible(unit: Unit, notice_id: str, who: Principal) -> Notice:
    """The notice, or 404: a household sees those about its own home."""
    notice = await unit.session.get(Notice, notice_id)
    if notice is None:
        raise not_found()
    if who.role is Role.RESIDENT:
        own = await registry.own_occupancies(unit, who.person)
        rows = await unit.session.execute(
            select(col(Ticket.occupancy))
            .join(NoticeTicket, col(NoticeTicket.ticket) == col(Ticket.id))
            .where(col(NoticeTicket.notice) == notice.id)
        )
        if not all(occupancy in own for occupancy in rows.scalars()):
            raise not_found()
    return notice


async def tickets_of(unit: Unit, notice: Notice) -> list[str]:
    rows = await unit.session.execute(
        select(col(NoticeTicket.ticket))
        .where(col(NoticeTicket.notice) == notice.id)
        .order_by(col(NoticeTicket.ticket))
    )
    return list(rows.scalars())


async def together(unit: Unit, ticket: Ticket) -> list[Ticket]:
    """Other open requests of the same home that the same letter could list."""
    if ticket.occupancy is None:
        return []
    rows = await unit.session.execute(
        select(Ticket)
        .where(col(Ticket.occupancy) == ticket.occupancy, col(Ticket.id) != ticket.id)
        .where(col(Ticket.responsible) == ticket.responsible)
        .where(col(Ticket.state).in_(["qualified", "assigned", "scheduled", "in_progress"]))
        .order_by(col(Ticket.number))
    )
    return list(rows.scalars())
