"""What a resident may do with a tip: say that it is done, not for them, or doubtful, and take it back."""

from enum import StrEnum

from sqlalchemy import delete
from sqlmodel import col, select

from services.advice import queries
from services.advice.model import Feedback, TipRow
from services.kit.ids import new_id
from services.kit.problems import not_found
from services.kit.registry import lives_there
from services.kit.unit import Unit


class Answer(StrEnum):
    DONE = "done"
    NOT_FOR_ME = "not_for_me"
    DOUBTFUL = "doubtful"


async def answer_tip(unit: Unit, tip_id: str, person: str, answer: Answer, comment: str | None) -> TipRow:
    """Record the answer; a later one replaces it. 404 unless the person lives in the tip's household."""
    row = await _own(unit, tip_id, person)
    row.status = answer.value
    unit.session.add(row)
    unit.session.add(
        Feedback(
            id=new_id("fbk"),
            coop=row.coop,
            tip=row.id,
            person=person,
            answer=answer.value,
            comment=comment or None,
            answered_at=unit.now,
        )
    )
    return row


async def take_back(unit: Unit, tip_id: str, person: str) -> TipRow:
    """Forget this person's answers: the tip stands as the rest of the household left it, else open."""
    row = await _own(unit, tip_id, person)
    await unit.session.execute(
        delete(Feedback).where(col(Feedback.tip) == row.id, col(Feedback.person) == person)
    )
    others = select(Feedback).where(Feedback.tip == row.id).order_by(col(Feedback.answered_at).desc())
    last = (await unit.session.scalars(others)).first()
    row.status = last.answer if last else "open"
    unit.session.add(row)
    return row


async def _own(unit: Unit, tip_id: str, person: str) -> TipRow:
    """The tip, if the person lives in its household; 404 otherwise."""
    row = await queries.tip(unit, tip_id)
    if row is None or not await lives_there(unit, row.occupancy, person):
        raise not_found()
    return row
