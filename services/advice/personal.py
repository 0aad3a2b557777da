"""What advice knows of a person: give it out, or forget it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlmodel import col, select

from services.advice.model import DaySeen, Evaluation, Feedback, TipRow, unpack
from services.kit.registry import homes_of
from services.kit.unit import Unit


async def export(unit: Unit, person: str) -> dict[str, Any]:
    """All that advice keeps about the person's households, and their own answers. Who left a household no
    longer sees what it does, in a copy of their data either."""
    occupancies = [home.occupancy for home in await homes_of(unit, person)]
    days = (await unit.session.scalars(select(DaySeen).where(col(DaySeen.occupancy).in_(occupancies)))).all()
    tips = (await unit.session.scalars(select(TipRow).where(col(TipRow.occupancy).in_(occupancies)))).all()
    answers = (await unit.session.scalars(select(Feedback).where(Feedback.person == person))).all()
    return {
        "days": [{"meter": row.meter, "day": row.day, "wh": unpack(row).values} for row in days],
        "tips": [row.model_dump(exclude={"coop"}) for row in tips],
        "answers": [row.model_dump(exclude={"coop", "person"}) for row in answers],
    }


async def erase(unit: Unit, person: str, occupancies: Sequence[str]) -> None:
    """Forget these households, and this person's answers in any other."""
    for occupancy in occupancies:
        await forget_household(unit, occupancy)
    await unit.session.execute(text("DELETE FROM advice.feedback WHERE person = :person"), {"person": person})


async def forget_household(unit: Unit, occupancy: str) -> None:
    await unit.session.execute(
        text(
            "DELETE FROM advice.feedback WHERE tip IN"
            " (SELECT id FROM advice.tip WHERE occupancy = :occupancy)"
        ),
        {"occupancy": occupancy},
    )
    await unit.session.execute(
        text("DELETE FROM advice.tip WHERE occupancy = :occupancy"), {"occupancy": occupancy}
    )
    await forget_days(unit, occupancy)


async def forget_days(unit: Unit, occupancy: str) -> None:
    for table in (DaySeen, Evaluation):
        await unit.session.execute(
            text(f"DELETE FROM advice.{table.__tablename__} WHERE occupancy = :occupancy"),  # noqa: S608
            {"occupancy": occupancy},
        )
