"""Many meters silent at once are one fault of what they share, judged against all that could show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from contracts.codes import Role
from contracts.metering import SupplyFault
from services.kit.ids import new_id
from tests.integration.aftersales.conftest import MONDAY
from tests.integration.aftersales.test_incidents_meters import hear
from tests.integration.aftersales.test_pages import Browser

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines
METERS = [{"fluid": "electricity", "tariff": "base", "subscribed_kva": 6}]


async def metered(aulnes: Cooperative, count: int, **more: Any) -> list[dict[str, Any]]:
    """Homes with an electricity meter each."""
    return [await aulnes.move_in(home={"meters": METERS} | more) for _ in range(count)]


def meter_of(home: dict[str, Any]) -> str:
    return str(home["meters"][0]["id"])


async def gateway(aulnes: Cooperative, homes: list[dict[str, Any]]) -> str:
    """One device that sends for the meters of these homes."""
    channels = {f"channel-{at}": meter_of(home) for at, home in enumerate(homes)}
    body = {"coop": aulnes.slug, "codec": "zlinky", "channels": channels}
    answer = await aulnes.post("/gateways", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def silent(aulnes: Cooperative, home: dict[str, Any], code: str = "meter_silent") -> None:
    await hear(
        aulnes,
        SupplyFault(
            coop=aulnes.slug, meter=meter_of(home), dwelling=home["dwelling"], occupancy=home["occupancy"],
            fault=code, since=MONDAY, id=new_id("flt"), evidence={"hours": 170},
        ),
    )  # fmt: skip


async def proposed(aulnes: Cooperative) -> list[dict[str, Any]]:
    return list((await aulnes.get("/incidents?state=proposed")).json()["items"])


async def signals(aulnes: Cooperative) -> list[dict[str, Any]]:
    return list((await aulnes.get("/meter-proposals")).json()["proposals"])


async def test_a_silent_gateway_is_one_fault_of_the_gateway_and_not_of_its_homes(aulnes: Cooperative) -> None:
    homes = await metered(aulnes, 4)
    await gateway(aulnes, homes)
    for home in homes[:2]:
        await silent(aulnes, home)
    assert await proposed(aulnes) == []
    assert len(await signals(aulnes)) == 2
    await silent(aulnes, homes[2])
    [incident] = await proposed(aulnes)
    assert (incident["label"], incident["place"]) == ("Passerelle de compteurs muette", "Les Aulnes")
    assert await signals(aulnes) == [], "they wait with the gateway's incident"
    shown = (await aulnes.get(f"/incidents/{incident['id']}")).json()
    assert shown["evidence"] == {"reported": 0, "sensed": 3, "served": 4, "metered": 4}
    page = await Browser(aulnes, Role.STAFF, aulnes.agent).get(f"/incidents/{incident['id']}")
    assert "sur 4 équipés" in page.text
    await silent(aulnes, homes[3])
    assert len(await proposed(aulnes)) == 1
    confirmed = {"action": "confirm", "text_fr": "La passerelle est à remplacer."}
    await aulnes.post(f"/incidents/{incident['id']}/actions", confirmed)
    [told] = await aulnes.told("aftersales.incident_declared.v1")
    assert told["occupancies"] == [], "nobody at home is without anything"


async def test_a_household_that_sees_its_meter_silent_is_told_of_the_gateway(aulnes: Cooperative) -> None:
    homes = await metered(aulnes, 3)
    await gateway(aulnes, homes)
    for home in homes[:2]:
        await silent(aulnes, home)
    [incident] = await proposed(aulnes)
    report = await aulnes.open(
        homes[2]["occupancy"], element="energy_meter", symptom="meter_silent", place="whole_dwelling"
    )
    assert report["incident"] == incident["id"]


async def test_a_few_silent_meters_of_a_large_gateway_are_their_own_fault(aulnes: Cooperative) -> None:
    homes = await metered(aulnes, 6)
    await gateway(aulnes, homes)
    for home in homes[:3]:
        await silent(aulnes, home)
    assert await proposed(aulnes) == []
    assert len(await signals(aulnes)) == 3


async def test_what_meters_show_is_judged_against_the_meters_there_are(aulnes: Cooperative) -> None:
    homes = await metered(aulnes, 4, heating="electric")
    async with aulnes.room_unit("members") as unit:
        await unit.session.execute(
            text(
                "INSERT INTO members.dwelling"
                " (id, coop, ref, residence, floor_area_m2, heating, postcode, zone)"
                " SELECT 'dwl_' || lpad(n::text, 26, '0') || right(CAST(:coop AS text), 4), :coop, n::text,"
                " 'Les Aulnes', 50, 'electric', '69001', 'Europe/Paris' FROM generate_series(1, 196) n"
            ),
            {"coop": aulnes.slug},
        )
    for home in homes[:2]:
        await silent(aulnes, home, "no_heating")
    assert await proposed(aulnes) == []
    await silent(aulnes, homes[2], "no_heating")
    [incident] = await proposed(aulnes)
    shown = (await aulnes.get(f"/incidents/{incident['id']}")).json()
    assert shown["evidence"] == {"reported": 0, "sensed": 3, "served": 200, "metered": 4}
