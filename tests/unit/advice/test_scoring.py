"""How advice is scored against homes whose truth is known."""

import pytest

from contracts.codes import Rule
from services.advice.scoring import RaisedTip, Truth, score

STANDBY = Rule.STANDBY_LOAD


def test_precision_recall_and_saving_error_are_counted_by_home() -> None:
    tips = [
        RaisedTip("a", STANDBY, "notice", 550, 110),
        RaisedTip("a", STANDBY, "notice", 450, 90),
        RaisedTip("b", STANDBY, "notice", 300, 60),
        RaisedTip("elsewhere", STANDBY, "notice", 300, 60),
    ]
    truths = [
        Truth("a", STANDBY, True, kwh_year=500),
        Truth("b", STANDBY, False),
        Truth("c", STANDBY, True, kwh_year=400),
    ]
    result = score(tips, truths, days=365)["standby_load"]
    assert (result.precision, result.recall) == (0.5, 0.5)
    assert result.saving_error == pytest.approx(0.1)
    assert result.tips_per_home_year == 1.0


def test_the_wrong_advice_to_the_right_home_is_wrong() -> None:
    tips = [RaisedTip("a", Rule.SUBSCRIBED_POWER, "too_high", 0, 48)]
    truths = [Truth("a", Rule.SUBSCRIBED_POWER, True, variant="too_low")]
    assert score(tips, truths, days=365)["subscribed_power"].precision == 0.0


def test_what_cannot_be_told_is_none() -> None:
    result = score([], [Truth("a", STANDBY, False)], days=30)["standby_load"]
    assert (result.precision, result.recall, result.saving_error, result.tips_per_home_year) == (
        None,
        None,
        None,
        0,
    )


def test_euros_stand_in_where_no_kwh_is_at_stake() -> None:
    tips = [RaisedTip("a", Rule.SUBSCRIBED_POWER, "too_high", 0, 48)]
    truths = [Truth("a", Rule.SUBSCRIBED_POWER, True, eur_year=40)]
    assert score(tips, truths, days=365)["subscribed_power"].saving_error == pytest.approx(0.2)


def test_two_truths_on_one_thing_are_refused() -> None:
    with pytest.raises(ValueError, match="one truth"):
        score([], [Truth("a", STANDBY, True), Truth("a", STANDBY, False)], days=1)
