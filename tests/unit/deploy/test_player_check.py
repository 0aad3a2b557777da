"""What a replay is compared with: a recording's own days where it holds them whole, quantity by quantity."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from contracts.codes import Fluid, Quantity
from deploy.player_check import doubt_of, sums_of
from deploy.replay_words import result_told
from services.metering.fluids import calendar_of
from services.metering.replays.sources import SourceDays, source_days

PARIS = calendar_of(Fluid.ELECTRICITY, "Europe/Paris")
MIDNIGHT = datetime(2026, 1, 4, 23, tzinfo=UTC)
"""The civil day of 5 January begins in Paris."""
FIFTH = date(2026, 1, 5)


def compared(recorded: list[datetime], lacking: list[datetime], step_s: int = 0) -> SourceDays:
    def ask(query: str, **values: Any) -> list[dict[str, Any]]:
        if "feed_reading" not in query:
            return [{"meter": "m", "quantity": "energy_import", "day": FIFTH, "value": 9_000}]
        found = [(at, False) for at in recorded] + [(at, True) for at in lacking]
        return [
            {
                "meter": "m", "quantity": "energy_import", "instant": at, "step_s": step_s,
                "is_lacking": is_lacking,
            }
            for at, is_lacking in sorted(found)
        ]  # fmt: skip

    last = max(recorded)
    return source_days(ask, "fee_1", {"m": PARIS}, min(recorded), last).get("m", SourceDays())


def hours(*numbers: float) -> list[datetime]:
    return [MIDNIGHT + timedelta(hours=number) for number in numbers]


def test_a_day_that_the_recording_holds_whole_is_compared_with_the_sources_own() -> None:
    assert compared(hours(-1, 6, 12, 25), hours(-2, 26)).whole == {Quantity.ENERGY_IMPORT: {FIFTH: 9_000}}


def test_a_day_with_a_reading_that_was_not_recorded_is_told_and_not_compared() -> None:
    found = compared(hours(0, 6, 18, 24), hours(12))
    assert (found.whole, found.partial) == ({}, {Quantity.ENERGY_IMPORT: {FIFTH}})


def test_a_register_read_just_before_the_recording_began_bears_on_its_first_day() -> None:
    assert compared(hours(1, 6, 24), hours(-0.5)).partial
    assert compared(hours(0, 6, 24), hours(-0.5)).whole, "one at midnight itself says where the day began"


def test_the_interval_after_the_days_last_one_is_another_days() -> None:
    recorded = hours(*(half / 2 for half in range(48)))
    assert compared(recorded, hours(-0.5, 24), step_s=1800).whole
    assert compared(recorded, hours(-0.25), step_s=1800).partial, "it reaches into the day"


def test_a_day_of_which_nothing_was_recorded_is_not_mentioned() -> None:
    found = compared(hours(30, 31), hours(1, 2))
    assert (found.whole, found.partial) == ({}, {})


def test_sums_are_told_quantity_by_quantity_and_never_over_several() -> None:
    def row(quantity: str, unit: str, feed: int | None, stored: int | None) -> dict[str, Any]:
        return {"quantity": quantity, "unit": unit, "feed": feed, "stored": stored}

    energy, water = sums_of(
        [
            row("volume", "L", 300, 300), row("energy_import", "Wh", 9_000, 9_000),
            row("energy_import", "Wh", 8_000, 7_990), row("energy_import", "Wh", 7_000, None),
            row("energy_import", "Wh", None, 5_000),
        ]
    )  # fmt: skip
    assert energy == {
        "quantity": "energy_import", "unit": "Wh", "feed": 24_000, "stored": 16_990, "days": 3,
        "days_equal": 1, "days_differ": 1, "days_missing": 1, "days_partial": 1,
        "days_incomplete": 0, "half_hours_missing": 0,
    }  # fmt: skip
    assert (water["feed"], water["stored"], water["days_equal"]) == (300, 300, 1)


def test_where_nothing_is_whole_what_is_stored_is_told_alone() -> None:
    (one,) = sums_of([{"quantity": "heat", "unit": "Wh", "feed": None, "stored": 40}])
    assert (one["feed"], one["stored"], one["days"], one["days_equal"]) == (None, 40, 1, None)


def test_a_day_that_differs_for_half_hours_never_heard_says_how_many() -> None:
    doubt = doubt_of({"measured": 41, "missing": 4, "suspect": 1, "interpolated": 2})
    assert (doubt.held, doubt.estimated, doubt.missing) == (1, 2, 4)
    day = {"quantity": "energy_import", "unit": "Wh", "feed": 4_800, "stored": 4_400, **doubt._asdict()}
    part = {"quantity": "energy_import", "unit": "Wh", "feed": None, "stored": 10, "missing": 47}
    (one,) = sums_of([day, part])
    assert (one["days_differ"], one["days_incomplete"], one["half_hours_missing"]) == (1, 1, 4)
    replay = {"dry_run": False, "sandbox": None}
    result = {"days_equal": 0, "days": 1, "readings": 44, "messages": 1, "sums": [one]}
    assert "1 differ, 0 missing, 1 recorded in part, 1 where 4 half-hours are missing" in result_told(
        replay, result
    )
