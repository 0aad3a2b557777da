"""The part of the API by which operators decide about half-hours: confirm, set, discard, and undo."""

from collections.abc import Set
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import Depends
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contracts.codes import UNIT_OF, EditKind, Purpose, Quantity, Role, Unit
from services.kit.web import Page, PageQuery, RoomUnit, Who, not_found, page_of, roles
from services.metering import edits_made, queries
from services.metering.api_base import router
from services.metering.edits_made import LARGEST_VALUE, Wanted
from services.metering.looks import note_look

Amount = Annotated[int, Field(ge=0, le=LARGEST_VALUE)]
Why = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=400)]
_DECIDERS = roles("operator", "staff", "caretaker")
"""Staff and caretakers are let in to be told 404: a home's curve is not theirs."""


class EditIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    quantity: Quantity | None = None
    day: date
    from_slot: Annotated[int, Field(ge=0, le=49)]
    """First half-hour of the stretch, counted from 0 at local midnight."""
    to_slot: Annotated[int, Field(ge=0, le=49)]
    """Last half-hour of the stretch, which it includes."""
    kind: EditKind
    values: list[Amount | None] | None = Field(default=None, max_length=50)
    """Of `set`: one value per half-hour in whole units; null where nothing is known."""
    total: Annotated[int, Field(ge=0, le=50 * LARGEST_VALUE)] | None = None
    """Of `set`, instead of `values`: spread evenly over the stretch."""
    why: Why
    """In plain words: the household reads it."""


class EditOut(BaseModel):
    id: str
    meter: str
    quantity: Quantity
    unit: Unit
    day: date
    from_slot: int
    to_slot: int
    kind: EditKind
    values: list[int | None] | None
    why: str
    by: str
    """Opaque id of the person."""
    at: datetime
    undone_by: str | None
    undone_at: datetime | None
    undone_why: str | None
    legal_actions: list[Literal["undo"]]
    is_final: bool = False
    """The readings of its day are gone: what was decided stands for ever."""


class UndoIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    action: Literal["undo"]
    why: Why


@router.post("/meters/{meter}/edits", status_code=201, **_DECIDERS)
async def make_edit(meter: str, body: EditIn, unit: RoomUnit, who: Who) -> EditOut:
    """Decide about some half-hours of a day. What was measured is kept beside it; of edits that overlap the
    later stands. The day is settled again and told with a higher revision."""
    _only_operators(who.role)
    seen = await queries.sight(unit, who, meter, body.quantity)
    if unit.coop is None:
        await unit.enter(seen.coop)
    values = None if body.values is None else tuple(body.values)
    wanted = Wanted(body.day, body.from_slot, body.to_slot, body.kind, body.why, values, body.total)
    made = await edits_made.make(unit, who, seen, wanted)
    return _out(await edits_made.one(unit, made), frozenset())


@router.get("/meters/{meter}/edits", **roles("resident", "operator", "staff", "caretaker"))
async def edits(
    meter: str,
    unit: RoomUnit,
    who: Who,
    paging: Annotated[PageQuery, Depends()],
    day: date | None = None,
    quantity: Quantity | None = None,
) -> Page[EditOut]:
    """What was decided about a meter's half-hours, latest first, what was undone too."""
    seen = await queries.sight(unit, who, meter, quantity)
    after = paging.after()
    rows = await edits_made.history(
        unit, seen, paging.limit + 1, day=day, after=str(after[0]) if after else None
    )
    final = await edits_made.final_days(unit, seen, [row.day for row in rows])
    page = page_of([_out(row, final) for row in rows], paging, lambda item: [item.id])
    await note_look(unit, who, seen, Purpose.HALF_HOURLY, [row.occupancy for row in rows])
    return page


@router.post("/edits/{edit}/actions", **_DECIDERS)
async def undo_edit(edit: str, body: UndoIn, unit: RoomUnit, who: Who) -> EditOut:
    """Undo an edit: what it covered stands again as before. 409 when it was undone already, or the readings
    of its day are gone (`is_final`)."""
    _only_operators(who.role)
    return _out(await edits_made.undo(unit, who, edit, body.why), frozenset())


def _only_operators(role: Role) -> None:
    if role is not Role.OPERATOR:
        raise not_found()


def _out(row: Any, final: Set[date]) -> EditOut:
    return EditOut(
        id=row.id, meter=row.meter, quantity=row.quantity, unit=UNIT_OF[Quantity(row.quantity)], day=row.day,
        from_slot=row.first_slot, to_slot=row.last_slot, kind=row.kind, values=row.amounts, why=row.why,
        by=row.made_by, at=row.made_at, undone_by=row.undone_by, undone_at=row.undone_at,
        undone_why=row.undone_why, legal_actions=[] if row.undone_at or row.day in final else ["undo"],
        is_final=row.day in final,
    )  # fmt: skip
