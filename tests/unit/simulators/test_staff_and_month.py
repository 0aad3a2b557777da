"""Simulated staff and the month they live, against a service that answers from memory."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from simulators.api import ApiError
from simulators.households import Home
from simulators.month import Month, Stage
from simulators.presence import is_public_holiday
from simulators.staff import STAFF_NEXT, Case, Desk, appointment
from simulators.weather import Weather

PARIS = ZoneInfo("Europe/Paris")


@dataclass
class Service:
    """Answers as the HTTP API would, from what the test says."""

    overviews: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    state: str = "closed"

    def get(self, path: str, **query: Any) -> Any:
        if path == "/operations/overview":
            return self.overviews.pop(0) if len(self.overviews) > 1 else self.overviews[0]
        return {"state": self.state}

    def post(self, path: str, body: Any = None) -> Any:
        self.asked.append((path, body))
        if body and body.get("action") in self.refuses:
            raise ApiError("POST", path, 409, {"legal_actions": []})
        return {"state": self.state}


def overview(stored: int = 0, duplicate: int = 0, discarded: int = 0, lag: float = 0.0) -> dict[str, Any]:
    return {
        "readings_received": stored + duplicate + discarded, "readings_stored": stored,
        "readings_duplicate": duplicate, "readings_rejected": 0,
        "readings_discarded": {"no_consent": discarded, "outside_occupancy": 0}, "lag_seconds": lag,
    }  # fmt: skip


def test_appointments_are_on_working_days_in_working_hours() -> None:
    for offset in range(400):
        day = date(2026, 1, 1) + timedelta(days=offset)
        at = appointment(day, Random(offset)).astimezone(PARIS)
        assert at.date() > day
        assert at.weekday() < 5
        assert not is_public_holiday(at.date())
        assert 8 <= at.hour <= 16


def test_each_step_of_staff_leads_towards_done() -> None:
    assert next(iter(STAFF_NEXT)) == "submitted"
    assert STAFF_NEXT["in_progress"] == "finish"


def test_a_refused_action_is_counted_and_the_ticket_looked_at_again(weather: Weather) -> None:
    service: Any = Service(refuses={"acknowledge"}, state="cancelled")
    desk = Desk("c", service, weather, 1)
    case = Case("tkt_1", household=Any)  # type: ignore[arg-type]
    desk.cases.append(case)
    monday = date(2026, 11, 2)
    for week in range(4):
        desk.day([], monday + timedelta(days=7 * week))
    assert desk.refused["acknowledge"] == 1
    assert case.state == "cancelled"


def test_nothing_is_done_on_sundays(weather: Weather) -> None:
    service: Any = Service()
    desk = Desk("c", service, weather, 1, cases=[Case("tkt_1", household=Any)])  # type: ignore[arg-type]
    for week in range(20):
        desk.day([], date(2026, 1, 4) + timedelta(days=7 * week))
    assert service.asked == []


def month(service: Any, homes: list[Home]) -> Month:
    fleet: Any = type("Fleet", (), {"ledger": type("Ledger", (), {"readings": 100, "meters": {}})()})()
    builder: Any = type("Builder", (), {"common": []})()
    desk = Desk("c", service, Weather(1), 1)
    return Month(Stage("c", service, builder, desk, fleet), [], date(2026, 10, 1), 5)


def test_what_was_there_before_the_month_does_not_count(homes: list[Home]) -> None:
    service = Service([overview(1_000), overview(1_060, duplicate=5, discarded=35)])
    one = month(service, homes)
    assert one.counts()["readings_stored"] == 60
    assert one.handled() == 100
    assert one.wait_handled(0.0)


def test_waiting_is_bounded(homes: list[Home]) -> None:
    service = Service([overview(0), overview(99)])
    one = month(service, homes)
    assert not one.wait_handled(0.0)
    assert one.wait_handled(0.0, 99)


def test_the_end_is_prompt_when_all_agrees(homes: list[Home]) -> None:
    service = Service([overview(0), overview(100)])
    assert month(service, homes).drain(5.0) == ({}, {})


def test_the_clock_is_told_in_utc(homes: list[Home]) -> None:
    service = Service([overview(0)])
    month(service, homes).set_clock(datetime(2026, 10, 1, tzinfo=UTC))
    assert service.asked == [("/coops/c/clock", {"now": "2026-10-01T00:00:00+00:00"})]


@pytest.mark.parametrize("days", [1, 35])
def test_a_month_ends_on_its_last_day(homes: list[Home], days: int) -> None:
    nobody: Any = None
    one = Month(Stage("c", Service([overview()]), nobody, nobody, nobody), [], date(2026, 10, 1), days)  # type: ignore[arg-type]
    assert (one.last_day - one.first_day).days == days - 1
