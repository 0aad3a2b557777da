"""What others did to a request since somebody opened its page."""

from collections.abc import Sequence
from datetime import datetime

from services.aftersales.bodies_shown import EventOut, MessageOut


def since(
    seen_at: str, history: Sequence[EventOut], messages: Sequence[MessageOut]
) -> list[EventOut | MessageOut]:
    """Steps and messages after the page was shown, oldest first; none when that instant is not told.

    `seen_at` is business time with its offset, as the page's own form gives it back.
    """
    try:
        shown_at = datetime.fromisoformat(seen_at)
    except ValueError:
        return []
    if shown_at.tzinfo is None:
        return []
    news: list[tuple[datetime, EventOut | MessageOut]] = [
        *((step.occurred_at, step) for step in history),
        *((message.written_at, message) for message in messages),
    ]
    return [one for at, one in sorted(news, key=lambda pair: pair[0]) if at > shown_at]
