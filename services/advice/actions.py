"""What a resident may do with a tip: say that it is done, not for them, or doubtful."""

from enum import StrEnum

from services.advice import queries, registry
from services.advice.model import Feedback, TipRow
from services.kit.ids import new_id
from services.kit.problems import not_found
from services.kit.unit import Unit


class Answer(StrEnum):
    DONE = "done"
    NOT_FOR_ME = "not_for_me"
    DOUBTFUL = "doubtful"


async def answer_tip(unit: Unit, tip_id: str, person: str, answer: Answer, comment: str | None) -> TipRow:
    """Record the answer; a later one replaces it. 404 unless the person lives in the tip's household."""
    row = await queries.tip(unit, tip_id)
    if row is None or not await registry.lives_there(unit, row.occupancy, person):
        raise not_found()
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
