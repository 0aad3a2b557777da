"""What the page of tips adds to a tip: how sure it is, and the days it rests on."""

from datetime import date
from itertools import pairwise

import pytest

from contracts.codes import Rule
from services.advice.facts import facts_on
from services.advice.picture import MOST_BARS, picture
from services.advice.sureness import Sureness, sureness
from tests.unit.advice.homes import TODAY, day, days

FACTS = facts_on(TODAY).standby


@pytest.mark.parametrize(
    ("rule", "variant", "evidence", "expected"),
    [
        (Rule.STANDBY_LOAD, "notice", {"nights": 14}, Sureness.FIRST),
        (Rule.STANDBY_LOAD, "notice", {"nights": 28}, Sureness.FAIR),
        (Rule.STANDBY_LOAD, "strong", {"nights": 60}, Sureness.HIGH),
        (Rule.OFFPEAK_SHIFT, "shift", {"days": 60}, Sureness.FIRST),
        (Rule.OFFPEAK_SHIFT, "shift", {"days": 360}, Sureness.HIGH),
        (Rule.SUBSCRIBED_POWER, "too_low", {"days": 12}, Sureness.HIGH),
        (Rule.SUBSCRIBED_POWER, "too_high", {"days": 150, "is_measured": False}, Sureness.FIRST),
        (Rule.SUBSCRIBED_POWER, "too_high", {"days": 350, "is_measured": False}, Sureness.FAIR),
        (Rule.SUBSCRIBED_POWER, "too_high", {"days": 350, "is_measured": True}, Sureness.HIGH),
    ],
)
def test_more_days_and_measured_peaks_make_a_tip_surer(
    rule: Rule, variant: str, evidence: dict[str, object], expected: Sureness
) -> None:
    assert sureness(rule, variant, evidence) is expected


def test_a_standby_tip_shows_each_night_in_watts() -> None:
    shown = picture(Rule.STANDBY_LOAD, days(30, floor_w=120), FACTS)
    assert shown is not None
    assert (shown.unit, set(shown.values), len(shown.days)) == ("W", {120}, 30)


def test_a_power_tip_shows_each_days_peak_and_the_highest_mean_where_none_was_measured() -> None:
    seen = [day(date(2026, 10, 1), peak_va=6200), day(date(2026, 10, 2), floor_w=100, evening_w=900)]
    shown = picture(Rule.SUBSCRIBED_POWER, seen, FACTS)
    assert shown is not None
    assert shown.values == (6.2, 1.0)


def test_a_year_of_days_is_cut_to_what_a_phone_can_show() -> None:
    shown = picture(Rule.STANDBY_LOAD, days(365), FACTS)
    assert shown is not None
    assert len(shown.days) == MOST_BARS
    assert shown.days[-1] == days(1)[0].day


def test_bars_stand_on_their_own_civil_day_when_the_clock_changes() -> None:
    shown = picture(Rule.STANDBY_LOAD, days(3, until=date(2026, 10, 27)), FACTS)
    assert shown is not None
    x = shown.points("W")["x"]
    assert [after - before for before, after in pairwise(x)] == [90_000, 86_400]


def test_the_hours_of_a_tariff_are_no_picture_of_days() -> None:
    assert picture(Rule.OFFPEAK_SHIFT, days(3), FACTS) is None
    assert picture(Rule.STANDBY_LOAD, [], FACTS) is None
