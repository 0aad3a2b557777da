"""Who may read what: a household its own home in its own period, operators under the household's eyes."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from contracts.codes import CostReason, EnergyReason
from services.kit.ids import new_id
from tests.conftest import OpenUnit, Web
from tests.integration.metering.homes import Home, a_home, contract, reading, send, settle_all

pytestmark = pytest.mark.engines

AUTUMN = datetime(2026, 10, 23, 22, tzinfo=UTC)
DAYS = "/api/v1/meters/{}/days?from=2026-10-24&to=2026-10-26"


async def a_home_with_days(room_unit: OpenUnit, coop: str) -> Home:
    """Three days over the autumn clock change, and the beginning of a fourth."""
    home = await a_home(room_unit, coop)
    await contract(room_unit, home, date(2026, 1, 1), "base")
    half_hours = [
        reading(home, AUTUMN + n * timedelta(minutes=30), 7000 + 100 * n) for n in range(48 + 50 + 48 + 5)
    ]
    await send(room_unit, coop, half_hours)
    await settle_all(room_unit)
    return home


async def test_a_household_reads_its_days_and_curve(room_unit: OpenUnit, web: Web, coop: str) -> None:
    home = await a_home_with_days(room_unit, coop)
    resident = web.as_("resident", coop, home.person)
    answer = await web.client.get(DAYS.format(home.meter), headers=resident)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["quantity"], body["unit"]) == ("energy_import", "Wh")
    assert [(day["day"], day["value"], day["slots"], day["revision"]) for day in body["days"]] == [
        ("2026-10-24", 4800, 48, 1),
        ("2026-10-25", 5000, 50, 1),
        ("2026-10-26", 4800, 48, 1),
    ]
    assert body["days"][0]["quality"] == {"measured": 48}
    assert body["days"][0]["cost_eur"] == "0.9605"
    curve = (
        await web.client.get(f"/api/v1/meters/{home.meter}/curve?day=2026-10-25", headers=resident)
    ).json()
    assert (curve["start"], curve["step_s"]) == ("2026-10-25T00:00:00+02:00", 1800)
    assert curve["values"] == [100] * 50
    assert set(curve["quality"]) == {"measured"}
    uses = await web.client.get(f"/api/v1/occupancies/{home.occupancy}/data-uses", headers=resident)
    assert [(use["actor"], use["why"]) for use in uses.json()["items"]] == [("metering", "settled")]


async def test_the_open_day_is_shown_as_such(room_unit: OpenUnit, web: Web, coop: str) -> None:
    home = await a_home_with_days(room_unit, coop)
    url = f"/api/v1/meters/{home.meter}/days?from=2026-10-27&to=2026-10-27"
    (day,) = (await web.client.get(url, headers=web.as_("resident", coop, home.person))).json()["days"]
    assert (day["value"], day["revision"], day["quality"]["missing"]) == (400, 0, 44)


async def test_others_do_not_learn_that_the_meter_exists(room_unit: OpenUnit, web: Web, coop: str) -> None:
    home = await a_home_with_days(room_unit, coop)
    neighbour = await a_home(room_unit, coop)
    url = DAYS.format(home.meter)
    assert (await web.client.get(url)).status_code == 401
    for headers in (web.as_("resident", coop, neighbour.person), web.as_("operator", new_id("x")[-10:])):
        assert (await web.client.get(url, headers=headers)).status_code == 404
    uses = f"/api/v1/occupancies/{home.occupancy}/data-uses"
    assert (
        await web.client.get(uses, headers=web.as_("resident", coop, neighbour.person))
    ).status_code == 404


async def test_staff_do_not_see_a_homes_days(room_unit: OpenUnit, web: Web, coop: str) -> None:
    home = await a_home_with_days(room_unit, coop)
    for path in (DAYS.format(home.meter), f"/api/v1/meters/{home.meter}/curve?day=2026-10-25"):
        assert (await web.client.get(path, headers=web.as_("staff", coop))).status_code == 404


async def test_who_left_stops_seeing(room_unit: OpenUnit, web: Web, coop: str) -> None:
    home = await a_home_with_days(room_unit, coop)
    async with room_unit("members") as unit:
        await unit.session.execute(
            text("UPDATE members.resident SET until_on = '2026-10-30' WHERE occupancy = :o"),
            {"o": home.occupancy},
        )
    answer = await web.client.get(DAYS.format(home.meter), headers=web.as_("resident", coop, home.person))
    assert answer.status_code == 404


async def test_an_operators_look_is_written_for_the_household(
    room_unit: OpenUnit, web: Web, coop: str
) -> None:
    home = await a_home_with_days(room_unit, coop)
    operator = new_id("per")
    for _ in range(2):
        answer = await web.client.get(
            f"/api/v1/meters/{home.meter}/curve?day=2026-10-25", headers=web.as_("operator", coop, operator)
        )
        assert answer.status_code == 200
    uses = await web.client.get(
        f"/api/v1/occupancies/{home.occupancy}/data-uses", headers=web.as_("resident", coop, home.person)
    )
    (look,) = [use for use in uses.json()["items"] if use["actor"] == operator]
    assert (look["purpose"], look["why"], look["uses"]) == ("half_hourly", "quality_control", 2)


async def test_a_wrong_range_names_the_field(room_unit: OpenUnit, web: Web, coop: str) -> None:
    home = await a_home(room_unit, coop)
    url = f"/api/v1/meters/{home.meter}/days?from=2026-10-26&to=2026-10-24"
    answer = await web.client.get(url, headers=web.as_("operator", coop))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/from"


async def test_operators_see_the_flow_and_decide_on_the_quarantine(
    room_unit: OpenUnit, web: Web, coop: str
) -> None:
    home = await a_home_with_days(room_unit, coop)
    stranger = home.__class__(coop, home.dwelling, new_id("mtr"), home.occupancy, home.person)
    await send(room_unit, coop, [reading(stranger, AUTUMN + timedelta(hours=n), n) for n in range(3)])
    operator = web.as_("operator", coop)
    flow = (await web.client.get("/api/v1/operations/overview", headers=operator)).json()
    assert flow["readings_received"] == 151 + 3
    assert (flow["readings_stored"], flow["readings_rejected"], flow["meters"]) == (151, 3, 1)
    assert flow["readings_discarded"] == {"no_consent": 0, "outside_occupancy": 0}
    page = await web.client.get("/api/v1/operations/rejected?limit=2&reason=unknown_meter", headers=operator)
    first = page.json()
    assert len(first["items"]) == 2
    page = await web.client.get(
        f"/api/v1/operations/rejected?limit=2&cursor={first['next_cursor']}", headers=operator
    )
    (last,) = page.json()["items"]
    assert last["legal_actions"] == ["retry", "discard"]
    root = f"/api/v1/operations/rejected/{last['id']}"
    assert (await web.client.post(f"{root}/retry", headers=operator)).status_code == 202
    again = await web.client.post(f"{root}/discard", headers=operator)
    assert (again.status_code, again.json()["legal_actions"]) == (409, [])
    other = first["items"][0]["id"]
    discarded = await web.client.post(f"/api/v1/operations/rejected/{other}/discard", headers=operator)
    assert discarded.json()["status"] == "discarded"
    shown = (await web.client.get(f"/api/v1/operations/rejected/{other}", headers=operator)).json()
    assert shown["payload"] is None
    elsewhere = web.as_("operator", new_id("x")[-10:])
    assert (await web.client.post(f"{root}/retry", headers=elsewhere)).status_code == 404


async def test_the_reasons_for_no_cost_and_no_energy_are_closed_lists_of_the_description(web: Web) -> None:
    found = (await web.client.get("/api/v1/openapi.json")).json()["components"]["schemas"]
    for name, codes in (("cost_reason", CostReason), ("energy_reason", EnergyReason)):
        kinds = found["DayOut"]["properties"][name]["anyOf"]
        told = [found[kind["$ref"].rsplit("/", 1)[1]] if "$ref" in kind else kind for kind in kinds]
        listed = [value for kind in told for value in kind.get("enum", [kind.get("const")]) if value]
        assert set(listed) == set(codes)
