"""Rare tips are read; what became of one is measured, or said not to be measurable."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import Rule, TariffKind
from services.advice.caps import Past, silence
from services.advice.facts import facts_on
from services.advice.outcome import compare_medians, measured_on, outcome
from tests.unit.advice.homes import TODAY, day, days, home

FACTS = facts_on(TODAY)
STANDBY, OFFPEAK, POWER = Rule.STANDBY_LOAD, Rule.OFFPEAK_SHIFT, Rule.SUBSCRIBED_POWER


def ago(count: int) -> date:
    return TODAY - timedelta(days=count)


@pytest.mark.parametrize(
    ("past", "reason"),
    [
        ([], None),
        ([Past(STANDBY, ago(179))], "said_recently"),
        ([Past(STANDBY, ago(180))], None),
        ([Past(STANDBY, ago(364), "done")], "said_recently"),
        ([Past(STANDBY, ago(365), "done")], None),
        ([Past(STANDBY, ago(2000), "not_for_me")], "not_for_me"),
        ([Past(OFFPEAK, ago(3), "not_for_me")], None),
        ([Past(OFFPEAK, ago(3)), Past(POWER, ago(20))], "enough_this_month"),
        ([Past(OFFPEAK, ago(3)), Past(POWER, ago(30))], None),
    ],
)
def test_a_household_is_not_spoken_to_too_often(past: list[Past], reason: str | None) -> None:
    assert silence(STANDBY, TODAY, past, FACTS.caps) == reason


@given(st.lists(st.tuples(st.sampled_from(list(Rule)), st.integers(0, 400)), max_size=40))
def test_whatever_the_rules_want_no_month_has_more_than_two_tips(wishes: list[tuple[Rule, int]]) -> None:
    told: list[Past] = []
    for rule, offset in sorted(wishes, key=lambda wish: wish[1]):
        on = TODAY + timedelta(days=offset)
        if silence(rule, on, told, FACTS.caps) is None:
            told.append(Past(rule, on))
    for tip in told:
        month = [other for other in told if 0 <= (other.raised_on - tip.raised_on).days < 30]
        assert len(month) <= 2


def test_a_floor_that_fell_is_seen_with_its_saving() -> None:
    raised = ago(80)
    before = days(60, raised, floor_w=200)
    after = days(80, TODAY, floor_w=120)
    result = outcome(STANDBY, {}, raised, before + after, home(), FACTS)
    assert (result.code, result.change) == ("improved", -80.0)
    assert result.kwh_year == 701
    assert measured_on(raised) <= TODAY


def test_noise_is_not_called_a_saving() -> None:
    raised = ago(80)
    offsets = [*range(-40, 0), *range(40, 80)]
    noisy = [
        day(raised + timedelta(days=offset), floor_w=120 + 40 * (number % 5))
        for number, offset in enumerate(offsets)
    ]
    assert outcome(STANDBY, {}, raised, noisy, home(), FACTS).code == "not_detectable"


def test_too_few_days_show_nothing() -> None:
    raised = ago(80)
    result = outcome(STANDBY, {}, raised, days(10, raised, floor_w=300) + days(80), home(), FACTS)
    assert (result.code, result.kwh_year) == ("not_detectable", None)


def test_use_moved_to_the_cheap_hours_is_seen() -> None:
    raised, who = ago(80), home(TariffKind.PEAK_OFFPEAK, offpeak=("22:00-06:00",))
    before = days(60, raised, blocks=((12, 14, 1000),))
    after = days(80, TODAY, blocks=((2, 4, 1000),))
    result = outcome(OFFPEAK, {}, raised, before + after, who, FACTS)
    assert (result.code, result.change) == ("improved", -2000.0)
    assert result.kwh_year is None


def test_a_changed_contract_is_a_fact() -> None:
    assert outcome(POWER, {"next_kva": 6}, ago(80), [], home(kva=6), FACTS).code == "followed"
    assert outcome(POWER, {"next_kva": 6}, ago(80), [], home(kva=9), FACTS).code == "not_detectable"


@given(
    st.lists(st.floats(50, 500), min_size=21, max_size=60),
    st.lists(st.floats(50, 500), min_size=21, max_size=60),
)
def test_swapping_before_and_after_swaps_the_verdict(before: list[float], after: list[float]) -> None:
    mirrored = {"improved": "worse", "worse": "improved", "not_detectable": "not_detectable"}
    there, back = compare_medians(before, after, "W"), compare_medians(after, before, "W")
    assert back.code == mirrored[there.code]
