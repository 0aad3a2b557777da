"""Off-peak hours: read one way by whoever prices, advises or simulates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from contracts.offpeak import MINUTES_PER_DAY, OffPeakHours, minutes_inside, windows

clock = st.integers(0, MINUTES_PER_DAY - 1).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")
hours = st.builds("{}-{}".format, clock, clock)


def test_hours_that_cross_midnight_are_two_parts_of_the_day() -> None:
    assert windows(("22:30-06:30", "12:00-14:00")) == ((0, 390), (720, 840), (1350, 1440))


def test_equal_ends_are_the_whole_day() -> None:
    assert windows(("06:00-06:00",)) == ((0, 1440),)


@given(first=clock, last=clock)
def test_a_window_and_its_complement_hold_the_whole_day(first: str, last: str) -> None:
    inside, outside = windows((f"{first}-{last}",)), windows((f"{last}-{first}",))
    total = minutes_inside(inside, 0, MINUTES_PER_DAY) + minutes_inside(outside, 0, MINUTES_PER_DAY)
    assert total == MINUTES_PER_DAY * (2 if first == last else 1)


@given(texts=st.lists(hours, max_size=4).map(tuple), start=st.integers(0, 47).map(lambda slot: slot * 30))
def test_a_minute_in_two_windows_counts_once(texts: tuple[str, ...], start: int) -> None:
    each = [any(minutes_inside(windows((text,)), start + n, 1) for text in texts) for n in range(30)]
    assert minutes_inside(windows(texts), start, 30) == sum(each)


@pytest.mark.parametrize("text", ["22:00", "25:00-06:00", "22-06", "night", "6:00-8:00", "22:00-06:00\n"])
def test_what_is_no_window_is_refused_alike_on_the_wire_and_by_the_reader(text: str) -> None:
    with pytest.raises(ValueError, match="is not HH:MM-HH:MM"):
        windows((text,))
    with pytest.raises(ValidationError):
        TypeAdapter(OffPeakHours).validate_python(text)
