"""So many in so long: what a household must wait follows from when it came."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.aftersales.intake.limits import OPENED, UNDERSTOOD, Window

START = datetime(2026, 11, 16, 9, tzinfo=UTC)


@given(st.lists(st.integers(0, 40), max_size=80))
def test_no_stretch_of_time_ever_holds_more_than_allowed(gaps: list[int]) -> None:
    window, at, done = Window("opened", times=5, seconds=60), START, list[datetime]()
    for gap in gaps:
        at += timedelta(seconds=gap)
        wait = window.wait(done, at)
        recent = [one for one in done if one > at - timedelta(seconds=60)]
        assert (wait == 0) == (len(recent) < 5)
        if wait == 0:
            done.append(at)
        else:
            assert window.wait(done, at + timedelta(seconds=wait)) == 0


def test_what_was_told_together_beyond_the_limit_is_waited_for_together() -> None:
    window = Window("opened", times=2, seconds=60)
    done = [START, START + timedelta(seconds=10), START + timedelta(seconds=10)]
    assert window.wait(done, START + timedelta(seconds=20)) == 50


def test_a_household_may_report_all_that_a_move_in_shows() -> None:
    assert OPENED.times >= 20
    assert UNDERSTOOD.times >= OPENED.times
