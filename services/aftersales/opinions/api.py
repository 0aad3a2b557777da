"""Opinions over HTTP: one's own on a request, and what is published by residence."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Request
from pydantic import BaseModel, Field

from services.aftersales import queries
from services.aftersales.api_base import router
from services.aftersales.bodies import Body, Said
from services.aftersales.dwelling_file.model import Opinion
from services.aftersales.opinions import giving, publishing
from services.kit.registry import local_today
from services.kit.web import RoomUnit, Who, roles


class OpinionIn(Body):
    verdict: Literal["good", "bad"]
    marks: list[Annotated[str, Field(max_length=64)]] = Field(default_factory=list, max_length=10)
    """What was good or bad in particular: codes of the group `opinion_marks`."""
    comment: Said | None = None


class OpinionOut(BaseModel):
    side: str
    verdict: str
    marks: list[str]
    comment: str | None
    given_at: datetime


class OpinionsOut(BaseModel):
    opinions: list[OpinionOut]


class PublishedOut(BaseModel):
    residence: str
    answers: int
    good: int
    marks: dict[str, int]


class PublishedListOut(BaseModel):
    published_from: int
    """A residence with fewer answers, or with answers of too few homes, is not in the list."""
    published_every: int
    """How many answers more, of several homes, move a figure that is in it."""
    residences: list[PublishedOut]


@router.put("/tickets/{ticket}/opinion", **roles("resident", "caretaker", "staff"))
async def give(ticket: str, body: OpinionIn, request: Request, unit: RoomUnit, who: Who) -> OpinionOut:
    """The caller's side of it: a resident writes the household's, the team its own; never the other's."""
    found = await queries.visible(unit, ticket, who)
    side = giving.side_of(who.role.value)
    row = await giving.give(unit, found, side, who.id or "", body.verdict, body.marks, body.comment)
    return _out(row)


@router.get("/tickets/{ticket}/opinions", **roles("resident", "caretaker", "staff"))
async def opinions(ticket: str, unit: RoomUnit, who: Who) -> OpinionsOut:
    """Staff read both sides; a household its own."""
    found = await queries.visible(unit, ticket, who)
    rows = await giving.of_ticket(unit, found)
    own = giving.side_of(who.role.value)
    seen = [row for side, row in sorted(rows.items()) if own != giving.HOUSEHOLD or side == own]
    return OpinionsOut(opinions=[_out(row) for row in seen])


@router.get("/reports/opinions", **roles("resident", "caretaker", "staff"))
async def published(unit: RoomUnit) -> PublishedListOut:
    """What households of each residence thought, where enough of them answered. A figure moves in steps."""
    found, today = await publishing.published(unit), await local_today(unit)
    return PublishedListOut(
        published_from=publishing.limit("first", today).answers,
        published_every=publishing.limit("next", today).answers,
        residences=[PublishedOut(**vars(one)) for one in found],
    )


def _out(row: Opinion) -> OpinionOut:
    return OpinionOut(
        side=row.side, verdict=row.verdict, marks=row.qualities, comment=row.comment, given_at=row.given_at
    )
