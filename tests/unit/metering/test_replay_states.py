"""What a replay may be told, and which of a feed's messages it has sent."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.metering.replays.actions import instant
from services.metering.replays.bodies import ReplayIn, ScenarioIn
from services.metering.replays.feeds import without_numbers
from services.metering.replays.states import (
    ENDED,
    Action,
    State,
    after,
    covers,
    legal_actions,
    message_at,
    shown_speed,
    with_range,
)

SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=12)


@given(SPANS)
def test_ranges_hold_exactly_the_messages_that_were_sent(spans: list[tuple[int, int]]) -> None:
    ranges = with_range((), 0, 0)
    for first, end in spans:
        ranges = with_range(ranges, first, end)
    sent = {number for first, end in spans for number in range(first, end)}
    assert {number for number in range(61) if covers(ranges, number)} == sent
    assert all(one[1] < other[0] for one, other in pairwise(ranges))


@given(SPANS, st.randoms())
def test_ranges_do_not_depend_on_the_order(spans: list[tuple[int, int]], rng: object) -> None:
    def total(order: list[tuple[int, int]]) -> object:
        ranges = with_range((), 0, 0)
        for first, end in order:
            ranges = with_range(ranges, first, end)
        return ranges

    shuffled = spans[:]
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    assert total(spans) == total(shuffled)


@pytest.mark.parametrize("state", State)
def test_every_legal_action_leads_somewhere_and_nothing_leads_on_from_the_end(state: State) -> None:
    for action in legal_actions(state):
        assert after(state, action) in State
    if state in ENDED:
        assert legal_actions(state) == []
        assert legal_actions(state, has_sandbox=True) == [Action.DROP]


def test_a_dry_run_can_only_be_stopped() -> None:
    assert legal_actions(State.CHECKING, is_dry_run=True) == [Action.STOP]
    assert legal_actions(State.WAITING, is_dry_run=True) == [Action.STOP]


@given(st.lists(st.integers(0, 1000), min_size=1).map(sorted), st.integers(0, 1000))
def test_seeking_goes_on_with_the_first_message_at_that_instant_or_later(hours: list[int], to: int) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    instants = [start + timedelta(hours=hour) for hour in hours]
    at = message_at(instants, start + timedelta(hours=to))
    assert all(hour < to for hour in hours[:at])
    assert all(hour >= to for hour in hours[at:])


def test_a_civil_day_begins_and_ends_in_its_own_zone() -> None:
    autumn = date(2026, 10, 25)  # 25 hours in Paris
    begin, end = instant(autumn, "Europe/Paris"), instant(autumn, "Europe/Paris", is_end=True)
    assert begin is not None
    assert end is not None
    assert (begin, end - begin) == (datetime(2026, 10, 24, 22, tzinfo=UTC), timedelta(hours=25))


@pytest.mark.parametrize(
    ("said", "speed"), [("max", None), (None, None), (10, 10), ("10x", 10), ("0.5", 0.5)]
)
def test_a_speed_is_said_as_people_say_it(said: object, speed: float | None) -> None:
    body = ReplayIn.model_validate({"feed": "fee_1", "speed": said})
    assert body.speed == speed
    assert shown_speed(speed) == ("max" if speed is None else speed)


@pytest.mark.parametrize(
    "wrong",
    [
        {"feed": "f", "speed": 0}, {"feed": "f", "speed": "soon"}, {"feed": "f", "scenario": {}}, {},
        {"feed": "f", "from": "yesterday"}, {"feed": "f", "sped": 1},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ReplayIn.model_validate(wrong)


def test_a_scenario_is_bounded() -> None:
    with pytest.raises(ValidationError):
        ScenarioIn(homes=200, days=400)


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("Enedis_Conso_Heure_09123456789012_2026.csv", "Enedis_Conso_Heure_…_2026.csv"),
        ("C:\\Users\\x\\sample-0.csv.gz", "sample-0.csv.gz"),
        ("", "feed"), (None, "feed"), ("a\x00b\n.csv", "ab.csv"),
    ],
)  # fmt: skip
def test_a_feeds_name_holds_no_meter_number_and_no_folder(given_name: str | None, kept: str) -> None:
    assert without_numbers(given_name) == kept
