"""Meters show what is wrong before anybody calls: from their words over MQTT to what staff decide."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Page, expect

from contracts.codes import UNIT_OF, Quantity, Role
from services.kit import secrets as kit_secrets
from services.kit.ids import new_id
from services.kit.settings import Settings
from services.members import demo
from simulators.fleet import Fleet
from simulators.ledger import Ledger
from simulators.publications import Publication, compact
from tests.house import Home, House, eventually, move_in, open_coop, running
from tests.journeys.conftest import PHONE, Visitor

pytestmark = [pytest.mark.engines, pytest.mark.browser]
PARIS = ZoneInfo("Europe/Paris")
COOP = "charmes"
NOW = datetime(2026, 1, 17, 8, 30, tzinfo=UTC)
FIRST = datetime(2026, 1, 3, tzinfo=PARIS)
HALF_HOUR = timedelta(minutes=30)
BOTH = pytest.mark.parametrize("width", [PHONE, 1280])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running(tmp_path_factory.mktemp("meters")) as up:
        yield up


@pytest.fixture(scope="module")
def said(house: House) -> dict[str, list[Home]]:
    """Fourteen days of January by what is wrong, as the meters tell them; then the clock of the sandbox."""
    open_coop(house, COOP, sandbox=True)
    house.operator().post(f"/coops/{COOP}/clock", {"now": NOW.isoformat()})
    homes = {
        "together": [a_home(house, f"T{at}", "Les Tilleuls", "heat") for at in range(4)],
        "alone": [a_home(house, f"O{at}", "Les Ormes", "heat") for at in range(3)],
        "leak": [a_home(house, "E1", "Les Érables", "water")],
        "voltage": [a_home(house, "F1", "Les Frênes", "electricity")],
        "silent": [a_home(house, "S1", "Les Saules", "electricity")],
    }
    streams = []
    for at, home in enumerate(homes["together"]):
        heat = [375] * 48 * 13 + [0 if at < 3 else 375] * 48
        streams.append(counted(home, Quantity.HEAT, heat))
    for at, home in enumerate(homes["alone"]):
        streams.append(counted(home, Quantity.HEAT, [375] * 48 * 12 + [0 if at == 0 else 375] * 96))
    dry = [0 if 2 <= at < 12 else 6 for at in range(48)]
    streams.append(counted(homes["leak"][0], Quantity.VOLUME, dry * 8 + [6] * 48 * 6))
    begins = NOW - timedelta(hours=5)
    volts = [
        (begins + timedelta(minutes=at), 259 if 60 <= at < 150 else 400 if at == 20 else 234)
        for at in range(240)
    ]
    streams.append([told(homes["voltage"][0], Quantity.VOLTAGE, volts)])
    streams.append(counted(homes["silent"][0], Quantity.ENERGY_IMPORT, [100] * 48 * 3))
    devices = [home.device for some in homes.values() for home in some]
    with Fleet(house.endpoints["mqtt"], devices, Ledger()) as fleet:
        fleet.publish_all(one for stream in streams for one in stream)
    return homes


def test_homes_that_fall_together_propose_one_incident_and_the_others_one_signal_each(
    house: House, said: dict[str, list[Home]]
) -> None:
    eventually(lambda: len(signals(house)) == 7, 200, "three together, one alone, leak, voltage, silence")
    found = {(one["fault"], one["where"]): one for one in signals(house)}
    leak = found["night_flow", "Les Érables · E1"]
    assert leak["figures"] == {"nights": 6, "least_l_hour": 12, "litres_night": 48}
    assert leak["since"].startswith("2026-01-11T00:00")
    voltage = found["overvoltage", "Les Frênes · F1"]
    assert voltage["figures"] == {"highest_v": 259, "limit_v": 253, "minutes": 90}
    alone = found["no_heating", "Les Ormes · O0"]
    assert (alone["figures"]["days"], alone["incident"]) == (2, None)
    silent = found["meter_silent", "Les Saules · S1"]
    assert (silent["fluid"], silent["since"][:10]) == ("électricité", "2026-01-06")
    [incident] = house.api("staff", COOP).get("/incidents")["items"]
    assert (incident["state"], incident["family"], incident["homes"]) == ("proposed", "heating", 3)
    assert house.api("staff", COOP).get("/tickets")["items"] == []
    fallen = [one for one in signals(house) if one["incident"] == incident["id"]]
    assert {one["dwelling"] for one in fallen} == {home.dwelling for home in said["together"][:3]}
    assert all(one["values"] for one in (*fallen, alone, leak, voltage))
    person = said["together"][0].person
    assert house.api("resident", COOP, person).get("/incidents")["items"] == []


@BOTH
async def test_each_signal_is_read_on_a_phone_and_at_the_desk(
    house: House, said: dict[str, list[Home]], visitor: Visitor, width: int
) -> None:
    assert said
    await asyncio.to_thread(eventually, lambda: len(signals(house)) == 7, 200, "seven signals")
    staff = await at_the_desk(visitor, house, width)
    await staff.get_by_role("link", name="7 signaux des compteurs").click()
    await expect(staff.get_by_text("Compteur muet depuis longtemps – électricité")).to_be_visible()
    await visitor.screenshot(staff, f"meters-list-{width}")
    assert await visitor.flaws(staff) == []
    for one in await asyncio.to_thread(signals, house):
        await staff.goto(f"{house.endpoints['http']}/incidents/meters/{one['id']}")
        await expect(staff.get_by_role("heading", level=1)).to_contain_text(one["fluid"])
        if one["values"]:
            await staff.wait_for_selector("#evidence canvas")
            unit = {"night_flow": "L/h", "overvoltage": "V", "no_heating": "kW"}[one["fault"]]
            await expect(staff.locator(".chart-readout")).to_contain_text(f"({unit})")
        await visitor.screenshot(staff, f"meters-{one['fault']}-{width}")
        assert await visitor.flaws(staff) == []


async def test_staff_confirm_and_every_home_that_fell_is_told(
    house: House, said: dict[str, list[Home]], visitor: Visitor
) -> None:
    assert said
    staff = await at_the_desk(visitor, house, 1280)
    await staff.get_by_role("link", name="1 incident à confirmer").click()
    await staff.get_by_role("link", name="Panne de chauffage").first.click()
    await staff.wait_for_selector("#together canvas")
    await expect(staff.locator(".chart-readout")).to_contain_text("Les Tilleuls · T1 (kW)")
    await visitor.screenshot(staff, "meters-incident-1280")
    assert await visitor.flaws(staff) == []
    await staff.get_by_label("Écrire à tous les logements desservis").first.check()
    await staff.get_by_role("button", name="Confirmer l’incident").click()
    await expect(staff.get_by_text("Confirmé").first).to_be_visible()
    person = said["together"][0].person
    seen = await asyncio.to_thread(house.api("resident", COOP, person).get, "/incidents")
    assert [one["family"] for one in seen["items"]] == ["heating"]


def a_home(house: House, ref: str, residence: str, fluid: str) -> Home:
    meter = {"fluid": fluid, "tariff": "base", "subscribed_kva": 6 if fluid == "electricity" else None}
    known = {name: value for name, value in meter.items() if value is not None}
    dwelling = {"residence": residence, "heating": "district", "meters": [known]}
    return move_in(
        house, COOP, ref, moved_in_on=date(2025, 9, 1), dwelling=dwelling, on_paper=True, quiet=True
    )


def counted(home: Home, quantity: Quantity, per_slot: list[int]) -> list[Publication]:
    """An index each half-hour, a day in a pack."""
    index, read = 0, [(FIRST.astimezone(UTC), 0)]
    for at, amount in enumerate(per_slot, 1):
        index += amount
        read.append((FIRST.astimezone(UTC) + at * HALF_HOUR, index))
    return [told(home, quantity, read[at : at + 48]) for at in range(0, len(read), 48)]


def told(home: Home, quantity: Quantity, values: list[tuple[datetime, int]]) -> Publication:
    unit = UNIT_OF[quantity].value
    records = [
        {"n": quantity.value, "u": unit, "t": int(when.timestamp()), "v": value} for when, value in values
    ]
    device = home.device
    return Publication(
        values[-1][0], device.username, device.meter, device.topic_for("senml"), compact(records)
    )


def signals(house: House) -> list[dict[str, Any]]:
    return list(house.api("staff", COOP).get("/meter-proposals")["proposals"])


async def at_the_desk(visitor: Visitor, house: House, width: int) -> Page:
    secrets = kit_secrets.load(Settings.model_construct(data_dir=house.data_dir))
    path = demo.login_path(secrets, Role.STAFF, COOP, new_id("per"))
    page = await visitor.open(house.endpoints["http"] + path, width=width)
    await page.goto(f"{house.endpoints['http']}/desk")
    return page
