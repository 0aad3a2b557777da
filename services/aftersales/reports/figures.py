"""How after-sales did, from the histories of its requests: pure, by residence and month."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Literal
from zoneinfo import ZoneInfo

from services.aftersales.life_terms import life_terms
from services.aftersales.reports.stories import Act, Clock, End, Story, end_of, settled_at
from services.aftersales.reports.windows import is_lost, is_saved, is_window

__all__ = ["Act", "Clock", "End", "Figures", "Share", "Story", "avoidable", "end_of", "figures"]

ANSWERS = frozenset({"acknowledge", "refuse", "attach"})


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
    """A person's own act; what a program did in a person's name is counted apart. What was over in time
    before anybody answered is in neither."""
    answers_on_behalf: int
    """Requests that a program took in hand in a person's name before any person acted."""
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
    """Periods of warranties, and months to list visible defects, within which the claim was secured: see
    `saved`."""
    windows_lost: int
    """Such periods that ended while the request was open, with nothing done for the claim."""


def figures(stories: Iterable[Story], now: datetime, zone: ZoneInfo) -> list[Figures]:
    """By residence and month of opening, in that order."""
    groups: dict[tuple[str, str], list[Story]] = {}
    for story in stories:
        month = story.opened_at.astimezone(zone).strftime("%Y-%m")
        groups.setdefault((story.residence, month), []).append(story)
    return [_of_group(residence, month, group, now) for (residence, month), group in sorted(groups.items())]


def avoidable(story: Story) -> int:
    """Words of the household to chase an answer, and repairs told again.

    A word is a chase when an earlier one still waits for the team, or when the team has been silent for
    longer than the table says (`chased_after_hours`); never while the household itself is awaited.
    """
    found, is_awaited, is_unanswered, heard_at = 0, False, False, story.opened_at
    for act in story.acts:
        if act.action in ("reopen", "half_fixed"):
            found += 1
        if act.role == "resident":
            if act.action == "message" and not is_awaited:
                found += is_unanswered or act.at - heard_at > life_terms(heard_at).chased_after
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
    windows = [(story, clock) for story in ours_to_do for clock in story.clocks if is_window(clock)]
    answers = [answer for story in group if (answer := _answer(story, now))]
    return Figures(
        residence=residence,
        month=month,
        requests=len(group),
        ends=ends,
        first_answer_hours=_hours([(story.opened_at, at) for story in group if (at := answered_at(story))]),
        first_answers=Share(answers.count("kept"), len(answers) - answers.count("running")),
        answers_on_behalf=sum(_is_answered_by_program(story) for story in group),
        safe_hours=_middle(group, ("make_safe",)),
        made_safe=_share(group, ("make_safe",), now),
        fixed_hours=_hours([(story.opened_at, at) for story in group if (at := _fixed_at(story))]),
        repairs=_share(ours_to_do, ("repair", "first_repair"), now),
        visits=Share(kept, kept + len(ours)),
        visits_missed_by_household=sum(state == "missed" and side == "member" for state, side in visits),
        reopened=sum(any(act.action in ("reopen", "half_fixed") for act in story.acts) for story in group),
        avoidable_contacts=sum(avoidable(story) for story in group),
        windows_saved=sum(is_saved(story, clock) for story, clock in windows),
        windows_lost=sum(is_lost(story, clock, now) for story, clock in windows),
    )


def answered_at(story: Story) -> datetime | None:
    """When a person of the cooperative first took it in hand."""
    human = (act.at for act in story.acts if act.action in ANSWERS and _is_by_a_person(act))
    return min(human, default=None)


def _is_by_a_person(act: Act) -> bool:
    return act.role in ("staff", "caretaker") and not act.on_behalf


def _is_answered_by_program(story: Story) -> bool:
    at = answered_at(story)
    return any(act.on_behalf and act.action in ANSWERS and (at is None or act.at < at) for act in story.acts)


def _answer(story: Story, now: datetime) -> Literal["kept", "late", "running"] | None:
    """How the promise of a first answer was kept; None where none was made, or where the request was over
    within its time before anybody answered, such as called off by the household."""
    clock = next((one for one in story.clocks if one.kind in ("first_answer", "call_back")), None)
    if clock is None:
        return None
    at = answered_at(story)
    if at is not None:
        return "kept" if at <= clock.due_at else "late"
    over = [act.at for act in story.acts if act.action == "cancel" or act.at == settled_at(story)]
    if over and min(over) <= clock.due_at:
        return None
    return "running" if now <= clock.due_at and not over else "late"


def _fixed_at(story: Story) -> datetime | None:
    """When the work was finished that the household then took for good."""
    if (over_at := settled_at(story)) is None:
        return None
    done = [act.at for act in story.acts if act.action in ("finish", "finish_together")]
    return done[-1] if done else over_at


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
