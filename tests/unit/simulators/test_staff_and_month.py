"""Simulated staff and the month they live, against a service that answers from memory."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from contracts.codes import Tenure
from simulators.agenda import Agenda, in_desk_hours, is_working_day, visit_after, visit_before
from simulators.api import ApiError
from simulators.cases import Case
from simulators.households import Home
from simulators.month import Month, Stage
from simulators.partners import Firm, Partners
from simulators.staff import Desk
from simulators.weather import Weather

PARIS = ZoneInfo("Europe/Paris")
MONDAY = datetime(2026, 11, 2, 9, tzinfo=UTC)


@dataclass
class Service:
    """Answers as the HTTP API would, from what the test says."""

    overviews: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    state: str = "closed"
    facts: dict[str, Any] = field(default_factory=dict)
    """Whatever else its tickets say."""

    def get(self, path: str, **query: Any) -> Any:
        if path == "/operations/overview":
            return self.overviews.pop(0) if len(self.overviews) > 1 else self.overviews[0]
        return {"state": self.state, **self.facts}

    def post(self, path: str, body: Any = None) -> Any:
        self.asked.append((path, body))
        if body and body.get("action") in self.refuses:
            raise ApiError("POST", path, 409, {"legal_actions": []})
        return {"state": self.state, **self.facts}


def overview(stored: int = 0, duplicate: int = 0, discarded: int = 0, lag: float = 0.0) -> dict[str, Any]:
    return {
        "readings_received": stored + duplicate + discarded, "readings_stored": stored,
        "readings_duplicate": duplicate, "readings_rejected": 0,
        "readings_discarded": {"no_consent": discarded, "outside_occupancy": 0}, "lag_seconds": lag,
    }  # fmt: skip


def case_of(service: Any, desk: Desk, answer: dict[str, Any]) -> Case:
    household: Any = SimpleNamespace(api=service, tickets=[], residence="R", tenure=Tenure.TENANT)
    return desk.take("tkt_1", household, MONDAY, answer)


def test_visits_begin_on_working_days_in_working_hours_and_end_in_time() -> None:
    for offset in range(400):
        now = datetime(2026, 1, 1, 10, tzinfo=UTC) + timedelta(days=offset)
        due_at = now + timedelta(days=6)
        at = visit_before(now, due_at, Random(offset)).astimezone(PARIS)
        assert now < at <= due_at - timedelta(hours=2)
        assert is_working_day(at.date())
        assert 8 <= at.hour <= 16


def test_a_slow_visit_begins_after_the_day_promised() -> None:
    for offset in range(50):
        due_at = datetime(2026, 1, 1, 16, 30, tzinfo=UTC) + timedelta(days=offset)
        assert visit_after(due_at, Random(offset)) > due_at


def test_the_desk_answers_in_its_hours_and_a_danger_at_once() -> None:
    saturday = datetime(2026, 10, 3, 22, tzinfo=UTC)
    assert in_desk_hours(saturday).astimezone(PARIS).date() == date(2026, 10, 5)
    service: Any = Service(state="submitted")
    desk = Desk("c", [service], Weather(1), 1)
    case_of(service, desk, {"state": "submitted", "priority": "p1"})
    desk.agenda.run_until(MONDAY + timedelta(minutes=40))
    assert ("/tickets/tkt_1/actions", "acknowledge") in [
        (path, body["action"]) for path, body in service.asked
    ]


def test_acts_are_done_in_the_order_of_time_and_the_clock_goes_with_them() -> None:
    clock: list[datetime] = []
    agenda = Agenda(clock.append)
    done: list[str] = []
    agenda.add(MONDAY + timedelta(hours=2), lambda name, now: done.append(name), "second")
    agenda.add(
        MONDAY, lambda now: (done.append("first"), agenda.add(MONDAY, lambda at: done.append("at once")))
    )
    agenda.add(MONDAY + timedelta(days=2), lambda now: done.append("another day"))
    agenda.run_until(MONDAY + timedelta(days=1))
    assert done == ["first", "at once", "second"]
    assert clock == [MONDAY, MONDAY + timedelta(hours=2)]


def test_a_refused_action_is_counted_and_the_ticket_looked_at_again() -> None:
    service: Any = Service(refuses={"acknowledge"}, state="cancelled")
    desk = Desk("c", [service], Weather(1), 1)
    case = case_of(service, desk, {"state": "submitted"})
    service.state = "submitted"
    assert not desk.doings.act(service, case, "acknowledge")
    assert desk.refused["acknowledge"] == 1
    assert case.state == "submitted"


def test_the_debtor_is_written_to_before_its_work_is_given_out() -> None:
    service: Any = Service(state="qualified")
    desk = Desk("c", [service], Weather(1), 1)
    desk.meet(Partners({"pty_1": Firm("pty_1", "contractor", (), ("parfait_achevement",))}))
    answer = {
        "state": "submitted", "priority": "p3", "responsible": "contractor",
        "warranties": [{"regime": "parfait_achevement"}], "legal_actions": ["notify_debtor"],
    }  # fmt: skip
    service.facts = {name: answer[name] for name in ("responsible", "warranties", "legal_actions")}
    case_of(service, desk, answer)
    desk.agenda.run_until(MONDAY + timedelta(days=1))
    asked = [body["action"] for path, body in service.asked if path.endswith("/actions")]
    assert asked.index("notify_debtor") < asked.index("assign")
    assert next(body for _, body in service.asked if body.get("action") == "assign")["party"] == "pty_1"


def month(service: Any, homes: list[Home]) -> Month:
    fleet: Any = type("Fleet", (), {"ledger": type("Ledger", (), {"readings": 100, "meters": {}})()})()
    builder: Any = type("Builder", (), {"common": []})()
    desk = Desk("c", [service], Weather(1), 1)
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
