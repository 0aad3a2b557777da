"""Operators decide about half-hours: what was measured stays beside it, the household reads who and why."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from contracts.codes import Check, Kind, Quantity, Role
from services.kit.ids import new_id
from services.kit.principal import SESSION_COOKIE, Principal
from services.metering import operator_meter_queries as looking
from services.metering import partitions
from services.metering.edits_made import spread
from services.metering.operator_meter_queries import HeldFilters
from tests.conftest import OpenUnit, Web
from tests.integration.metering.homes import (
    Home,
    a_home,
    contract,
    days,
    reading,
    rows,
    send,
    settle_all,
    told,
    withdraw,
)

pytestmark = pytest.mark.engines

MIDNIGHT = datetime(2026, 1, 4, 23, tzinfo=UTC)
DAY = date(2026, 1, 5)
WHY = "Le capteur a été débranché pendant les travaux"


async def a_home_with_a_day(room_unit: OpenUnit, coop: str) -> Home:
    """One closed day of 48 half-hours of 100 Wh, and the beginning of the next."""
    home = await a_home(room_unit, coop)
    half_hours = [reading(home, MIDNIGHT + n * timedelta(minutes=30), 7_000 + 100 * n) for n in range(48 + 5)]
    await send(room_unit, coop, half_hours)
    await settle_all(room_unit)
    return home


class Operator:
    """An operator at the API of one meter."""

    def __init__(self, web: Web, home: Home) -> None:
        self.web, self.home, self.id = web, home, new_id("per")
        self.headers = web.as_("operator", home.coop, self.id)

    async def edit(self, kind: str, first: int, last: int, /, **more: Any) -> Any:
        body = {"day": str(DAY), "from_slot": first, "to_slot": last, "kind": kind, "why": WHY} | more
        return await self.web.client.post(
            f"/api/v1/meters/{self.home.meter}/edits", json=body, headers=self.headers
        )

    async def undo(self, id: str) -> Any:
        body = {"action": "undo", "why": "C’était le bon relevé"}
        return await self.web.client.post(f"/api/v1/edits/{id}/actions", json=body, headers=self.headers)

    async def curve(self) -> Any:
        answer = await self.web.client.get(
            f"/api/v1/meters/{self.home.meter}/curve?day={DAY}", headers=self.headers
        )
        assert answer.status_code == 200, answer.text
        return answer.json()


async def test_entered_values_stand_and_the_day_is_told_again(
    room_unit: OpenUnit, web: Web, coop: str
) -> None:
    home = await a_home_with_a_day(room_unit, coop)
    operator = Operator(web, home)
    made = await operator.edit("set", 10, 12, values=[50, None, 60])
    assert made.status_code == 201, made.text
    assert made.json()["by"] == operator.id
    await settle_all(room_unit)
    curve = await operator.curve()
    assert (curve["values"][9:14], curve["quality"][10]) == ([100, 50, None, 60, 100], "edited")
    assert [(one.revision, one.value) for one in await told(room_unit, home)] == [(1, 4_800), (2, 4_610)]
    kept = await rows(room_unit, "SELECT count(*) AS n FROM metering.reading WHERE meter = :m", m=home.meter)
    assert kept[0].n == 53, "what was measured is never touched"


async def test_undoing_brings_back_what_stood_before(room_unit: OpenUnit, web: Web, coop: str) -> None:
    home = await a_home_with_a_day(room_unit, coop)
    operator = Operator(web, home)
    first = (await operator.edit("set", 10, 12, total=30)).json()
    second = (await operator.edit("set", 11, 11, values=[7])).json()
    await settle_all(room_unit)
    assert (await operator.curve())["values"][9:14] == [100, 10, 7, 10, 100]
    undone = await operator.undo(second["id"])
    assert (undone.status_code, undone.json()["legal_actions"]) == (200, [])
    await settle_all(room_unit)
    assert (await operator.curve())["values"][9:14] == [100, 10, 10, 10, 100]
    assert (await operator.undo(first["id"])).status_code == 200
    await settle_all(room_unit)
    assert (await operator.curve())["values"] == [100] * 48
    assert (await days(room_unit, home))[DAY].revision == 4
    again = await operator.undo(first["id"])
    assert (again.status_code, again.json()["legal_actions"]) == (409, [])


async def test_a_decision_about_a_day_whose_readings_are_gone_is_told_to_stand_for_ever(
    room_unit: OpenUnit, web: Web, coop: str
) -> None:
    home = await a_home(room_unit, coop)
    midnight, day = datetime(2007, 8, 5, 22, tzinfo=UTC), date(2007, 8, 6)  # a month of this test's own
    half_hours = [reading(home, midnight + n * timedelta(minutes=30), 7_000 + 100 * n) for n in range(53)]
    await send(room_unit, coop, half_hours)
    await settle_all(room_unit)
    operator = web.as_("operator", coop)
    body = {"day": day.isoformat(), "from_slot": 0, "to_slot": 1, "kind": "set", "total": 50, "why": WHY}
    made = await web.client.post(f"/api/v1/meters/{home.meter}/edits", json=body, headers=operator)
    assert (made.json()["legal_actions"], made.json()["is_final"]) == (["undo"], False)
    await settle_all(room_unit)
    async with room_unit("metering") as unit:
        await unit.session.execute(text("SELECT metering.drop_reading_partition('2007-08-01', '2007-09-01')"))
        partitions._known.until = 0.0
    (row,) = (await web.client.get(f"/api/v1/meters/{home.meter}/edits", headers=operator)).json()["items"]
    assert (row["legal_actions"], row["is_final"]) == ([], True)
    refused = await web.client.post(
        f"/api/v1/edits/{row['id']}/actions", json={"action": "undo", "why": WHY}, headers=operator
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "frozen")
    cookie = new_id("ses")
    web.tokens.sessions[cookie] = Principal(new_id("per"), Role.OPERATOR, coop, "Opérateur", "en", "x")
    page = await web.client.get(
        f"/fleet/meters/{home.meter}?day={day}", headers={"Cookie": f"{SESSION_COOKIE}={cookie}"}
    )
    words = "The readings of this day are gone: it can no longer change."
    assert page.text.count(words) == 2, "beside the decision, and in place of the form for new ones"
    assert "Decide about half-hours" not in page.text


async def test_what_is_discarded_is_not_counted_as_measured(room_unit: OpenUnit, web: Web, coop: str) -> None:
    home = await a_home_with_a_day(room_unit, coop)
    operator = Operator(web, home)
    assert (await operator.edit("discard", 20, 21)).status_code == 201
    await settle_all(room_unit)
    quality = (await operator.curve())["quality"]
    assert "measured" not in quality[20:22]
    assert set(quality[:20] + quality[22:]) == {"measured"}


async def test_the_whole_day_may_be_discarded_and_comes_back(
    room_unit: OpenUnit, web: Web, coop: str
) -> None:
    home = await a_home_with_a_day(room_unit, coop)
    operator = Operator(web, home)
    made = (await operator.edit("discard", 0, 47)).json()
    await settle_all(room_unit)
    assert "measured" not in (await operator.curve())["quality"]
    await operator.undo(made["id"])
    await settle_all(room_unit)
    assert (await operator.curve())["values"] == [100] * 48


async def test_a_day_nobody_measured_can_be_entered_and_taken_back(
    room_unit: OpenUnit, web: Web, coop: str
) -> None:
    home = await a_home_with_a_day(room_unit, coop)
    operator = Operator(web, home)
    earlier = {"day": "2026-01-02"}
    refused = await operator.edit("confirm", 0, 3, **earlier)
    assert (refused.status_code, refused.json()["legal_actions"]) == (409, ["set"])
    made = await operator.edit("set", 0, 47, total=4_801, **earlier)
    assert sum(made.json()["values"]) == 4_801
    await settle_all(room_unit)
    assert (await days(room_unit, home))[date(2026, 1, 2)].value == 4_801
    await operator.undo(made.json()["id"])
    await settle_all(room_unit)
    assert (await days(room_unit, home))[date(2026, 1, 2)].value == 0


async def test_the_household_reads_that_its_day_was_edited_by_whom_and_why(
    room_unit: OpenUnit, web: Web, coop: str
) -> None:
    home = await a_home_with_a_day(room_unit, coop)
    operator = Operator(web, home)
    await operator.curve()
    await operator.edit("set", 10, 10, values=[50])
    resident = web.as_("resident", coop, home.person)
    uses = await web.client.get(f"/api/v1/occupancies/{home.occupancy}/data-uses", headers=resident)
    assert {(use["actor"], use["why"]) for use in uses.json()["items"]} >= {
        (operator.id, "quality_control"), (operator.id, "edited"),
    }  # fmt: skip
    edits = await web.client.get(f"/api/v1/meters/{home.meter}/edits?day={DAY}", headers=resident)
    assert [(one["why"], one["by"]) for one in edits.json()["items"]] == [(WHY, operator.id)]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"from_slot": 13}, "/from_slot"),
        ({"to_slot": 48}, "/to_slot"),
        ({"values": [1]}, "/values"),
        ({"values": [-1, 2, 3]}, "/values/0"),
        ({"values": [120, 99_999_999, 130]}, "/values"),  # Wh written for kWh
        ({"values": None}, "/values"),
        ({"kind": "confirm"}, "/values"),
        ({"kind": "guess"}, "/kind"),
        ({"day": "2999-01-01"}, "/day"),
        ({"why": " "}, "/why"),
        ({"quantity": "power"}, "/quantity"),
    ],
)
async def test_a_wrong_edit_names_its_field(
    room_unit: OpenUnit, web: Web, coop: str, change: dict[str, Any], pointer: str
) -> None:
    home = await a_home(room_unit, coop)
    answer = await Operator(web, home).edit("set", 10, 12, **({"values": [1, 2, 3]} | change))
    assert answer.status_code == 422, answer.text
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


async def test_what_may_not_be_kept_cannot_be_edited_and_goes_with_the_consent(
    room_unit: OpenUnit, web: Web, coop: str
) -> None:
    from contracts.codes import Purpose
    from contracts.members import ConsentChanged
    from services.metering import handlers

    home = await a_home_with_a_day(room_unit, coop)
    operator = Operator(web, home)
    made = (await operator.edit("set", 10, 10, values=[50])).json()
    await withdraw(room_unit, home, "half_hourly")
    async with room_unit("metering") as unit:
        gone = ConsentChanged(coop=coop, occupancy=home.occupancy, purpose=Purpose.HALF_HOURLY, granted=False)
        await handlers.consent_changed(gone, unit)
    assert not await rows(room_unit, "SELECT 1 FROM metering.edit WHERE meter = :m", m=home.meter)
    assert (await operator.undo(made["id"])).status_code == 404
    refused = await operator.edit("set", 11, 11, values=[50])
    assert (refused.status_code, refused.json()["code"]) == (409, "no_half_hours")


async def test_staff_and_neighbours_do_not_learn_that_the_meter_exists(
    room_unit: OpenUnit, web: Web, coop: str
) -> None:
    home = await a_home_with_a_day(room_unit, coop)
    operator = Operator(web, home)
    made = (await operator.edit("set", 10, 10, values=[50])).json()
    for role in ("staff", "caretaker"):
        operator.headers = web.as_(role, coop)
        assert (await operator.edit("set", 10, 10, values=[50])).status_code == 404
        assert (await operator.undo(made["id"])).status_code == 404
        answer = await web.client.get(f"/api/v1/meters/{home.meter}/edits", headers=operator.headers)
        assert answer.status_code == 404
    operator.headers = web.as_("operator", "c" + new_id("x")[-12:])
    assert (await operator.undo(made["id"])).status_code == 404


def test_a_total_is_spread_so_that_its_parts_add_up() -> None:
    assert spread(10, 4) == (3, 2, 3, 2)
    assert all(sum(spread(total, slots)) == total for total in range(60) for slots in (1, 3, 48))


async def test_what_was_held_back_counts_once_confirmed(room_unit: OpenUnit, web: Web, coop: str) -> None:
    home = await a_home(room_unit, coop)
    await contract(room_unit, home, date(2025, 1, 1), "base")
    half_hours = [
        reading(
            home, MIDNIGHT + n * timedelta(minutes=30), 90_000 if n == 20 else 100, "energy_import@1800",
            kind=Kind.INTERVAL, step_s=1_800,
        )
        for n in range(2 * 48 + 80)
    ]  # fmt: skip
    await send(room_unit, coop, half_hours)
    await settle_all(room_unit)
    operator = Operator(web, home)
    curve = await operator.curve()
    assert (curve["quality"][20], curve["values"][20]) == ("suspect", None)
    (found,) = [one for one in curve["findings"] if one["check"] == "spike"]
    assert (found["from_slot"], found["to_slot"], found["severity"]) == (20, 20, "hold")
    assert "90" in found["text"]
    await operator.edit("confirm", 20, 20)
    await settle_all(room_unit)
    curve = await operator.curve()
    assert (curve["quality"][20], curve["values"][20]) == ("measured", 90_000)


async def test_a_common_part_is_seen_by_staff_and_operators_and_needs_no_consent(
    room_unit: OpenUnit, web: Web, coop: str
) -> None:
    home = await a_home(room_unit, coop)
    hall = Home(coop, home.dwelling, new_id("mtr"), home.occupancy, home.person)
    async with room_unit("members") as unit:
        await unit.session.execute(
            text("INSERT INTO members.building (id, coop, ref, residence) VALUES (:id, :c, 'A', 'Tilleuls')"),
            {"id": (building := new_id("bld")), "c": coop},
        )
        await unit.session.execute(
            text(
                "INSERT INTO members.meter (id, coop, building, fluid, zone)"
                " VALUES (:id, :c, :b, 'electricity', 'Europe/Paris')"
            ),
            {"id": hall.meter, "c": coop, "b": building},
        )
    await send(
        room_unit, coop, [reading(hall, MIDNIGHT + n * timedelta(minutes=30), 100 * n) for n in range(60)]
    )
    await settle_all(room_unit)
    url = f"/api/v1/meters/{hall.meter}"
    for role in ("staff", "operator"):
        curve = await web.client.get(f"{url}/curve?day={DAY}", headers=web.as_(role, coop))
        assert curve.json()["values"] == [100] * 48, role
        assert (await web.client.get(f"{url}/days", headers=web.as_(role, coop))).status_code == 200
    resident = web.as_("resident", coop, home.person)
    assert (await web.client.get(f"{url}/curve?day={DAY}", headers=resident)).status_code == 404
    operator = Operator(web, hall)
    assert (await operator.edit("set", 0, 1, total=50)).status_code == 201
    await settle_all(room_unit)
    assert (await operator.curve())["values"][:3] == [25, 25, 100]


async def test_the_days_to_look_at_come_newest_first_in_pages_by_filter(
    room_unit: OpenUnit, web: Web, coop: str
) -> None:
    for _ in range(2):
        home = await a_home(room_unit, coop)
        await contract(room_unit, home, date(2025, 1, 1), "base")
        spikes = {20, 48 + 20, 96 + 20}
        half_hours = [
            reading(
                home, MIDNIGHT + n * timedelta(minutes=30), 90_000 if n in spikes else 100,
                "energy_import@1800", kind=Kind.INTERVAL, step_s=1_800,
            )
            for n in range(5 * 48)
        ]  # fmt: skip
        await send(room_unit, coop, half_hours)
    await settle_all(room_unit)
    async with room_unit("metering", coop) as unit:
        first = await looking.held(unit, HeldFilters(), 4)
        place = (first[-1].day, first[-1].meter, first[-1].quantity)
        rest = await looking.held(unit, HeldFilters(), 4, place)
        assert await looking.held_count(unit) == 6
        found = [row.day for row in (*first, *rest)]
        assert found == sorted(found, reverse=True)
        assert len({(row.meter, row.day) for row in (*first, *rest)}) == 6
        assert len(await looking.held(unit, HeldFilters(Check.SPIKE, "Les Tilleuls"), 10)) == 6
        assert not await looking.held(unit, HeldFilters(Check.CLOCK_DRIFT), 10)
        assert not await looking.held(unit, HeldFilters(None, "Ailleurs"), 10)
        beside = await looking.held_beside(unit, first[0].meter, Quantity.ENERGY_IMPORT, date(2026, 1, 6))
        assert beside == (date(2026, 1, 5), date(2026, 1, 7))
