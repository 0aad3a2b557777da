"""From outside: a sandbox's clock is set months ahead, and all that was due meanwhile has happened."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from simulators.api import Api
from tests.house import Home, House, an_agent, eventually, move_in, open_coop, running

pytestmark = pytest.mark.engines
COOP = "horloges"
BEGIN = datetime(2026, 1, 12, 9, tzinfo=UTC)


def set_clock(house: House, now: datetime) -> None:
    house.operator().post(f"/coops/{COOP}/clock", {"now": now.isoformat()})


def actions(staff: Api, ticket: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = staff.get(f"/tickets/{ticket}/history")["events"]
    return events


def told(house: House, home: Home) -> set[str]:
    """Days, of the cooperative's time, on which the household was written to."""
    items = house.api("resident", COOP, home.person).get(f"/persons/{home.person}/notifications")["items"]
    return {str(one["created_at"])[:10] for one in items}


def test_what_was_due_on_the_way_happens_within_seconds(tmp_path: Path) -> None:
    with running(tmp_path) as house:
        open_coop(house, COOP, sandbox=True)
        set_clock(house, BEGIN)
        home = move_in(house, COOP, "H1", moved_in_on=date(2026, 1, 12), consents=())
        staff = an_agent(house, COOP)
        body = {
            "occupancy": home.occupancy, "place": "kitchen", "element": "tap", "symptom": "broken",
            "description": "Le robinet ne ferme plus.", "channel": "phone",
        }  # fmt: skip
        ticket = staff.post("/tickets", body)
        done = staff.post("/tickets", body | {"place": "bathroom"})["id"]
        for action in ("acknowledge", "qualify", "assign", "start", "finish"):
            staff.post(f"/tickets/{done}/actions", {"action": action})
        due_at = {row["kind"]: row["due_at"] for row in ticket["deadlines"]}

        staff.put("/aftersales-settings/calendar", {"closed_on": ["2026-01-14", "2026-01-15", "2026-01-16"]})

        def is_later() -> bool:
            clocks = staff.get(f"/tickets/{ticket['id']}")["deadlines"]
            return all(row["due_at"] > due_at["repair"] for row in clocks if row["kind"] == "repair")

        eventually(is_later, seconds=10, what="the promise did not move with the calendar")

        set_clock(house, BEGIN + timedelta(days=60))
        eventually(lambda: len(actions(staff, done)) == 9, seconds=15, what="silence settled nothing")
        last = actions(staff, done)[-3:]
        assert [one["action"] for one in last] == ["remind", "lapse", "close"]
        days = [(datetime.fromisoformat(one["occurred_at"]) - BEGIN).days for one in last]
        assert 3 <= days[0] < days[1] < days[2] <= 45

        def check_ins() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = staff.get(f"/occupancies/{home.occupancy}/check-ins")["check_ins"]
            return [one for one in found if one.get("asked_at")]

        eventually(lambda: len(check_ins()) >= 3, seconds=15)
        asked = {one["due_on"] for one in check_ins()}
        assert {one["asked_at"][:10] for one in check_ins()} == asked
        eventually(lambda: asked <= told(house, home), seconds=15, what="a question was not told on its day")
