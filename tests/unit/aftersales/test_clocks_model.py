"""The clocks of random histories equal a recomputation written otherwise: minute by minute, by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.codes import ClockFamily, Priority, Responsible
from services.aftersales.business_calendar import BusinessCalendar
from services.aftersales.deadlines import Deadline, TicketFacts, deadlines, next_alarm, threshold_passed
from services.aftersales.lifecycle import Standing, Step, apply

MINUTE = timedelta(minutes=1)
HOURS = ((time(9), time(12, 30)), (time(13, 30), time(17, 30)))
CLOSED = date(2026, 3, 31)
BUDGETS = {Priority.P2: {"first_answer": 240}, Priority.P3: {}}
"""Promises that are minutes of working time."""
DAYS = {Priority.P2: {"repair": 2}, Priority.P3: {"first_answer": 1, "repair": 5}}
"""Promises that are working days, up to closing time."""
STARTS = (
    datetime(2026, 3, 26, 6, tzinfo=UTC),  # before the spring change of clock
    datetime(2026, 10, 22, 6, tzinfo=UTC),  # before the autumn one
    datetime(2026, 5, 5, 6, tzinfo=UTC),  # before two holidays
)
HOLIDAYS = {date(2026, 4, 6), date(2026, 5, 8), date(2026, 5, 14), date(2026, 11, 1), date(2026, 11, 11)}


def calendar_of(zone: str) -> BusinessCalendar:
    return BusinessCalendar(ZoneInfo(zone), dict.fromkeys(range(5), HOURS), None, frozenset({CLOSED}))


def is_open(at: datetime, zone: ZoneInfo) -> bool:
    """Whether the minute that begins then is worked, told without the calendar."""
    local = at.astimezone(zone)
    if local.weekday() > 4 or local.date() in HOLIDAYS or local.date() == CLOSED:
        return False
    minute = local.hour * 60 + local.minute
    return 540 <= minute < 750 or 810 <= minute < 1050


def walked(start: datetime, budget: int, pauses: list[tuple[datetime, datetime]], zone: ZoneInfo) -> datetime:
    """When that many worked minutes outside every pause have gone by."""
    at = start
    while budget > 0:
        if is_open(at, zone) and not any(since <= at < until for since, until in pauses):
            budget -= 1
        at += MINUTE
    return at


def worked_until_closing(start: datetime, days: int, zone: ZoneInfo) -> int:
    """Worked minutes from `start` to the end of the `days`-th working day after its own."""
    day = start.astimezone(zone).date()
    while days > 0:
        day += timedelta(days=1)
        days -= is_open(datetime.combine(day, time(9), zone), zone)
    end = datetime.combine(day, time(17, 30), zone).astimezone(UTC)
    return sum(is_open(start + MINUTE * n, zone) for n in range(int((end - start) / MINUTE)))


@st.composite
def lives(draw: st.DrawFn) -> tuple[list[Step], datetime]:
    """A request with waits of all kinds, on whole minutes, and the instant it is looked at."""
    at = draw(st.sampled_from(STARTS)) + MINUTE * draw(st.integers(0, 4 * 1440))
    steps = [Step("submit", "resident", at)]
    at += MINUTE * draw(st.integers(1, 300))
    steps.append(Step("acknowledge", "staff", at, facts={"named": "per_1"}))
    for _ in range(draw(st.integers(0, 4))):
        at += MINUTE * draw(st.integers(0, 2000))
        kind = draw(st.sampled_from(["wait_member", "wait_access", "wait_parts", "wait_third_party"]))
        steps.append(Step(kind, "staff", at))
        at += MINUTE * draw(st.integers(0, 3000))
        if draw(st.booleans()):
            steps.append(Step("resume", "staff", at))
        else:
            steps.append(Step("attach", "staff", at, facts={"incident": "inc_1"}))
            at += MINUTE * draw(st.integers(0, 600))
            steps.append(Step("detach", "staff", at))
    return steps, at + MINUTE * draw(st.integers(0, 500))


def pauses_of(steps: list[Step], now: datetime) -> list[tuple[datetime, datetime]]:
    """Only waits for the household or an agreed access, up to whatever ended them."""
    found = []
    for index, step in enumerate(steps):
        if step.action in ("wait_member", "wait_access"):
            found.append((step.at, steps[index + 1].at if index + 1 < len(steps) else now))
    return found


def clocks(standing: Standing, priority: Priority, calendar: BusinessCalendar) -> dict[str, Deadline]:
    facts = TicketFacts("tap", "broken", priority, Responsible.COOPERATIVE, standing)
    return {one.kind: one for one in deadlines(facts, calendar)}


@settings(max_examples=40, deadline=None)
@given(
    lives(), st.sampled_from([Priority.P2, Priority.P3]), st.sampled_from(["Europe/Paris", "Indian/Reunion"])
)
def test_service_promises_equal_a_walk_minute_by_minute(
    life: tuple[list[Step], datetime], priority: Priority, zone_name: str
) -> None:
    steps, now = life
    zone, calendar = ZoneInfo(zone_name), calendar_of(zone_name)
    start, pauses = steps[0].at, pauses_of(steps, now)
    found = clocks(apply(steps, as_of=now), priority, calendar)
    for kind, days in DAYS[priority].items():
        budget = worked_until_closing(start, days, zone)
        assert found[kind].due_at == walked(start, budget, pauses, zone), kind
        half = dict(found[kind].alarms)[50]
        assert abs(half - walked(start, budget // 2, pauses, zone)) <= timedelta(minutes=1) or not is_open(
            half, zone
        )
    for kind, budget in BUDGETS[priority].items():
        assert found[kind].due_at == walked(start, budget, pauses, zone), kind


@settings(max_examples=60, deadline=None)
@given(lives(), st.sampled_from([Priority.P0, Priority.P1, Priority.P2]))
def test_safety_promises_are_real_hours_whatever_waits(
    life: tuple[list[Step], datetime], priority: Priority
) -> None:
    steps, now = life
    found = clocks(apply(steps, as_of=now), priority, calendar_of("Europe/Paris"))
    hours = {Priority.P0: 4, Priority.P1: 4, Priority.P2: 24}[priority]
    assert found["make_safe"].due_at == steps[0].at + timedelta(hours=hours)
    assert dict(found["make_safe"].alarms)[50] == steps[0].at + timedelta(hours=hours / 2)


@settings(max_examples=60, deadline=None)
@given(lives(), st.sampled_from(list(Priority)), st.sampled_from(list(Priority)))
def test_a_change_of_priority_or_calendar_is_as_if_it_had_always_been_so(
    life: tuple[list[Step], datetime], before: Priority, after: Priority
) -> None:
    steps, now = life
    standing = apply(steps, as_of=now)
    clocks(standing, before, calendar_of("Europe/Paris"))
    reworked = clocks(standing, after, calendar_of("Indian/Reunion"))
    assert reworked == clocks(apply(steps, as_of=now), after, calendar_of("Indian/Reunion"))


@settings(max_examples=60, deadline=None)
@given(lives(), st.sampled_from(list(Priority)), st.lists(st.integers(1, 4000), min_size=1, max_size=8))
def test_each_threshold_is_warned_of_once_in_order_however_seldom_one_looks(
    life: tuple[list[Step], datetime], priority: Priority, looks: list[int]
) -> None:
    steps, now = life
    for one in clocks(apply(steps, as_of=now), priority, calendar_of("Europe/Paris")).values():
        if one.met_at is not None or one.kind == "household_answer":
            continue
        told, at, warned = [], now, 0
        for minutes in [*looks, 10**6]:
            at += MINUTE * minutes
            percent = threshold_passed(one, warned, at)
            if percent is not None:
                told.append(percent)
                warned = percent
            following = next_alarm(one, warned)
            assert following is None or following > at
        assert told == sorted(set(told))
        assert told[-1] == 100


@pytest.mark.parametrize("hours", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("start", "back"),
    [(datetime(2026, 3, 29, 0, 30, tzinfo=UTC), 6.5), (datetime(2026, 10, 24, 23, 30, tzinfo=UTC), 4.5)],
)
def test_an_hour_that_is_skipped_or_comes_twice_is_no_more_than_an_hour(
    start: datetime, back: float, hours: int
) -> None:
    standing = apply([Step("submit", "resident", start)])
    safe = clocks(standing, Priority.P1, calendar_of("Europe/Paris"))["make_safe"]
    assert safe.due_at - start == timedelta(hours=4)
    local = safe.due_at.astimezone(ZoneInfo("Europe/Paris"))
    assert local.hour + local.minute / 60 == back
    assert threshold_passed(safe, 0, start + timedelta(hours=hours)) == {1: None, 2: 50, 3: 50, 4: 100}[hours]


def test_unfinished_work_gets_a_short_promise_and_keeps_its_first_result() -> None:
    start = datetime(2026, 5, 4, 8, tzinfo=UTC)
    day = timedelta(days=1)
    steps = [
        Step("submit", "resident", start),
        Step("acknowledge", "staff", start + MINUTE),
        Step("start", "staff", start + day),
        Step("finish", "staff", start + day),
        Step("half_fixed", "resident", start + 2 * day, comment="La moitié."),
    ]
    found = clocks(apply(steps), Priority.P3, calendar_of("Europe/Paris"))
    assert found["first_repair"].met_at == start + day
    assert found["repair"].met_at is None
    assert found["repair"].starts_at == start + 2 * day
    # three working days from Wednesday the 6th: the 8th is a holiday
    assert found["repair"].due_at.astimezone(ZoneInfo("Europe/Paris")).date() == date(2026, 5, 12)
    again = [*steps[:4], Step("reopen", "resident", start + 2 * day, comment="Rien n'est fait.")]
    found = clocks(apply(again), Priority.P1, calendar_of("Europe/Paris"))
    assert found["answer_again"].due_at == start + 2 * day + timedelta(hours=1)
    assert found["make_safe"].starts_at == start + 2 * day
    assert found["first_answer"].met_at == start + MINUTE
    assert found["first_answer"].clock is ClockFamily.SAFETY


def test_others_waits_have_clocks_of_their_own_that_pause_nothing() -> None:
    start = datetime(2026, 5, 18, 8, tzinfo=UTC)
    hour = timedelta(hours=1)
    steps = [
        Step("submit", "resident", start),
        Step("acknowledge", "staff", start + MINUTE),
        Step("assign", "staff", start + hour, facts={"to": "contractor"}),
        Step("wait_parts", "contractor", start + 2 * hour),
        Step("resume", "contractor", start + 5 * hour),
    ]
    calendar = calendar_of("Europe/Paris")
    found = clocks(apply(steps), Priority.P3, calendar)
    assert found["contractor_answer"].met_at is None
    assert found["contractor_parts"].met_at == start + 5 * hour
    assert found["repair"].due_at == clocks(apply(steps[:2]), Priority.P3, calendar)["repair"].due_at
    visit = [*steps, Step("schedule", "contractor", start + 6 * hour, appointment_at=start + 30 * hour)]
    assert clocks(apply(visit), Priority.P3, calendar)["contractor_answer"].met_at == start + 6 * hour
