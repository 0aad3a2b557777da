"""Staff set how the cooperative is reached and see the head of its letters; what is refused says why."""

from datetime import datetime

import pytest
from playwright.async_api import expect
from sqlalchemy import text

from services.kit.ids import new_id
from tests.journeys.conftest import Visitor
from tests.journeys.test_dwelling_file import PARIS, WIDTHS, House, house  # noqa: F401
from tests.journeys.test_metering_pages import site  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.engines]
NOW = datetime(2026, 11, 16, 10, tzinfo=PARIS)


@WIDTHS
async def test_the_head_of_the_letters_is_seen_as_it_will_be(
    house: House,  # noqa: F811
    visitor: Visitor,
    width: int,
) -> None:
    await house.begin("tenant", NOW, moved_in_on="2026-11-02")
    page = await visitor.open(f"{house.site.url}/settings/aftersales", width=width, headers=house.staff)
    await page.get_by_role("link", name="Contact et courriers").click()
    head = page.get_by_role("group", name="Exemple d'en-tête de courrier")
    await expect(page.get_by_text("Aucune adresse postale n'est enregistrée")).to_be_visible()
    await page.get_by_label("Téléphone").fill("sonnez")
    await page.get_by_label("Adresse postale").fill("3 rue des Essais, bâtiment B, 00000 Ville")
    visitor.allow("HTTP 422 .*/settings/contact")
    await page.get_by_role("button", name="Enregistrer").click()
    await expect(page.get_by_text("Ce n’est pas écrit comme attendu.")).to_be_visible()
    await visitor.screenshot(page, f"settings-contact-refused-{width}")
    assert await visitor.flaws(page) == []
    await page.get_by_label("Téléphone").fill("01 00 00 00 77")
    await page.get_by_role("button", name="Enregistrer").click()
    await expect(head).to_contain_text("3 rue des Essais")
    await expect(head).to_contain_text("01 00 00 00 77")
    await page.reload()  # the picture is of the page at rest
    await visitor.screenshot(page, f"settings-contact-{width}")
    assert await visitor.flaws(page) == []


@WIDTHS
async def test_a_rule_that_puts_a_danger_on_the_resident_is_refused_and_an_old_one_says_it_has_no_effect(
    house: House,  # noqa: F811
    visitor: Visitor,
    width: int,
) -> None:
    await house.begin("tenant", NOW, moved_in_on="2026-11-02")
    async with house.room_unit("aftersales") as unit:
        await unit.session.execute(
            text(
                "INSERT INTO aftersales.responsibility_rule (id, coop, trade, responsible, basis, valid_from)"
                " VALUES (:id, :coop, 'gas', 'resident', 'Vieux bail', '2020-01-01')"
            ),
            {"id": new_id("rul"), "coop": house.coop},
        )
    page = await visitor.open(f"{house.site.url}/settings/aftersales", width=width, headers=house.staff)
    rule = page.locator("#rule")
    await expect(rule.get_by_text("sans effet pour")).to_be_visible()
    await rule.get_by_text("Ajouter une règle").click()
    await rule.get_by_label("Qui doit agir").select_option("resident")
    await rule.get_by_label("Élément").select_option("lift")
    await rule.get_by_label("Sur quoi elle repose").fill("Règlement intérieur")
    visitor.allow("HTTP 422 .*/settings/aftersales/rule")
    await rule.get_by_role("button", name="Ajouter la règle").click()
    await expect(page.get_by_text("Aucune règle ne peut mettre cela à la charge")).to_be_visible()
    await visitor.screenshot(page, f"settings-rule-refused-{width}")
    assert await visitor.flaws(page) == []


@WIDTHS
async def test_terms_and_plants_say_what_is_wrong_beside_their_field(
    house: House,  # noqa: F811
    visitor: Visitor,
    width: int,
) -> None:
    await house.begin("tenant", NOW, moved_in_on="2026-11-02")
    page = await visitor.open(f"{house.site.url}/settings/visits", width=width, headers=house.staff)
    await expect(page.get_by_label("Une fois fini, il permet encore")).to_be_visible()
    await visitor.screenshot(page, f"settings-visits-{width}")
    assert await visitor.flaws(page) == []
    await page.goto(f"{house.site.url}/settings/plants")
    await page.get_by_text("Ajouter une installation").click()
    await page.get_by_label("Nom").fill("Chaufferie nord")
    visitor.allow("HTTP 422 .*/settings/plants")
    await page.locator("#plants").get_by_role("button", name="Enregistrer").click()
    await expect(page.locator(".field-error").first).to_be_visible()
    await visitor.screenshot(page, f"settings-plants-refused-{width}")
    assert await visitor.flaws(page) == []
