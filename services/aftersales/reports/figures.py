"""How after-sales did, from the histories of its requests: pure, by residence and month."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Literal
from zoneinfo import ZoneInfo

CHASED_AFTER = timedelta(days=1)
"""Silence of the team after which a household's word asks for news rather than tells more."""
End = Literal["open", "fixed", "refused", "duplicate", "cancelled"]


@dataclass(frozen=True)
class Clock:
    """One promise or legal day of a request: kept when it was met by its time."""

    kind: str
    family: str
    """A code of `contracts.codes.ClockFamily`."""
    due_at: datetime
    met_at: datetime | None

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


@dataclass(frozen=True)
class Share:
    """`kept` of `all`; nothing is said where `all` is 0."""

    kept: int
    all: int


@dataclass(frozen=True)
class Figures:
    """A residence's month, of the requests that were opened in it. Times are hours, the middle one."""

    residence: str
    month: str
    """`YYYY-MM`, of the cooperative's civil time."""
    requests: int
    ends: dict[End, int]
    first_answer_hours: float | None
    first_answers: Share
    safe_hours: float | None
    made_safe: Share
    fixed_hours: float | None
    repairs: Share
    """Finished by the time promised; work that came back counts the first time and again."""
    visits: Share
    """Kept, of those that were kept or missed on the cooperative's or contractor's side."""
    visits_missed_by_household: int
    reopened: int
    """Requests that came back at least once."""
    avoidable_contacts: int
    """Household words to chase an answer, and failed repairs told again."""
    windows_saved: int
    windows_lost: int
    """Legal days that passed before what they protect was secured."""


def figures(stories: Iterable[Story], now: datetime, zone: ZoneInfo) -> list[Figures]:
    """By residence and month of opening, in that order."""
    groups: dict[tuple[str, str], list[Story]] = {}
    for story in stories:
        month = story.opened_at.astimezone(zone).strftime("%Y-%m")
        groups.setdefault((story.residence, month), []).append(story)
    return [_of_group(residence, month, group, now) for (residence, month), group in sorted(groups.items())]


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


def avoidable(story: Story) -> int:
    """Words of the household to chase an answer, and repairs told again.

    A word is a chase when an earlier one still waits for the team, or when the team has been silent for
    longer than `CHASED_AFTER`; never while the household itself is awaited.
    """
    found, is_awaited, is_unanswered, heard_at = 0, False, False, story.opened_at
    for act in story.acts:
        if act.action in ("reopen", "half_fixed"):
            found += 1
        if act.role == "resident":
            if act.action == "message" and not is_awaited:
                found += is_unanswered or act.at - heard_at > CHASED_AFTER
                is_unanswered = True
            is_awaited = is_awaited and act.action != "resume"
        elif act.role != "system":
            heard_at, is_unanswered = act.at, False
            is_awaited = act.action == "wait_member" or (is_awaited and act.action == "message")
    return found


def _of_group(residence: str, month: str, group: Sequence[Story], now: datetime) -> Figures:
    ends: dict[End, int] = dict.fromkeys(("open", "fixed", "refused", "duplicate", "cancelled"), 0)
    for story in group:
        ends[end_of(story)] += 1
    visits = [visit for story in group for visit in story.visits]
    ours = [side for state, side in visits if state == "missed" and side != "member"]
    kept = sum(state == "kept" for state, _ in visits)
    # A refusal keeps no promise of a repair and saves no right.
    ours_to_do = [story for story in group if end_of(story) in ("open", "fixed")]
    legal = [clock.is_kept(now) for story in ours_to_do for clock in story.clocks if clock.family == "legal"]
    return Figures(
        residence=residence,
        month=month,
        requests=len(group),
        ends=ends,
        first_answer_hours=_middle(group, ("first_answer", "call_back")),
        first_answers=_share(group, ("first_answer", "call_back"), now),
        safe_hours=_middle(group, ("make_safe",)),
        made_safe=_share(group, ("make_safe",), now),
        fixed_hours=_hours([(story.opened_at, at) for story in group if (at := _fixed_at(story))]),
        repairs=_share(ours_to_do, ("repair", "first_repair"), now),
        visits=Share(kept, kept + len(ours)),
        visits_missed_by_household=sum(state == "missed" and side == "member" for state, side in visits),
        reopened=sum(any(act.action in ("reopen", "half_fixed") for act in story.acts) for story in group),
        avoidable_contacts=sum(avoidable(story) for story in group),
        windows_saved=legal.count(True),
        windows_lost=legal.count(False),
    )


def _fixed_at(story: Story) -> datetime | None:
    """When the work was finished that the household then took for good."""
    if end_of(story) != "fixed":
        return None
    done = [act.at for act in story.acts if act.action in ("finish", "finish_together")]
    settled = [act.at for act in story.acts if act.action in ("confirm", "lapse", "sign_off")]
    return done[-1] if done else settled[-1]


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


def _share(group: Sequence[Story], kinds: tuple[str, ...], now: datetime) -> Share:
    results = [clock.is_kept(now) for story in group for clock in story.clocks if clock.kind in kinds]
    return Share(results.count(True), results.count(True) + results.count(False))


def _middle(group: Sequence[Story], kinds: tuple[str, ...]) -> float | None:
    return _hours(
        [
            (story.opened_at, clock.met_at)
            for story in group
            for clock in story.clocks
            if clock.kind in kinds and clock.met_at is not None
        ]
    )


def _hours(spans: Sequence[tuple[datetime, datetime]]) -> float | None:
    if not spans:
        return None
    return round(median((end - start).total_seconds() / 3600 for start, end in spans), 1)
