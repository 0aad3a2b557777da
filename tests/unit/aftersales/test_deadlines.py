"""The clocks: safety never pauses, service counts working time, legal is the calendar."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.codes import ClockFamily, Priority, Responsible, Tenure
from services.aftersales.business_calendar import BusinessCalendar, default_calendar
from services.aftersales.deadlines import Deadline, TicketFacts, deadlines, threshold_passed, told_at_opening
from services.aftersales.lifecycle import Standing, Step, apply
from services.aftersales.public_holidays import is_legal_holiday, plus_working_days, subdivision_of
from services.aftersales.warranty import Dates, warranties

PARIS = ZoneInfo("Europe/Paris")
CALENDAR = default_calendar("Europe/Paris")
instants = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=PARIS)  # type: ignore[misc,arg-type]


def history(opened_at: datetime, *steps: tuple[str, datetime], as_of: datetime | None = None) -> Standing:
    events = [Step("submit", "resident", opened_at), *(Step(action, "staff", at) for action, at in steps)]
    return apply(events, as_of=as_of)


def facts(standing: Standing, priority: Priority = Priority.P3, **more: object) -> TicketFacts:
    return TicketFacts("tap", "broken", priority, Responsible.COOPERATIVE, standing, **more)  # type: ignore[arg-type]


def by_kind(found: list[Deadline]) -> dict[str, Deadline]:
    return {deadline.kind: deadline for deadline in found}


def due(
    standing: Standing, kind: str, priority: Priority = Priority.P3, calendar: BusinessCalendar = CALENDAR
) -> datetime:
    return by_kind(deadlines(facts(standing, priority), calendar))[kind].due_at.astimezone(calendar.zone)


def test_five_working_days_from_a_monday_end_the_next_monday() -> None:
    assert due(history(local(2026, 11, 16, 10)), "repair") == local(2026, 11, 23, 17, 30)


def test_what_is_told_on_a_sunday_counts_from_monday() -> None:
    assert due(history(local(2026, 11, 15, 22)), "repair") == local(2026, 11, 20, 17, 30)


def test_public_holidays_are_not_worked() -> None:
    assert due(history(local(2026, 5, 7, 10)), "first_answer") == local(2026, 5, 11, 17, 30)


@pytest.mark.parametrize(("postcode", "closing"), [("75011", (2026, 4, 3)), ("57000", (2026, 4, 7))])
def test_moselle_keeps_good_friday(postcode: str, closing: tuple[int, int, int]) -> None:
    calendar = default_calendar("Europe/Paris", postcode)
    found = due(history(local(2026, 4, 2, 10)), "first_answer", calendar=calendar)
    assert found == local(*closing, 17, 30)


def test_subdivisions_follow_the_postcode() -> None:
    assert [subdivision_of(code) for code in ("67000", "97400", "69003", None)] == ["6AE", "974", None, None]


@pytest.mark.parametrize(
    ("postcode", "holidays", "worked"),
    [
        pytest.param("97133", ["2026-10-09"], ["2026-05-27"], id="Saint-Barthélemy"),
        pytest.param("97150", ["2026-05-28"], ["2026-05-27", "2026-10-09"], id="Saint-Martin"),
        pytest.param("97110", ["2026-05-27"], ["2026-05-28", "2026-10-09"], id="Guadeloupe"),
        pytest.param("97500", ["2026-07-14"], ["2026-05-27"], id="Saint-Pierre-et-Miquelon"),
        pytest.param("98600", ["2026-07-14", "2026-04-28"], ["2026-05-27"], id="Wallis-et-Futuna"),
        pytest.param("98713", ["2026-07-14", "2026-03-05"], ["2026-05-27"], id="Polynésie française"),
        pytest.param("98800", ["2026-07-14", "2026-09-24"], ["2026-05-27"], id="Nouvelle-Calédonie"),
    ],
)
def test_the_collectivities_overseas_have_their_own_days(
    postcode: str, holidays: list[str], worked: list[str]
) -> None:
    calendar = default_calendar("Europe/Paris", postcode)
    assert not any(calendar.is_working_day(date.fromisoformat(day)) for day in holidays)
    assert all(calendar.is_working_day(date.fromisoformat(day)) for day in worked)
    assert is_legal_holiday(date.fromisoformat(holidays[0]), postcode)


def test_custom_makes_no_legal_holiday() -> None:
    good_friday = date(2026, 4, 3)
    assert [is_legal_holiday(good_friday, code) for code in ("97110", "57000", "75011")] == [
        False, True, False,
    ]  # fmt: skip


def test_the_week_of_the_law_has_five_days_ouvres_and_six_ouvrables() -> None:
    thursday = date(2026, 11, 12)
    assert plus_working_days(thursday, 5, "jours_ouvres", None) == date(2026, 11, 19)
    assert plus_working_days(thursday, 5, "jours_ouvrables", None) == date(2026, 11, 18)


def test_the_cooperatives_own_closing_days_count() -> None:
    calendar = default_calendar("Europe/Paris", None, frozenset({date(2026, 11, 17)}))
    assert due(history(local(2026, 11, 16, 10)), "first_answer", calendar=calendar) == local(
        2026, 11, 18, 17, 30
    )


def test_safety_runs_at_night_and_through_pauses() -> None:
    saturday = local(2026, 11, 14, 23)
    paused = history(
        saturday,
        ("acknowledge", saturday + timedelta(minutes=5)),
        ("wait_access", saturday + timedelta(minutes=9)),
    )
    assert due(paused, "make_safe", Priority.P1) == local(2026, 11, 15, 3)


def test_safety_counts_real_hours_across_the_change_of_clock() -> None:
    opened_at = local(2026, 10, 25, 1)
    found = by_kind(deadlines(facts(history(opened_at), Priority.P1), CALENDAR))["make_safe"]
    assert found.due_at - opened_at.astimezone(UTC) == timedelta(hours=4)


def test_waiting_for_the_household_moves_the_service_promise_by_the_working_time_it_took() -> None:
    opened_at = local(2026, 11, 16, 10)
    paused = history(
        opened_at,
        ("acknowledge", local(2026, 11, 16, 11)),
        ("wait_member", local(2026, 11, 17, 9)),
        ("resume", local(2026, 11, 18, 9)),
    )
    assert due(paused, "repair") == local(2026, 11, 24, 17, 30)


def test_waiting_over_the_weekend_costs_nothing() -> None:
    paused = history(
        local(2026, 11, 16, 10),
        ("acknowledge", local(2026, 11, 16, 11)),
        ("wait_member", local(2026, 11, 20, 17, 30)),
        ("resume", local(2026, 11, 23, 9)),
    )
    assert due(paused, "repair") == local(2026, 11, 23, 17, 30)


def test_waiting_for_parts_does_not_pause_and_puts_a_clock_on_the_supplier() -> None:
    waiting = history(
        local(2026, 11, 16, 10),
        ("acknowledge", local(2026, 11, 16, 11)),
        ("wait_parts", local(2026, 11, 17, 9)),
        as_of=local(2026, 11, 20, 9),
    )
    found = by_kind(deadlines(facts(waiting), CALENDAR))
    assert found["repair"].due_at == local(2026, 11, 23, 17, 30)
    assert "contractor_parts" in found


def test_a_change_of_priority_counts_from_the_start_and_keeps_the_pauses() -> None:
    paused = history(
        local(2026, 11, 16, 10),
        ("acknowledge", local(2026, 11, 16, 11)),
        ("wait_member", local(2026, 11, 17, 9)),
        ("resume", local(2026, 11, 18, 9)),
    )
    assert due(paused, "repair", Priority.P2) == local(2026, 11, 19, 17, 30)


def test_planned_work_ends_within_thirty_days_on_a_working_day() -> None:
    assert due(history(local(2026, 11, 13, 10)), "repair", Priority.P4) == local(2026, 12, 11, 17, 30)


def test_a_promise_kept_stays_kept_and_an_ended_request_has_no_running_clock() -> None:
    opened_at = local(2026, 11, 16, 10)
    cancelled = history(opened_at, ("cancel", local(2026, 11, 16, 12)))
    assert all(deadline.met_at for deadline in deadlines(facts(cancelled), CALENDAR))
    late = history(opened_at, ("acknowledge", local(2026, 11, 19, 9)))
    answer = by_kind(deadlines(facts(late), CALENDAR))["first_answer"]
    assert answer.is_overdue(local(2026, 11, 25, 9))
    assert answer.met_at == local(2026, 11, 19, 9)


def test_legal_dates_show_the_last_day_of_each_warranty() -> None:
    dates = Dates(date(2026, 6, 30), date(2026, 10, 31), date(2026, 10, 31))
    found = tuple(warranties("tap", Tenure.BUYER_VEFA, dates, date(2026, 11, 16)))
    clocks = by_kind(
        deadlines(
            facts(history(local(2026, 11, 16, 10)), tenure=Tenure.BUYER_VEFA, dates=dates, warranties=found),
            CALENDAR,
        )
    )
    assert clocks["apparent_list"].due_at.astimezone(PARIS) == local(2026, 11, 30, 23, 59, 59)
    assert clocks["apparent_1642_1"].due_at.astimezone(PARIS).date() == date(2027, 11, 30)
    assert clocks["parfait_achevement"].due_at.astimezone(PARIS).date() == date(2027, 6, 30)
    assert clocks["biennale"].clock is ClockFamily.LEGAL


def test_a_defect_is_listed_by_the_signed_livraison_or_by_a_letter_to_the_vendor_alone() -> None:
    dates = Dates(date(2026, 6, 30), date(2026, 10, 31), date(2026, 10, 31))
    found = tuple(warranties("tap", Tenure.BUYER_VEFA, dates, date(2026, 11, 16)))

    def listed_at(standing: Standing) -> datetime | None:
        told = facts(standing, tenure=Tenure.BUYER_VEFA, dates=dates, warranties=found)
        return by_kind(deadlines(told, CALENDAR))["apparent_list"].met_at

    def written_to(debtor: str) -> Standing:
        letter = Step("notify_debtor", "staff", local(2026, 11, 18, 9), facts={"debtor": debtor})
        return apply([Step("submit", "resident", local(2026, 11, 16, 10)), letter])

    signed = Step("submit", "staff", local(2026, 11, 16, 10), channel="inspection")
    assert listed_at(apply([signed])) == local(2026, 11, 16, 10)
    assert listed_at(written_to("vendor")) == local(2026, 11, 18, 9)
    assert listed_at(written_to("contractor")) is None


def test_what_one_debtor_commits_to_stops_only_what_it_owes() -> None:
    dates = Dates(date(2026, 6, 30), date(2026, 10, 31), date(2026, 10, 31))
    found = tuple(warranties("tap", Tenure.BUYER_VEFA, dates, date(2026, 11, 16)))
    opened_at, bound_at = local(2026, 11, 16, 10), local(2026, 11, 20, 10)
    for debtor, stopped in (("contractor", {"parfait_achevement", "biennale"}), (None, {"apparent_1642_1"})):
        step = Step("secure_claim", "staff", bound_at, facts={"debtor": debtor} if debtor else {})
        standing = apply([Step("submit", "resident", opened_at), step])
        clocks = by_kind(
            deadlines(facts(standing, tenure=Tenure.BUYER_VEFA, dates=dates, warranties=found), CALENDAR)
        )
        assert all(clocks[kind].met_at == bound_at for kind in stopped)
        assert (clocks["apparent_1642_1"].met_at is None) == (debtor is not None)


def test_a_tenant_has_ten_days_to_complete_the_entry_inspection_and_a_month_of_heating() -> None:
    entered = Dates(moved_in_on=date(2026, 9, 1))
    standing = history(local(2026, 9, 8, 10))
    clocks = by_kind(
        deadlines(
            TicketFacts(
                "radiator", "no_heat", Priority.P3, Responsible.COOPERATIVE, standing,
                tenure=Tenure.TENANT, dates=entered, etat_des_lieux_on=date(2026, 9, 1),
            ), CALENDAR,
        )
    )  # fmt: skip
    assert clocks["edl_completion"].due_at.astimezone(PARIS).date() == date(2026, 9, 11)
    assert clocks["edl_heating"].due_at.astimezone(PARIS).date() == date(2026, 11, 15)
    assert clocks["works_21_days"].due_at.astimezone(PARIS).date() == date(2026, 9, 29)


def test_damage_from_a_neighbour_is_declared_within_five_working_days() -> None:
    standing = history(local(2026, 5, 7, 10))
    clocks = by_kind(
        deadlines(
            TicketFacts("water_pipe", "leak_from_neighbour", Priority.P1, Responsible.INSURER, standing),
            CALENDAR,
        )
    )
    assert clocks["insurance_declaration"].due_at.astimezone(PARIS).date() == date(2026, 5, 18)


calendars = st.builds(
    BusinessCalendar,
    zone=st.just(PARIS),
    week=st.sets(st.integers(0, 6), min_size=1).map(lambda days: dict.fromkeys(days, CALENDAR.week[0])),
    subdivision=st.sampled_from([None, "57", "6AE", "971", "BL", "974"]),
    closed_on=st.sets(st.dates(date(2026, 5, 1), date(2026, 6, 30))).map(frozenset),
)
"""Whatever a cooperative may say of its own opening days."""


@given(calendars, st.datetimes(datetime(2026, 4, 25), datetime(2026, 6, 20), timezones=st.just(UTC)))  # noqa: DTZ001
def test_no_opening_days_of_a_cooperative_move_a_legal_date(
    own: BusinessCalendar, opened_at: datetime
) -> None:
    told = TicketFacts(
        "radiator", "leak_from_neighbour", Priority.P1, Responsible.COOPERATIVE, history(opened_at),
        tenure=Tenure.TENANT, dates=Dates(date(2025, 6, 30), None, date(2026, 4, 20)), postcode="57000",
        warranties=tuple(warranties("radiator", Tenure.TENANT, Dates(date(2025, 6, 30)), opened_at.date())),
        etat_des_lieux_on=date(2026, 4, 20), declared_to_insurer_on=date(2026, 5, 1),
    )  # fmt: skip

    def legal(calendar: BusinessCalendar) -> list[tuple[str, datetime, datetime]]:
        return [
            (one.kind, one.starts_at, one.due_at)
            for one in deadlines(told, calendar)
            if one.clock is ClockFamily.LEGAL
        ]

    usual = legal(CALENDAR)
    assert {"insurance_declaration", "do_offer", "works_21_days"} <= {kind for kind, *_ in usual}
    assert legal(own) == usual


def test_a_holiday_of_the_homes_place_moves_it_and_custom_does_not() -> None:
    def due_on(postcode: str, *opened: int) -> date:
        told = TicketFacts(
            "water_pipe", "leak_from_neighbour", Priority.P1, Responsible.INSURER,
            history(local(*opened)), postcode=postcode,
        )  # fmt: skip
        clock = by_kind(deadlines(told, CALENDAR))["insurance_declaration"]
        return clock.due_at.astimezone(PARIS).date()

    assert [due_on(code, 2026, 3, 30, 10) for code in ("75011", "57000", "97110")] == [
        date(2026, 4, 7), date(2026, 4, 8), date(2026, 4, 7),
    ]  # fmt: skip


def test_the_insurer_of_the_works_has_fifteen_sixty_and_ninety_days() -> None:
    standing = history(local(2026, 11, 16, 10))
    clocks = by_kind(deadlines(facts(standing, declared_to_insurer_on=date(2026, 11, 16)), CALENDAR))
    ends = [
        clocks[kind].due_at.astimezone(PARIS).date() for kind in ("do_refusal", "do_position", "do_offer")
    ]
    assert ends == [date(2026, 12, 1), date(2027, 1, 15), date(2027, 2, 14)]


def test_each_threshold_warns_once() -> None:
    start = datetime(2026, 11, 16, tzinfo=UTC)
    deadline = Deadline("make_safe", ClockFamily.SAFETY, start, start + timedelta(hours=4))
    assert threshold_passed(deadline, 0, start + timedelta(hours=1)) is None
    assert threshold_passed(deadline, 0, start + timedelta(hours=2)) == 50
    assert threshold_passed(deadline, 50, start + timedelta(hours=3)) is None
    assert threshold_passed(deadline, 50, start + timedelta(hours=9)) == 100
    assert threshold_passed(deadline, 100, start + timedelta(days=9)) is None


def test_a_new_request_does_not_warn_of_a_legal_period_long_under_way_but_of_its_end() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    legal = Deadline("parfait_achevement", ClockFamily.LEGAL, start, start + timedelta(days=365))
    told = told_at_opening(legal, start + timedelta(days=300))
    assert threshold_passed(legal, told, start + timedelta(days=301)) is None
    assert threshold_passed(legal, told, start + timedelta(days=350)) == 95
    late = told_at_opening(legal, start + timedelta(days=360))
    assert threshold_passed(legal, late, start + timedelta(days=360)) == 95


@settings(max_examples=60, deadline=None)
@given(instants, st.integers(0, 200))
def test_adding_working_time_and_measuring_it_agree(start: datetime, hours: int) -> None:
    end = CALENDAR.add(start, timedelta(hours=hours))
    assert end >= start
    assert CALENDAR.elapsed(start, end) == timedelta(hours=hours)


@settings(max_examples=60, deadline=None)
@given(instants, st.integers(1, 20), st.integers(0, 100))
def test_a_pause_never_brings_a_promise_forward(
    opened_at: datetime, wait_hours: int, pause_hours: int
) -> None:
    asked = opened_at + timedelta(hours=wait_hours)
    plain = history(opened_at, ("acknowledge", asked))
    paused = history(
        opened_at,
        ("acknowledge", asked),
        ("wait_member", asked),
        ("resume", asked + timedelta(hours=pause_hours)),
    )
    for priority in Priority:
        without = by_kind(deadlines(facts(plain, priority), CALENDAR))
        with_pause = by_kind(deadlines(facts(paused, priority), CALENDAR))
        for kind, deadline in with_pause.items():
            if deadline.clock is ClockFamily.SERVICE:
                assert deadline.due_at >= without[kind].due_at
            else:
                assert deadline.due_at == without[kind].due_at
