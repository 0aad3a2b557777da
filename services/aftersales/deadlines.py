"""The clocks of a request: safety promises, service promises and legal dates, recomputed from its history.

Safety runs day and night and never pauses. Service counts the cooperative's working time and pauses only
while the household or an agreed access is awaited. Legal dates are counted by the calendar.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from contracts.codes import ClockFamily, Responsible
from services.aftersales.business_calendar import BusinessCalendar
from services.aftersales.clock import Alarms, Deadline, TicketFacts
from services.aftersales.legal_clocks import legal_clocks
from services.aftersales.lifecycle import PAUSING, Standing
from services.aftersales.tables import load

__all__ = [
    "Deadline", "TicketFacts", "deadlines", "is_quiet", "next_alarm", "threshold_passed", "told_at_opening",
]  # fmt: skip


def deadlines(facts: TicketFacts, calendar: BusinessCalendar) -> list[Deadline]:
    """All clocks of a request, soonest first. All instants are UTC."""
    standing = facts.standing
    promised = [*_promises(facts, calendar), *_answers(facts, calendar)]
    found = [
        *(replace(one, alarms=_alarms(one, standing, calendar)) for one in promised),
        *(
            replace(one, alarms=_alarms(one, standing, calendar))
            for one in legal_clocks(facts, calendar.zone)
        ),
    ]
    return sorted(
        (_stopped(deadline, standing) for deadline in found),
        key=lambda deadline: (deadline.due_at, deadline.kind),
    )


NOT_STAFFS: Final = frozenset({"household_answer"})
"""Clocks on the household: it is reminded, the staff are not warned."""


def threshold_passed(deadline: Deadline, warned_percent: int, now: datetime) -> int | None:
    """The highest warning threshold that is reached and was not yet warned of; None when there is none."""
    reached = [percent for percent, at in _thresholds(deadline) if warned_percent < percent and at <= now]
    return max(reached, default=None)


def next_alarm(deadline: Deadline, warned_percent: int) -> datetime | None:
    """When the next warning is due; None once it is kept or the last one was given."""
    if deadline.met_at is not None or deadline.kind in NOT_STAFFS:
        return None
    return min((at for percent, at in _thresholds(deadline) if percent > warned_percent), default=None)


def told_at_opening(deadline: Deadline, now: datetime) -> int:
    """The threshold a new clock starts from: a legal period well under way is no news, its end is."""
    if deadline.clock is not ClockFamily.LEGAL:
        return 0
    ending = load("deadlines")["legal_ending_percent"]
    under_way = [percent for percent, at in _thresholds(deadline) if percent < ending and at <= now]
    return max(under_way, default=0)


def _thresholds(deadline: Deadline) -> Alarms:
    if deadline.alarms:
        return deadline.alarms
    given = deadline.due_at - deadline.starts_at
    steps: list[int] = load("deadlines")["warn_at_percent"][deadline.clock.value]
    return tuple((step, deadline.starts_at + given * step / 100) for step in steps)


def _alarms(deadline: Deadline, standing: Standing, calendar: BusinessCalendar) -> Alarms:
    """Safety and legal thresholds by the wall's clock; those of service in working time, pauses left out."""
    if deadline.clock is not ClockFamily.SERVICE:
        return _thresholds(deadline)
    start, due_at = deadline.starts_at, deadline.due_at
    paused = sum(
        (calendar.elapsed(since, min(until, due_at)) for since, until in _pauses(standing, start, due_at)),
        timedelta(),
    )
    budget = calendar.elapsed(start, due_at) - paused
    steps: list[int] = load("deadlines")["warn_at_percent"]["service"]
    return tuple(
        (step, due_at if step == 100 else _after(start, budget * step / 100, standing, calendar))
        for step in steps
    )


def _stopped(deadline: Deadline, standing: Standing) -> Deadline:
    """What is over promises nothing more; a legal period also ends where the debtor has bound itself."""
    if deadline.met_at is None and standing.ended_at is not None:
        return replace(deadline, met_at=standing.ended_at)
    return deadline


def _promises(facts: TicketFacts, calendar: BusinessCalendar) -> Iterator[Deadline]:
    standing, table = facts.standing, load("deadlines")
    met = {
        "first_answer": standing.first_answer_at,
        "call_back": standing.first_answer_at,
        "make_safe": standing.made_safe_at or standing.done_at,
        # While a refusal is looked at again nothing is promised but the answer; overturned, it starts anew.
        "repair": standing.contested_at if standing.state == "contested" else standing.done_at,
    }
    for row in table["promises"][facts.priority.value]:
        kind, clock = row["kind"], ClockFamily(row["clock"])
        if kind == "repair" and facts.responsible is Responsible.RESIDENT:
            continue  # the household's own to do: what it is owed is an answer
        starts_at = standing.opened_at
        if kind in ("first_answer", "call_back"):
            if standing.asked_again_at is not None:
                again_at = standing.asked_again_at
                due_at = _due(row, again_at, standing, calendar)
                yield Deadline("answer_again", clock, again_at, due_at, standing.answered_again_at)
        elif standing.reopened_at is not None:
            if kind == "repair" and standing.first_done_at is not None:
                # What comes after does not change the first result: reports keep it.
                first_due_at = _due(row, starts_at, standing, calendar)
                yield Deadline("first_repair", clock, starts_at, first_due_at, standing.first_done_at)
            if kind == "repair" and standing.is_short:
                row = table["again"][facts.priority.value]
            if kind == "repair" or standing.asked_again_at is not None:
                starts_at = standing.reopened_at
        yield Deadline(kind, clock, starts_at, _due(row, starts_at, standing, calendar), met.get(kind))


def _due(row: dict[str, Any], start: datetime, standing: Standing, calendar: BusinessCalendar) -> datetime:
    """Service promises move by the working time that pauses took; safety ones never do."""
    if "minutes" in row:
        return start.astimezone(UTC) + timedelta(minutes=row["minutes"])
    if "calendar_days" in row:
        day = start.astimezone(calendar.zone).date() + timedelta(days=row["calendar_days"])
        due_at = calendar.last_close(day)
    elif "working_days" in row:
        due_at = calendar.end_of_working_day(start, row["working_days"])
    else:
        due_at = calendar.add(start, timedelta(minutes=row["working_minutes"]))
    return _moved(due_at, start, standing, calendar)


def _after(start: datetime, budget: timedelta, standing: Standing, calendar: BusinessCalendar) -> datetime:
    """When that much working time, pauses left out, has passed since `start`."""
    return _moved(calendar.add(start, budget), start, standing, calendar)


def _moved(due_at: datetime, start: datetime, standing: Standing, calendar: BusinessCalendar) -> datetime:
    # A pause counts only inside the promise's own time, in the order of the pauses.
    for paused_at, resumed_at in standing.pauses:
        until = resumed_at or max(standing.as_of, paused_at)
        if until > start and paused_at < due_at:
            due_at = calendar.add(due_at, calendar.elapsed(max(paused_at, start), until))
    return due_at


def _pauses(standing: Standing, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    for paused_at, resumed_at in standing.pauses:
        until = resumed_at or max(standing.as_of, paused_at)
        if until > start and paused_at < end:
            yield max(paused_at, start), until


def _answers(facts: TicketFacts, calendar: BusinessCalendar) -> Iterator[Deadline]:
    """Clocks on others: the household's check, the firm's visit and parts, the answer to a contested refusal.

    None of them stops what was promised to the household.
    """
    standing = facts.standing
    for kind, since, met_at in (
        ("household_answer", standing.done_at if standing.state == "done" else None, None),
        ("contractor_parts", standing.parts_since, standing.parts_until),
        ("contractor_answer", standing.handed_at, standing.taken_up_at),
        ("contest_answer", standing.contested_at, standing.contest_answered_at),
    ):
        if since is not None:
            due_at = calendar.end_of_working_day(since, load("deadlines")[kind]["working_days"])
            yield Deadline(kind, ClockFamily.SERVICE, since, due_at, met_at)


def is_quiet(clock: ClockFamily, state: str) -> bool:
    """Whether no warning is given of that clock in that state: the household is awaited, or an incident's own
    clocks run for it."""
    return clock is ClockFamily.SERVICE and (state in PAUSING or state == "attached")
