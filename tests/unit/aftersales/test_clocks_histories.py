"""Two hundred histories, always the same: their clocks equal a count minute by minute, made without the code.

Urgency is set right while the household is awaited, the calendar is another one in the end, nights have an
hour more or less, and the cooperative is in Paris or overseas.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from contracts.codes import Priority, Regime, Responsible, Tenure
from services.aftersales.business_calendar import BusinessCalendar
from services.aftersales.deadlines import Deadline, TicketFacts, deadlines
from services.aftersales.lifecycle import Step, apply, take
from services.aftersales.warranty import Dates, Warranty

MINUTE = timedelta(minutes=1)
HISTORIES = 200
ZONES = ("Europe/Paris", "Indian/Reunion")
NIGHTS = (datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC))
"""The days before the nights in which clocks are changed in Paris."""
HOLIDAYS = {date(2026, 4, 6), date(2026, 5, 1), date(2026, 5, 8), date(2026, 5, 14), date(2026, 5, 25)} | {
    date(2026, 11, 1), date(2026, 11, 11), date(2026, 12, 25),
}  # fmt: skip
SAFETY = {
    "p0": {"call_back": 30, "make_safe": 240},
    "p1": {"first_answer": 60, "make_safe": 240},
    "p2": {"make_safe": 1440},
}
MINUTES = {"p2": {"first_answer": 240}}
DAYS = {
    "p0": {"repair": 1},
    "p1": {"repair": 1},
    "p2": {"repair": 2},
    "p3": {"first_answer": 1, "repair": 5},
    "p4": {"first_answer": 3},
}
"""What is promised, told by hand: real minutes, worked minutes, and worked days up to closing time."""


@dataclass(frozen=True)
class Opening:
    """When a cooperative works, from and until minutes of the day."""

    week: dict[int, tuple[tuple[int, int], ...]]
    closed: frozenset[date]

    def as_calendar(self, zone: ZoneInfo) -> BusinessCalendar:
        week = {
            day: tuple((_time(start), _time(end)) for start, end in ranges)
            for day, ranges in self.week.items()
        }
        return BusinessCalendar(zone, week, None, self.closed)

    def works_on(self, day: date) -> bool:
        return bool(self.week.get(day.weekday())) and day not in self.closed | HOLIDAYS

    def is_open(self, at: datetime, zone: ZoneInfo) -> bool:
        local = at.astimezone(zone)
        minute = local.hour * 60 + local.minute
        ranges = self.week.get(local.weekday(), ())
        return self.works_on(local.date()) and any(start <= minute < end for start, end in ranges)


USUAL = Opening(dict.fromkeys(range(5), ((540, 750), (810, 1050))), frozenset())
CHANGED = Opening(
    {0: ((480, 720),), 1: ((480, 720), (780, 1020)), 3: ((600, 1140),), 5: ((540, 720),)},
    frozenset({date(2026, 3, 31), date(2026, 10, 27)}),
)


@dataclass(frozen=True)
class Life:
    """A history, who it is looked at for, and what was set right in it."""

    steps: list[Step]
    pauses: list[tuple[datetime, datetime]]
    now: datetime
    priority: str
    zone: ZoneInfo
    opening: Opening
    is_corrected_in_a_pause: bool


def life(number: int) -> Life:
    """The history of that number: every other one has its urgency set right while it is paused."""
    rng = Random(f"clocks:{number}")
    zone = ZoneInfo(ZONES[number % 2])
    at = NIGHTS[number // 2 % 2] + MINUTE * rng.randrange(3 * 1440)
    priority = rng.choice(list(SAFETY | DAYS))
    steps = [Step("submit", "resident", at)]
    at += MINUTE * rng.randrange(1, 400)
    steps.append(Step("acknowledge", "staff", at, facts={"named": "per_1"}))
    pauses, is_corrected = [], False
    for turn in range(rng.randrange(1, 4)):
        at += MINUTE * rng.randrange(0, 1200)
        wait = "wait_member" if turn == 0 else rng.choice(["wait_access", "wait_parts", "wait_member"])
        steps.append(Step(wait, "staff", at, comment="Dit.", facts={"agreed_how": "phone"}))
        began = at
        at += MINUTE * rng.randrange(1, 1500)
        if number % 4 < 2:
            priority, is_corrected = rng.choice(list(SAFETY | DAYS)), True
            steps.append(Step("qualify", "staff", at, comment="Dit.", facts=FINDINGS))
            at += MINUTE * rng.randrange(0, 1500)
        is_last = rng.random() < 0.2
        if not is_last:
            steps.append(Step("resume", "staff", at))
        if wait != "wait_parts":
            pauses.append((began, at))
        if is_last:
            break
    now = at if steps[-1].action != "resume" else at + MINUTE * rng.randrange(900)
    opening = CHANGED if rng.random() < 0.5 else USUAL
    return Life(steps, pauses, now, priority, zone, opening, is_corrected)


FINDINGS = {"element": "tap", "place": "kitchen", "tenure": "tenant", "responsible": "cooperative",
            "regimes": {}, "dates": {}}  # fmt: skip


@pytest.mark.parametrize("number", range(HISTORIES))
def test_the_clocks_of_a_history_equal_a_count_minute_by_minute(number: int) -> None:
    one = life(number)
    ticket = apply(one.steps[:1])
    for step in one.steps[1:]:
        ticket = take(ticket, step)  # each step of it is legal
    assert list(zip(*one.pauses, strict=True) if one.pauses else []) == [
        tuple(since for since, _ in ticket.pauses),
        tuple(until or one.now for _, until in ticket.pauses),
    ]
    found = {row.kind: row for row in clocks(one)}
    told_at = one.steps[0].at
    for kind, minutes in SAFETY.get(one.priority, {}).items():
        assert found[kind].due_at == told_at + MINUTE * minutes, kind
    for kind, minutes in MINUTES.get(one.priority, {}).items():
        assert found[kind].due_at == walked(one, told_at, minutes), kind
    for kind, days in DAYS.get(one.priority, {}).items():
        assert found[kind].due_at == walked(one, told_at, worked_until_closing(one, told_at, days)), kind
    for kind, last in legal_days(one).items():
        assert found[kind].due_at == end_of(last, one.zone), kind
    assert {kind for kind in found if found[kind].clock != "legal"} == {
        *SAFETY.get(one.priority, {}), *MINUTES.get(one.priority, {}), *DAYS.get(one.priority, {}),
        *(["repair"] if one.priority == "p4" else []),
        *(["contractor_parts"] if any(step.action == "wait_parts" for step in one.steps) else []),
    }  # fmt: skip


def test_the_histories_have_all_that_they_are_to_prove() -> None:
    lives = [life(number) for number in range(HISTORIES)]
    assert {one.priority for one in lives if one.is_corrected_in_a_pause} == {"p0", "p1", "p2", "p3", "p4"}
    assert {(one.zone.key, one.opening is CHANGED) for one in lives} == {
        (zone, is_changed) for zone in ZONES for is_changed in (True, False)
    }
    for night in NIGHTS:
        change = night + timedelta(hours=25)
        assert sum(any(since <= change < until for since, until in one.pauses) for one in lives) >= 5
    assert sum(one.pauses != [] and one.pauses[-1][1] == one.now for one in lives) > 10, "still paused"


def clocks(one: Life) -> list[Deadline]:
    """First under the urgency and calendar that it had at first, then as they are in the end."""
    standing = apply(one.steps, as_of=one.now)
    facts = TicketFacts(
        "tap", "broken", Priority.P3, Responsible.COOPERATIVE, standing, Tenure.TENANT, Dates(), (BUILDERS,)
    )
    deadlines(facts, USUAL.as_calendar(ZoneInfo("Europe/Paris")))
    return deadlines(replace(facts, priority=Priority(one.priority)), one.opening.as_calendar(one.zone))


BUILDERS = Warranty(
    Regime.PARFAIT_ACHEVEMENT, Responsible.CONTRACTOR, date(2026, 2, 1), date(2027, 1, 31), "1792-6", ()
)


def legal_days(one: Life) -> dict[str, date]:
    """Last civil days, whatever waits: the builder's year, its letter, and the 21 days of works."""
    told_on = one.steps[0].at.astimezone(one.zone).date()
    works = {"works_21_days": told_on + timedelta(days=21)} if one.priority != "p4" else {}
    return {"parfait_achevement": date(2027, 1, 31), "notice_contractor": date(2027, 1, 31), **works}


def walked(one: Life, start: datetime, budget: int) -> datetime:
    """When that many worked minutes outside every pause have gone by."""
    at = start
    while budget > 0:
        is_paused = any(since <= at < until for since, until in one.pauses)
        budget -= one.opening.is_open(at, one.zone) and not is_paused
        at += MINUTE
    return at


def worked_until_closing(one: Life, start: datetime, days: int) -> int:
    """Worked minutes from `start` to the end of the `days`-th working day after its own."""
    day = start.astimezone(one.zone).date()
    while days > 0:
        day += timedelta(days=1)
        days -= one.opening.works_on(day)
    midnight = datetime.combine(day + timedelta(days=1), time(), one.zone).astimezone(UTC)
    return sum(
        one.opening.is_open(start + MINUTE * n, one.zone) for n in range(int((midnight - start) / MINUTE))
    )


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The last second of a civil day."""
    following = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    return following - timedelta(seconds=1)


def _time(minute: int) -> time:
    return time(minute // 60, minute % 60)
