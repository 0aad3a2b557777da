"""A household reads each of its fluids in its own unit, in a real browser: gas, hot water, what it gives."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from playwright.async_api import expect
from sqlalchemy import text

from services.kit.ids import new_id
from tests.conftest import OpenUnit
from tests.integration.metering.homes import Home, a_home, contract, reading, send, settle_all
from tests.journeys.test_metering_pages import MIDNIGHT, WIDTHS, Site, site, village

__all__ = ["site", "village"]
pytestmark = [pytest.mark.browser, pytest.mark.engines]


async def another_meter(room_unit: OpenUnit, home: Home, fluid: str) -> Home:
    meter = new_id("mtr")
    async with room_unit("members") as unit:
        await unit.session.execute(
            text(
                "INSERT INTO members.meter (id, coop, dwelling, fluid, zone)"
                " VALUES (:id, :coop, :dwelling, :fluid, 'Europe/Paris')"
            ),
            {"id": meter, "coop": home.coop, "dwelling": home.dwelling, "fluid": fluid},
        )
    return Home(home.coop, home.dwelling, meter, home.occupancy, home.person)


async def count(room_unit: OpenUnit, home: Home, per_hour: int, register: str, first_hour: int = 0) -> None:
    """Three weeks of November at the same rate, day and night."""
    start = MIDNIGHT + timedelta(hours=first_hour)
    sent = [reading(home, start + n * timedelta(hours=1), per_hour * n, register) for n in range(21 * 24 + 1)]
    await send(room_unit, home.coop, sent)


@WIDTHS
@pytest.mark.parametrize("language", ["fr", "en"])
async def test_gas_is_shown_in_kwh_and_in_cubic_metres_with_its_factor(
    visitor: Any, site: Site, room_unit: OpenUnit, village: str, width: int, language: str
) -> None:
    home = await a_home(room_unit, village, moved_in_on=date(2026, 11, 1), fluid="gas")
    await contract(room_unit, home, date(2026, 1, 1), "own", prices={"base": "0.10"}, gas_kwh_m3="11.2")
    await count(room_unit, home, 250, "volume", first_hour=6)
    await settle_all(room_unit)
    look = {"width": width, "language": language, "headers": site.resident(home)}
    page = await visitor.open(f"{site.url}/consumption?day=2026-11-20", **look)
    main = page.locator("main")
    await page.wait_for_selector("#day-curve canvas")
    point = "." if language == "en" else ","
    await expect(main).to_contain_text(f"67{point}2 kWh")
    await expect(main).to_contain_text("6 m³")
    await expect(main).to_contain_text("€6.72" if language == "en" else "6,72\xa0€")
    await expect(main).to_contain_text(f"1 m³ = 11{point}2 kWh")
    await expect(main).to_contain_text("06:00" if language == "en" else "6 h à 6 h")
    await visitor.screenshot(page, f"fluids-gas-day-{width}-{language}")
    assert await visitor.flaws(page) == []
    await page.goto(f"{site.url}/consumption/month?meter={home.meter}")
    await page.wait_for_selector("#month-bars canvas")
    await expect(main).to_contain_text(f"67{point}2 kWh (6 m³)")
    await visitor.screenshot(page, f"fluids-gas-month-{width}-{language}")
    assert await visitor.flaws(page) == []
    await page.goto(f"{site.url}/home")
    await expect(page.locator(".hero")).to_contain_text(f"67{point}2 kWh (6 m³)")
    await expect(page.locator(".hero")).not_to_contain_text("lectricit")


async def test_what_a_home_gives_is_told_beside_what_it_takes_and_never_added(
    visitor: Any, site: Site, room_unit: OpenUnit, village: str
) -> None:
    home = await a_home(room_unit, village, moved_in_on=date(2026, 11, 1))
    await count(room_unit, home, 300, "energy_import")
    await count(room_unit, home, 125, "energy_export")
    await settle_all(room_unit)
    page = await visitor.open(f"{site.url}/home", headers=site.resident(home), width=360)
    await expect(page.locator(".hero")).to_contain_text("7,2 kWh")
    await page.get_by_role("link", name="Injectée au réseau").click()
    await page.wait_for_selector("#day-curve canvas")
    main = page.locator("main")
    await expect(main).to_contain_text("3,0 kWh")
    await expect(main).not_to_contain_text("7,2 kWh")
    await expect(main).not_to_contain_text("10,2 kWh")
    assert await visitor.flaws(page) == []
    await page.get_by_label("Le jour d’avant").click()
    await page.wait_for_url("**quantity=energy_export**")
    await expect(main).to_contain_text("3,0 kWh")
    await page.get_by_role("link", name="Soutirée au réseau").click()
    await expect(main).to_contain_text("7,2 kWh")


async def test_cold_water_hot_water_and_heat_have_their_own_units(
    visitor: Any, site: Site, room_unit: OpenUnit, village: str
) -> None:
    home = await a_home(room_unit, village, moved_in_on=date(2026, 11, 1), fluid="water")
    hot, heat = [await another_meter(room_unit, home, fluid) for fluid in ("hot_water", "heat")]
    await count(room_unit, home, 5, "volume")
    await count(room_unit, hot, 3, "volume")
    await count(room_unit, heat, 400, "heat")
    await settle_all(room_unit)
    page = await visitor.open(f"{site.url}/consumption", headers=site.resident(home))
    main = page.locator("main")
    for name, amount in (("Eau froide", "120 L"), ("Eau chaude", "72 L"), ("Chauffage", "9,6 kWh")):
        await page.get_by_role("link", name=name).click()
        await expect(main).to_contain_text(amount)
        await expect(main).not_to_contain_text("bouilloire")
        assert await visitor.flaws(page) == []


async def test_an_operator_is_told_when_the_factor_of_gas_is_only_a_default(
    visitor: Any, site: Site, room_unit: OpenUnit, village: str
) -> None:
    home = await a_home(room_unit, village, moved_in_on=date(2026, 11, 1), fluid="gas")
    await count(room_unit, home, 250, "volume", first_hour=6)
    await settle_all(room_unit)
    page = await visitor.open(
        f"{site.url}/fleet/meters/{home.meter}?day=2026-11-20", headers=site.operator(village)
    )
    day = page.get_by_role("region", name="Le jour")
    await expect(day).to_contain_text("1 m³ = 11,171 kWh (coefficient moyen, à vérifier)")
    await expect(day).to_contain_text("Ce coefficient est une valeur par défaut")
    assert await visitor.flaws(page) == []


async def test_an_operator_sees_a_gas_day_from_six_to_six_with_its_energy(
    visitor: Any, site: Site, room_unit: OpenUnit, village: str
) -> None:
    home = await a_home(room_unit, village, moved_in_on=date(2026, 11, 1), fluid="gas")
    await contract(room_unit, home, date(2026, 1, 1), "own", gas_kwh_m3="11.2")
    await count(room_unit, home, 250, "volume", first_hour=6)
    await settle_all(room_unit)
    address = f"{site.url}/fleet/meters/{home.meter}?day=2026-11-20"
    page = await visitor.open(address, headers=site.operator(village))
    day = page.get_by_role("region", name="Le jour")
    await expect(day).to_contain_text("6 m³")
    await expect(day).to_contain_text("67,2 kWh")
    await expect(day).to_contain_text("1 m³ = 11,2 kWh (coefficient indiqué au contrat)")
    await expect(day).not_to_contain_text("valeur par défaut")
    await expect(page.locator("select[name=from_slot] option").first).to_have_text("06:00")
    await expect(page.locator("select[name=to_slot] option").last).to_have_text("06:00")
    assert await visitor.flaws(page) == []
