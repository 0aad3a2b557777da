"""What a household reads: its tips, newest first, and what the rules concluded otherwise."""

from datetime import date
from typing import Any

from sqlmodel import col, select

from services.advice.model import Evaluation, TipRow
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
    found = await unit.session.scalars(
        select(Evaluation)
        .where(Evaluation.occupancy == occupancy)
        .order_by(col(Evaluation.evaluated_on).desc())
    )
    latest = found.first()
    return latest.conclusions if latest else {}


def status_on(row: TipRow, today: date) -> str:
    """What was answered; an unanswered tip is `expired` after its last day."""
    return "expired" if row.status == "open" and row.expires_on < today else row.status
