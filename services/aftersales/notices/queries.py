"""The notices of a request with what shows that they arrived."""

from dataclasses import dataclass

from sqlmodel import col, select

from contracts.codes import Role
from services.aftersales import registry
from services.aftersales.model import Ticket
from services.aftersales.notices.model import Notice, NoticeProof, NoticeTicket
from services.aftersales.parties.letters import Proof
from services.aftersales.parties.letters import proof as letter_proof
from services.kit.problems import not_found
from services.kit.unit import Unit
from services.kit.web import Principal


@dataclass(frozen=True)
class Written:
    """A notice, its proofs (oldest first), and what became of the room's own sending."""

    notice: Notice
    proofs: list[NoticeProof]
    posted: Proof | None
    tickets: list[str]

    @property
    def is_proved(self) -> bool:
        """Whether something shows that it arrived. What came back or never left is not proved by the mail
        server's having taken it, only by what a person of the cooperative recorded besides."""
        kinds = {one.kind for one in self.proofs}
        if kinds - {"accepted", "not_sent", "returned"}:
            return True
        is_lost = bool(kinds & {"not_sent", "returned"})
        is_taken = "accepted" in kinds or (self.posted is not None and self.posted.state == "sent")
        return is_taken and not is_lost


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
    return Written(notice, list(proofs.scalars()), posted, await tickets_of(unit, notice))


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
