"""How after-sales did, from histories; opinions are published only where enough answered."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aftersales.reports.figures import Act, Clock, Figures, Share, Story, avoidable, end_of, figures
from services.aftersales.reports.windows import is_lost

PARIS = ZoneInfo("Europe/Paris")
OPENED = datetime(2026, 11, 2, 8, tzinfo=UTC)
NOW = OPENED + timedelta(days=60)


def after(hours: float) -> datetime:
    return OPENED + timedelta(hours=hours)


def acts(*told: tuple[str, str, float]) -> list[Act]:
    return [Act(action, role, after(hours)) for action, role, hours in told]


def story(*told: tuple[str, str, float], **more: object) -> Story:
    return replace(Story("Les Aulnes", OPENED, acts(("submit", "resident", 0), *told)), **more)  # type: ignore[arg-type]


def one(*stories: Story) -> Figures:
    (found,) = figures(stories, NOW, PARIS)
    return found


FIXED = (
    ("acknowledge", "staff", 2), ("start", "contractor", 30), ("finish", "contractor", 32),
    ("confirm", "resident", 40),
)  # fmt: skip


def test_a_repaired_request_is_fixed_when_the_work_was_finished() -> None:
    found = one(story(*FIXED))
    assert (found.requests, found.ends["fixed"], found.fixed_hours) == (1, 1, 32.0)


def test_a_failed_repair_counts_from_the_opening_to_the_one_that_held() -> None:
    again = story(
        *FIXED, ("reopen", "resident", 60), ("finish", "contractor", 80), ("confirm", "resident", 90)
    )
    found = one(again)
    assert (found.reopened, found.fixed_hours, found.avoidable_contacts) == (1, 80.0, 1)


@pytest.mark.parametrize(
    ("told", "end"),
    [
        ((), "open"),
        (FIXED, "fixed"),
        ((*FIXED, ("close", "system", 800)), "fixed"),
        ((*FIXED, ("reopen", "resident", 60)), "open"),
        ((("refuse", "staff", 5),), "refused"),
        ((("refuse", "staff", 5), ("contest", "resident", 9), ("overturn", "staff", 20)), "open"),
        ((("cancel", "resident", 5),), "cancelled"),
        ((("finish", "contractor", 5), ("sign_off", "resident", 6)), "open"),
        ((("finish", "contractor", 5), ("sign_off", "resident", 6), ("sign_off", "staff", 7)), "fixed"),
    ],
)
def test_fixed_is_not_the_same_as_closed(told: tuple[tuple[str, str, float], ...], end: str) -> None:
    assert end_of(story(*told)) == end


ALONE = frozenset({"cooperative"})


@pytest.mark.parametrize("before", [(), (Act("sign_off", "resident", after(33)),)])
def test_the_one_signature_that_was_needed_ends_it_and_its_windows_are_not_lost_later(
    before: tuple[Act, ...],
) -> None:
    work = acts(("submit", "resident", 0), ("finish", "contractor", 32))
    ours = Act("sign_off", "staff", after(40), sides=ALONE)
    signed = Story("Les Aulnes", OPENED, [*work, *before, ours], [BUILDERS])
    found = one(signed)
    assert (found.ends["fixed"], found.fixed_hours, found.windows_lost) == (1, 32.0, 0)
    assert end_of(replace(signed, acts=[*signed.acts, Act("reopen", "resident", after(50))])) == "open"
    both = replace(ours, sides=frozenset({"cooperative", "household"}))
    assert end_of(replace(signed, acts=[*work, both])) == "open"


@pytest.mark.parametrize("end", ["refuse", "cancel"])
def test_what_ended_without_work_has_lost_a_window_or_not_without_a_word_about_signatures(end: str) -> None:
    assert not is_lost(story((end, "staff", 5)), replace(BUILDERS, due_at=NOW + timedelta(days=1)), NOW)


def test_a_duplicate_is_told_apart_from_a_refusal() -> None:
    twice = Story("Les Aulnes", OPENED, [Act("refuse", "staff", after(3), reason="duplicate")])
    assert end_of(twice) == "duplicate"


@pytest.mark.parametrize(
    ("told", "count"),
    [
        ([("message", "resident", 1)], 0),
        ([("message", "resident", 1), ("message", "resident", 3)], 1),
        ([("message", "resident", 30)], 1),
        ([("message", "staff", 29), ("message", "resident", 30)], 0),
        ([("wait_member", "staff", 2), ("message", "resident", 90), ("message", "resident", 91)], 0),
        ([("half_fixed", "resident", 50)], 1),
    ],
)
def test_a_word_that_chases_an_answer_is_avoidable(told: list[tuple[str, str, float]], count: int) -> None:
    assert avoidable(story(*told)) == count


def test_promises_kept_and_windows_lost_are_counted_from_their_clocks() -> None:
    clocks = [
        Clock("first_answer", "service", after(8), after(2)),
        Clock("make_safe", "safety", after(4), after(6)),
        Clock("repair", "service", after(100), None),
        Clock("parfait_achevement", "legal", after(24 * 30), after(24 * 29), "contractor"),
        Clock("biennale", "legal", after(24 * 31), None, "vendor"),
        Clock("decennale", "legal", after(24 * 3650), None, "insurer"),
    ]
    told = [*acts(("submit", "resident", 0), ("acknowledge", "staff", 2)), secured("contractor", 24 * 29)]
    found = one(replace(story(clocks=clocks), acts=told))
    assert (found.first_answer_hours, found.first_answers) == (2.0, Share(1, 1))
    assert (found.safe_hours, found.made_safe) == (6.0, Share(0, 1))
    assert found.repairs == Share(0, 1)
    assert (found.windows_saved, found.windows_lost) == (1, 1)


def secured(debtor: str | None, hours: float) -> Act:
    return Act("secure_claim", "staff", after(hours), debtor=debtor)


def letter(debtor: str, hours: float, notice: str = "ntc_1") -> Act:
    return Act("notify_debtor", "staff", after(hours), debtor=debtor, notice=notice)


BUILDERS = Clock("parfait_achevement", "legal", after(24 * 30), None, "contractor")
LISTED = Clock("apparent_list", "legal", after(24 * 20), None)
DELAY = Clock("works_21_days", "legal", after(24 * 21), after(40))
BY_THE_BUILDER = Act("assign", "staff", after(20), debtor="contractor")
BY_US = Act("assign", "staff", after(20))


@pytest.mark.parametrize(
    ("clock", "told", "is_fixed", "windows"),
    [
        pytest.param(BUILDERS, [BY_US], True, (0, 0), id="repaired by us without a letter"),
        pytest.param(BUILDERS, [letter("contractor", 9), BY_US], True, (0, 0), id="written, repaired by us"),
        pytest.param(BUILDERS, [letter("contractor", 9), BY_THE_BUILDER], True, (1, 0), id="by the debtor"),
        pytest.param(BUILDERS, [letter("vendor", 9), BY_THE_BUILDER], True, (0, 0), id="another's letter"),
        pytest.param(BUILDERS, [BY_THE_BUILDER], True, (0, 0), id="by the debtor, unwritten"),
        pytest.param(BUILDERS, [secured("contractor", 24 * 30)], False, (1, 0), id="secured in time"),
        pytest.param(BUILDERS, [secured(None, 24 * 9)], False, (1, 0), id="secured by whoever owes it"),
        pytest.param(BUILDERS, [secured("vendor", 24 * 9)], False, (0, 1), id="secured on another"),
        pytest.param(BUILDERS, [secured("contractor", 24 * 30 + 1)], False, (0, 1), id="secured too late"),
        pytest.param(BUILDERS, [letter("contractor", 9)], False, (0, 0), id="written and still open"),
        pytest.param(
            BUILDERS,
            [letter("contractor", 9), Act("return_notice", "system", after(99), notice="ntc_1")],
            False,
            (0, 1),
            id="the letter came back",
        ),
        pytest.param(
            BUILDERS,
            [Act("waive_notice", "staff", after(9), debtor="contractor")],
            False,
            (0, 0),
            id="a person decided that no letter goes",
        ),
        pytest.param(LISTED, [letter("vendor", 24 * 19)], False, (1, 0), id="listed in time"),
        pytest.param(LISTED, [letter("vendor", 24 * 21)], False, (0, 1), id="listed too late"),
        pytest.param(DELAY, [], True, (0, 0), id="the 21 days are no window"),
    ],
)
def test_a_window_is_saved_by_a_claim_secured_in_time_and_lost_where_nothing_was_done(
    clock: Clock, told: list[Act], is_fixed: bool, windows: tuple[int, int]
) -> None:
    ends = acts(*FIXED) if is_fixed else []
    life = sorted([*acts(("submit", "resident", 0)), *told, *ends], key=lambda act: act.at)
    found = one(Story("Les Aulnes", OPENED, life, [clock]))
    assert (found.windows_saved, found.windows_lost) == windows


def test_a_defect_listed_in_a_signed_inspection_is_saved() -> None:
    found = one(story(clocks=[LISTED], is_listed=True))
    assert (found.windows_saved, found.windows_lost) == (1, 0)


def test_what_a_program_took_in_hand_in_a_persons_name_is_no_first_human_answer() -> None:
    clock = Clock("first_answer", "service", after(8), after(1))
    by_program = Act("acknowledge", "staff", after(1), on_behalf=True)
    found = one(Story("Les Aulnes", OPENED, [*acts(("submit", "resident", 0)), by_program], [clock]))
    assert (found.first_answers, found.answers_on_behalf) == (Share(0, 1), 1)
    assert found.first_answer_hours is None
    by_person = one(story(("acknowledge", "staff", 2), clocks=[clock]))
    assert (by_person.first_answers, by_person.answers_on_behalf) == (Share(1, 1), 0)


@pytest.mark.parametrize(
    ("told", "share"),
    [
        pytest.param([Act("cancel", "resident", after(1))], Share(0, 0), id="called off before any answer"),
        pytest.param(
            [Act("acknowledge", "staff", after(1), on_behalf=True), Act("cancel", "resident", after(2))],
            Share(0, 0),
            id="only a program had answered",
        ),
        pytest.param([Act("cancel", "resident", after(9))], Share(0, 1), id="called off, tired of waiting"),
        pytest.param(
            [Act("acknowledge", "staff", after(1)), Act("cancel", "resident", after(2))],
            Share(1, 1),
            id="called off once a person had answered",
        ),
        pytest.param(
            [Act("attach", "system", after(1)), Act("confirm", "resident", after(2))],
            Share(0, 0),
            id="taken for good with its incident",
        ),
    ],
)
def test_a_promise_is_kept_by_a_persons_answer_alone(told: list[Act], share: Share) -> None:
    clock = Clock("first_answer", "service", after(8), told[0].at)
    lived = Story("Les Aulnes", OPENED, [*acts(("submit", "resident", 0)), *told], [clock])
    assert one(lived).first_answers == share


def test_a_visit_missed_by_the_household_is_not_the_contractors() -> None:
    visits = [
        ("kept", None),
        ("kept", None),
        ("missed", "contractor"),
        ("missed", "member"),
        ("booked", None),
    ]
    found = one(story(visits=visits))
    assert (found.visits, found.visits_missed_by_household) == (Share(2, 3), 1)


def test_months_are_those_of_the_cooperative_and_residences_stay_apart() -> None:
    midnight = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    found = figures(
        [story(), replace(story(), opened_at=midnight), replace(story(), residence="Les Ormes")], NOW, PARIS
    )
    assert [(row.residence, row.month) for row in found] == [
        ("Les Aulnes", "2026-11"), ("Les Aulnes", "2026-12"), ("Les Ormes", "2026-11"),
    ]  # fmt: skip


ACTIONS = [
    "message", "finish", "confirm", "reopen", "half_fixed", "refuse", "cancel", "wait_member", "resume",
    "sign_off", "lapse", "overturn",
]  # fmt: skip


@given(
    st.lists(
        st.tuples(st.sampled_from(ACTIONS), st.sampled_from(["resident", "staff", "contractor", "system"]),
                  st.floats(0, 500)),
        max_size=12,
    )
)  # fmt: skip
def test_whatever_happened_each_request_is_counted_once(told: list[tuple[str, str, float]]) -> None:
    found = one(story(*sorted(told, key=lambda act: act[2])), story())
    assert sum(found.ends.values()) == found.requests == 2
    assert 0 <= found.reopened <= 2
    assert found.fixed_hours is None or found.fixed_hours >= 0
