"""What the figures of after-sales are made of: each request's acts, clocks and visits, and how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.aftersales.history import is_last_signature, side_of
from services.aftersales.steps import COOPERATIVE, HOUSEHOLD

BOTH = frozenset({COOPERATIVE, HOUSEHOLD})
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
    also: tuple[str, ...] = ()
    """Who owes it beside: a claim secured on one of them is secured."""

    @property
    def debtors(self) -> tuple[str, ...]:
        return (self.debtor, *self.also) if self.debtor is not None else ()

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
    sides: frozenset[str] | None = None
    """Of a signature: who had to sign on that day; both where its step does not tell."""


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
    return _ended(story)[0]


def settled_at(story: Story) -> datetime | None:
    """When the household, its silence or the signatures took the work for good; None where it did not end
    so."""
    return _ended(story)[1]


def _ended(story: Story) -> tuple[End, datetime | None]:
    end: End = "open"
    at: datetime | None = None
    signed: frozenset[str] = frozenset()
    for act in story.acts:
        match act.action:
            case "confirm" | "lapse":
                end, at = "fixed", act.at
            case "sign_off":
                if is_last_signature(act.sides or BOTH, signed, act.role):
                    end, at = "fixed", act.at
                signed |= {side_of(act.role)}
            case "refuse":
                end, at = "duplicate" if act.reason == "duplicate" else "refused", None
            case "cancel":
                end, at = "cancelled", None
            case "reopen" | "half_fixed":
                end, at, signed = "open", None, frozenset()
            case "overturn":
                end, at = "open", None
    return end, at
