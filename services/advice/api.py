"""Tips over HTTP: read them in one's own language, and answer."""

from datetime import date
from typing import Any

from fastapi import Request
from pydantic import BaseModel, Field

from contracts.codes import Role, Rule
from services.advice import actions, queries, registry
from services.advice.model import TipRow
from services.advice.words import why_not_words, words
from services.kit.i18n import language_of
from services.kit.registry import lives_there, local_today
from services.kit.web import Principal, RoomUnit, Who, api_router, not_found, roles

router = api_router("advice")


class Saving(BaseModel):
    kwh_year: int
    eur_year: str
    kg_co2_year: str


class TipOut(BaseModel):
    id: str
    rule: Rule
    variant: str
    title: str
    text: str
    steps: list[str]
    evidence: dict[str, Any]
    """The figures it rests on, with the civil days of the readings used."""
    saving: Saving
    raised_on: date
    expires_on: date
    status: str
    """open, done, not_for_me, doubtful or expired."""
    outcome: dict[str, Any] | None
    """What was measured afterwards: `code` improved, worse, followed or not_detectable."""


class Note(BaseModel):
    rule: Rule
    code: str
    text: str


class TipsOut(BaseModel):
    tips: list[TipOut]
    figures: dict[str, Any]
    """What was measured, tip or not, e.g. `night_floor_w`."""
    notes: list[Note]
    """Why a rule has no tip for now."""


class FeedbackIn(BaseModel):
    answer: actions.Answer
    comment: str | None = Field(default=None, max_length=1000)


@router.get("/occupancies/{occupancy}/tips", **roles("resident", "operator"))
async def tips(occupancy: str, request: Request, unit: RoomUnit, who: Who) -> TipsOut:
    """A resident reads its own household's; an operator only those of a simulated cooperative."""
    await _may_read(unit, occupancy, who)
    language = language_of(request)
    today = await local_today(unit)
    conclusions = await queries.conclusions_of(unit, occupancy)
    return TipsOut(
        tips=[tip_out(row, language, today) for row in await queries.tips_of(unit, occupancy)],
        figures={name: value for one in conclusions.values() for name, value in one["figures"].items()},
        notes=[
            Note(rule=Rule(rule), code=one["why_not"], text=text)
            for rule, one in conclusions.items()
            if one["why_not"] and (text := why_not_words(one["why_not"], language))
        ],
    )


@router.post("/tips/{tip}/feedback", **roles("resident"))
async def feedback(tip: str, body: FeedbackIn, request: Request, unit: RoomUnit, who: Who) -> TipOut:
    row = await actions.answer_tip(unit, tip, who.person, body.answer, body.comment)
    return tip_out(row, language_of(request), await local_today(unit))


def tip_out(row: TipRow, language: str, today: date) -> TipOut:
    """A tip in the reader's language; also what the portal's pages show."""
    said = words(row.rule, row.variant, row.evidence, row.eur_year, language)
    return TipOut(
        id=row.id,
        rule=Rule(row.rule),
        variant=row.variant,
        title=said.title,
        text=said.text,
        steps=list(said.steps),
        evidence=row.evidence,
        saving=Saving(kwh_year=row.kwh_year, eur_year=str(row.eur_year), kg_co2_year=str(row.kg_co2_year)),
        raised_on=row.raised_on,
        expires_on=row.expires_on,
        status=queries.status_on(row, today),
        outcome=row.outcome,
    )


async def _may_read(unit: RoomUnit, occupancy: str, who: Principal) -> None:
    if who.role == Role.RESIDENT:
        allowed = await lives_there(unit, occupancy, who.person)
    else:
        allowed = await registry.is_sandbox_home(unit, occupancy)
    if not allowed:
        raise not_found()
