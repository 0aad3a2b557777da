"""A letter that the mail server had taken came back: it did not arrive, whoever found out."""

from sqlmodel import col, or_, select

import services.aftersales.notices.serving as serving
from services.aftersales.parties.model import Letter
from services.kit.problems import conflict, not_found
from services.kit.unit import Unit

BY_MAIL = "mail"
"""Who says so where the mail server's own report does."""


async def came_back(unit: Unit, letter: str, by: str, why: str | None = None) -> list[Letter]:
    """All letters of that e-mail are undelivered from now on, for the staff to see to; a formal notice among
    them is not served. What came back already stays as it is.

    Raises 404 for what is no letter of the cooperative, 409 for one that never left by e-mail.
    """
    row = await unit.session.get(Letter, letter)
    if row is None or row.coop != unit.coop:
        raise not_found()
    if row.state not in ("sent", "failed") or row.sent_at is None:
        raise conflict("not_sent", "This letter has not left by e-mail.")
    first = row.left_with or row.id
    found = await unit.session.execute(
        select(Letter)
        .where(
            or_(col(Letter.id) == first, col(Letter.left_with) == first),
            col(Letter.coop) == unit.coop,
            col(Letter.returned_at).is_(None),
        )
        .order_by(col(Letter.id))
        .with_for_update()
    )
    returned = list(found.scalars())
    for one in returned:
        one.state, one.answer, one.seen_by = "failed", _answer(why), None
        one.failed_at = one.returned_at = unit.now
        one.returned_by = by
        await serving.came_back(unit, one.id, why)
    await unit.session.flush()
    return returned


def _answer(why: str | None) -> str:
    words = " ".join((why or "").split())[:200]
    return f"returned: {words}" if words else "returned"
