"""What a household reads: its tips, newest first, and what the rules concluded otherwise."""

from datetime import date
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select

from services.advice.day import Day
from services.advice.model import DaySeen, Evaluation, TipRow, unpack
from services.kit.unit import Unit


async def tips_of(unit: Unit, occupancy: str) -> list[TipRow]:
    found = await unit.session.scalars(
        select(TipRow)
        .where(TipRow.occupancy == occupancy)
        .order_by(col(TipRow.raised_on).desc(), col(TipRow.id).desc())
    )
    return list(found.all())


async def tip(unit: Unit, tip_id: str) -> TipRow | None:
    return await unit.session.get(TipRow, tip_id)


async def conclusions_of(unit: Unit, occupancy: str) -> dict[str, Any]:
    """Rule to `{"why_not", "figures"}` of the latest evaluation; empty before the first."""
    latest = await evaluation_of(unit, occupancy)
    return latest.conclusions if latest else {}


async def evaluation_of(unit: Unit, occupancy: str) -> Evaluation | None:
    """The latest look at the household's readings; None before the first."""
    found = await unit.session.scalars(
        select(Evaluation)
        .where(Evaluation.occupancy == occupancy)
        .order_by(col(Evaluation.evaluated_on).desc())
    )
    return found.first()


async def days_seen(unit: Unit, occupancy: str) -> int:
    """How many closed days the rules have of the household."""
    found = await unit.session.execute(
        select(func.count(func.distinct(DaySeen.day))).where(DaySeen.occupancy == occupancy)
    )
    return int(found.scalar_one())


async def days_between(unit: Unit, tip: TipRow, first: date, last: date) -> list[Day]:
    """The days a tip rests on, in order; empty once they are forgotten."""
    found = await unit.session.scalars(
        select(DaySeen)
        .where(DaySeen.occupancy == tip.occupancy, DaySeen.meter == tip.meter)
        .where(DaySeen.day >= first, DaySeen.day <= last)
        .order_by(col(DaySeen.day))
    )
    return [unpack(row) for row in found]


def status_on(row: TipRow, today: date) -> str:
    """What was answered; an unanswered tip is `expired` after its last day."""
    return "expired" if row.status == "open" and row.expires_on < today else row.status
