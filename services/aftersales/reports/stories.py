"""What the figures of after-sales are made of: each request's acts, clocks and visits, and how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

End = Literal["open", "fixed", "refused", "duplicate", "cancelled"]


@dataclass(frozen=True)
class Clock:
    """One promise or legal day of a request: kept when it was met by its time."""

    kind: str
    family: str
    """A code of `contracts.codes.ClockFamily`."""
    due_at: datetime
    met_at: datetime | None
    debtor: str | None = None
    """Of a warranty's period: on whom it is claimed, a code of the group `parties`."""

    def is_kept(self, now: datetime) -> bool | None:
        """None while it still runs in time."""
        if self.met_at is not None:
            return self.met_at <= self.due_at
        return None if now <= self.due_at else False


@dataclass(frozen=True)
class Act:
    """A step or word of a request: who did what, when."""

    action: str
    """An action of the life cycle, or `message`."""
    role: str
    at: datetime
    reason: str | None = None
    debtor: str | None = None
    """Of a letter or commitment: whose; of work given out: what the firm is, if it is one."""
    notice: str | None = None
    on_behalf: bool = False
    """Whether a program acted in a person's name."""


@dataclass(frozen=True)
class Story:
    """All of one request that the figures are made of."""

    residence: str
    opened_at: datetime
    acts: Sequence[Act] = ()
    """In the order of time."""
    clocks: Sequence[Clock] = ()
    visits: Sequence[tuple[str, str | None]] = ()
    """State of each visit (`kept`, `missed`, …) and on whose side it was missed."""
    is_listed: bool = False
    """Whether it was told by listing it in a signed inspection."""


def end_of(story: Story) -> End:
    """How it ended: fixed is not the same as closed."""
    end: End = "open"
    for act in story.acts:
        if act.action in ("confirm", "lapse", "sign_off") and _is_settled(story, act):
            end = "fixed"
        elif act.action == "refuse":
            end = "duplicate" if act.reason == "duplicate" else "refused"
        elif act.action == "cancel":
            end = "cancelled"
        elif act.action in ("reopen", "half_fixed", "overturn"):
            end = "open"
    return end


def _is_settled(story: Story, act: Act) -> bool:
    """One signature of two settles nothing yet."""
    if act.action != "sign_off":
        return True
    last = max((one.at for one in story.acts if one.action in ("reopen", "half_fixed")), default=None)
    sides = {
        "household" if one.role == "resident" else "team"
        for one in story.acts
        if one.action == "sign_off" and one.at <= act.at and (last is None or one.at > last)
    }
    return len(sides) == 2
