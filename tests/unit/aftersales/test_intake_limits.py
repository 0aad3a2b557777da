"""So many in so long, for each household by itself; memory does not grow without end."""

from hypothesis import given
from hypothesis import strategies as st

from services.aftersales.intake import limits
from services.aftersales.intake.limits import OPENED, UNDERSTOOD, Window

WHO, OTHER = ("aulnes", "occ_1"), ("aulnes", "occ_2")


@given(st.lists(st.integers(0, 40), max_size=80))
def test_no_stretch_of_time_ever_holds_more_than_allowed(gaps: list[int]) -> None:
    window, at, done = Window(times=5, seconds=60), 0, list[int]()
    for gap in gaps:
        at += gap
        wait = window.wait(WHO, at)
        recent = [one for one in done if one > at - 60]
        assert (wait == 0) == (len(recent) < 5)
        if wait == 0:
            window.count(WHO, at)
            done.append(at)
        else:
            assert window.wait(WHO, at + wait) == 0


def test_each_household_is_counted_by_itself() -> None:
    window = Window(times=1, seconds=60)
    window.count(WHO, 0)
    assert window.wait(WHO, 1) == 59
    assert window.wait(OTHER, 1) == 0


def test_who_was_not_heard_of_for_longest_is_forgotten_first() -> None:
    window = Window(times=1, seconds=60)
    for number in range(limits.MOST_KEPT + 1):
        window.count(("aulnes", f"occ_{number}"), 0)
    assert window.wait(("aulnes", "occ_0"), 1) == 0
    assert window.wait(("aulnes", f"occ_{limits.MOST_KEPT}"), 1) > 0


def test_a_household_may_report_all_that_a_move_in_shows() -> None:
    assert OPENED.times >= 20
    assert UNDERSTOOD.times >= OPENED.times
