"""Which visit somebody had before them: a page that shows another one books, moves and cancels nothing.

Only the visit counts: a photo or a message that came meanwhile makes no such page stale.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Form
from sqlmodel import col, select

from services.aftersales.model import Ticket
from services.aftersales.visits.following import running
from services.aftersales.visits.model import Visit
from services.kit.problems import conflict
from services.kit.unit import Unit

CODE = "visit_changed"
_NO_VISIT = "none"


@dataclass(frozen=True)
class Seen:
    """What the page that was sent had shown, as its own form gives it back; empty where it told nothing."""

    visit: str = ""
    steps: int | None = None
    """How many steps the request's history had then."""


def _sent(
    seen: Annotated[str, Form(max_length=120)] = "", seen_steps: Annotated[int | None, Form(ge=0)] = None
) -> Seen:
    return Seen(seen, seen_steps)


Before = Annotated[Seen, Depends(_sent)]
"""The form's own fields for it (`seen_fields` of `visit_parts.html`)."""
UNTOLD = Seen()


def state_of(visit: Visit | None) -> str:
    """What a page tells of the visit it shows: another after each change of it."""
    return _NO_VISIT if visit is None else f"{visit.id}.{visit.sequence}.{visit.state}"


async def refuse_stale(unit: Unit, ticket: Ticket, seen: Seen, *, moved_only: bool = False) -> None:
    """409 `visit_changed` when the visit is no longer the one that was seen. The request stays locked until
    the transaction ends: of two who send at once, the second meets what the first did.

    `moved_only`: somebody on the way to it meanwhile changes nothing for what is asked.
    """
    if not seen.visit:
        return
    await unit.session.execute(select(Ticket.id).where(col(Ticket.id) == ticket.id).with_for_update())
    visit = await running(unit, ticket.id)
    if visit is not None:
        await unit.session.refresh(visit)
    now, was = state_of(visit), seen.visit
    if moved_only:
        now, was = now.rpartition(".")[0], was.rpartition(".")[0]
    if now != was:
        raise conflict(CODE, "The visit is no longer as it was shown to you: look again.")
