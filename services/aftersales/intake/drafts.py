"""What somebody is telling, kept until it is sent: by the person, not by the session, for a week."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import or_, text
from sqlmodel import col, select

from services.aftersales.dwelling_file import reporting
from services.aftersales.intake.model import Draft
from services.kit.ids import new_id
from services.kit.problems import not_found
from services.kit.unit import Unit

KEPT = timedelta(days=7)
OFFERED, OFFERED_EMPTY = timedelta(days=1), timedelta(hours=1)
"""How long a report that was begun is offered again on the first page. Of an empty one the browser may still
know what was typed when the session ended."""


@dataclass
class Content:
    """Everything typed, and where one was."""

    text: str = ""
    since: str = ""
    """ISO day, or empty."""
    availability: list[str] = field(default_factory=list)
    access_note: str = ""
    problems: list[str] = field(default_factory=list)
    """Chosen so far, each `place.element.symptom`; see `problems.Problem`."""
    dangers_seen: list[str] = field(default_factory=list)
    """Dangers of the text that were shown and put aside by the household."""
    urgent: list[str] | None = None
    """What was confirmed of how pressing it is; None until it was asked."""
    check_in: str = ""
    """The question of the cooperative that it answers."""

    def put_into(self, draft: Draft) -> None:
        kept = {name: value for name, value in vars(self).items() if value}
        draft.content = kept if self.urgent is None else kept | {"urgent": self.urgent}


def content_of(draft: Draft) -> Content:
    known: dict[str, Any] = {name: value for name, value in draft.content.items() if name in vars(Content())}
    return Content(**known)


async def begin(unit: Unit, person: str) -> Draft:
    """A new, empty one."""
    assert unit.coop is not None
    draft = Draft(id=new_id("drf"), coop=unit.coop, person=person, content={}, changed_at=unit.wall)
    unit.session.add(draft)
    await unit.session.flush()
    return draft


async def of(unit: Unit, draft: str, person: str | None, *, locked: bool = False) -> Draft:
    """The person's own; 404 for any other. `locked`: who sends it twice waits here for the first to end."""
    query = select(Draft).where(col(Draft.id) == draft, col(Draft.person) == person)
    if locked:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = (await unit.session.execute(query)).scalar_one_or_none()
    if found is None:
        raise not_found()
    return found


async def once(unit: Unit, key: str, person: str) -> Draft:
    """The draft of a form that holds its own new key: made now, or the one its first tap made."""
    await unit.session.execute(
        text(
            "INSERT INTO aftersales.draft (id, coop, person, content, changed_at)"
            " VALUES (:id, :coop, :person, '{}', :now) ON CONFLICT (id) DO NOTHING"
        ),
        {"id": key, "coop": unit.coop, "person": person, "now": unit.wall},
    )
    return await of(unit, key, person, locked=True)


def is_key(text: str) -> bool:
    """Whether it looks like a draft's id that a form of ours could hold."""
    return text.startswith("drf_") and len(text) == len(new_id("drf")) and text[4:].isalnum()


async def begun(unit: Unit, person: str | None) -> Draft | None:
    """What the person began lately and did not send."""
    found = await unit.session.execute(
        select(Draft)
        .where(
            col(Draft.person) == person,
            col(Draft.tickets).is_(None),
            col(Draft.changed_at) >= unit.wall - OFFERED,
            or_(text("content <> '{}'"), col(Draft.changed_at) >= unit.wall - OFFERED_EMPTY),
        )
        .order_by(col(Draft.changed_at).desc())
        .limit(1)
    )
    return found.scalar_one_or_none()


async def sent(unit: Unit, draft: Draft, tickets: list[str]) -> None:
    """It became these requests; the words live on in them only. The check-in it came from is answered."""
    if check_in := content_of(draft).check_in:
        await reporting.reported(unit, check_in, draft.person, tickets)
    draft.tickets, draft.content, draft.changed_at = tickets, {}, unit.wall


async def drop_old(unit: Unit) -> None:
    """Hourly: what was not touched for a week goes."""
    await unit.session.execute(
        text("DELETE FROM aftersales.draft WHERE coop = :coop AND changed_at < :before"),
        {"coop": unit.coop, "before": unit.wall - KEPT},
    )
