"""Views of the queue that a person keeps under a name, alone or for all at the desk."""

from sqlalchemy import delete, or_
from sqlmodel import col, select

from services.aftersales.desk.asked import from_query
from services.aftersales.desk.model import SavedView
from services.kit.ids import new_id
from services.kit.unit import Unit

MOST = 30
LONGEST_NAME = 60


async def of(unit: Unit, person: str) -> list[SavedView]:
    """The person's own and those shared at its cooperative, by name."""
    rows = await unit.session.execute(
        select(SavedView)
        .where(
            col(SavedView.coop) == unit.coop, or_(col(SavedView.owner) == person, col(SavedView.is_shared))
        )
        .order_by(col(SavedView.name), col(SavedView.id))
        .limit(MOST)
    )
    return list(rows.scalars())


async def keep(unit: Unit, person: str, name: str, query: str, *, is_shared: bool) -> None:
    """Keep the filters of `query` under `name`; the same name again is the same view, changed."""
    assert unit.coop is not None
    name = " ".join(name.split())[:LONGEST_NAME]
    rows = await unit.session.execute(
        select(SavedView).where(
            col(SavedView.coop) == unit.coop, col(SavedView.owner) == person, col(SavedView.name) == name
        )
    )
    view = rows.scalar_one_or_none()
    if view is None:
        view = SavedView(
            id=new_id("vue"), coop=unit.coop, owner=person, name=name, query="", is_shared=False,
            created_at=unit.wall,
        )  # fmt: skip
        unit.session.add(view)
    view.query, view.is_shared = from_query(query).query(), is_shared


async def drop(unit: Unit, person: str, view: str) -> None:
    """Forget one of the person's own views; another's stays."""
    await unit.session.execute(
        delete(SavedView).where(col(SavedView.id) == view, col(SavedView.owner) == person)
    )
