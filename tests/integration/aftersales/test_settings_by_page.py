"""Staff set by page how visits, links and shared equipment work; what is refused is said beside its field."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contracts.codes import Role
from tests.integration.aftersales.test_pages import Browser
from tests.integration.aftersales.test_parties_pages import desk

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines


async def test_terms_of_visits_are_set_and_taken_back_by_page(aulnes: Cooperative) -> None:
    browser = desk(aulnes)
    assert "d’usage : 12" in (await browser.get("/settings/visits")).text
    sent = await browser.send("/settings/visits/visits", lead_hours="48", bundle_minutes="0")
    assert sent.status_code == 303, sent.text
    kept = (await aulnes.get("/aftersales-settings/visits")).json()
    assert (kept["lead_hours"], kept["bundle_minutes"], kept["link_days"]) == (48, 0, 30)
    assert (await browser.send("/settings/visits/links", link_most_days="90")).status_code == 303
    kept = (await aulnes.get("/aftersales-settings/visits")).json()
    assert (kept["lead_hours"], kept["link_most_days"]) == (48, 90), "one form leaves the other's terms alone"
    assert (await browser.send("/settings/visits/visits")).status_code == 303
    kept = (await aulnes.get("/aftersales-settings/visits")).json()
    assert (kept["lead_hours"], kept["link_most_days"]) == (12, 90)
    changes = (await aulnes.get("/aftersales-settings/changes")).json()["changes"]
    assert {one["name"] for one in changes} == {"visits"}


async def test_a_term_beyond_its_bounds_is_refused_beside_its_field_with_what_was_typed(
    aulnes: Cooperative,
) -> None:
    wrong = await desk(aulnes).send("/settings/visits/links", link_days="9999")
    assert wrong.status_code == 422
    assert "Entre 1 et 366." in wrong.text
    assert 'value="9999"' in wrong.text


async def test_the_public_contact_is_set_by_page_and_the_head_of_letters_is_shown(
    aulnes: Cooperative,
) -> None:
    browser, path = desk(aulnes), "/settings/contact"
    assert "Aucune adresse postale" in (await browser.get(path)).text
    refused = await browser.send(path, name="Accueil", phone="sonnez")
    assert refused.status_code == 422
    assert "sonnez" in refused.text
    assert "Ce n’est pas écrit comme attendu." in refused.text, "no pattern is shown to a person"
    address = "3 rue des Essais, 00000 Ville"
    sent = await browser.send(path, name="Accueil", phone="01 00 00 00 77", address=address)
    assert sent.status_code == 303
    said = (await aulnes.get("/aftersales-settings/public_contact")).json()
    assert (said["name"], said["phone"], said["address"]) == ("Accueil", "01 00 00 00 77", address)
    shown = (await browser.get(path)).text
    head = shown.split('class="letter-sender"')[1].split("</p>")[0]
    assert address in head
    assert "01 00 00 00 77" in head
    assert "Aucune adresse postale" not in shown
    english = Browser(aulnes, Role.STAFF, aulnes.agent, language="en")
    assert "Head of the letters" in (await english.get(path)).text
    refused = await english.send(path, phone="ring")
    assert "This is not written as it should be." in refused.text


async def test_a_plant_and_what_it_serves_are_kept_by_page(aulnes: Cooperative) -> None:
    browser = desk(aulnes)
    buildings = []
    for ref in ("BAT-1", "BAT-2"):
        body = {"coop": aulnes.slug, "ref": ref, "residence": "Les Aulnes"}
        buildings.append((await aulnes.post("/buildings", body)).json()["id"])
    empty = await browser.send("/settings/plants", ref="Chaufferie nord", fails="heating")
    assert empty.status_code == 422
    assert "Chaufferie nord" in empty.text
    for served in (buildings, buildings[:1]):
        sent = await browser.send(
            "/settings/plants", ref="Chaufferie nord", fails=["heating", "hot_water"], serves=served
        )
        assert sent.status_code == 303, sent.text
        [plant] = (await aulnes.get("/plants")).json()["plants"]
        assert (plant["families"], plant["buildings"]) == (["heating", "hot_water"], sorted(served))
    assert (await browser.send("/settings/plants/drop", ref="Chaufferie nord")).status_code == 303
    assert (await aulnes.get("/plants")).json()["plants"] == []


async def test_a_lift_of_a_building_is_recorded_and_taken_out_by_page(aulnes: Cooperative) -> None:
    browser = desk(aulnes)
    body = {"coop": aulnes.slug, "ref": "BAT-1", "residence": "Les Aulnes"}
    building = (await aulnes.post("/buildings", body)).json()["id"]
    path = f"/settings/plants/buildings/{building}"
    wrong = await browser.send(path, element="lift", installed_on="hier")
    assert wrong.status_code == 422
    assert (await browser.send(path, element="lift", installed_on="2025-03-01")).status_code == 303
    [piece] = (await aulnes.get(f"/buildings/{building}/equipment")).json()["equipment"]
    assert (piece["element"], piece["installed_on"]) == ("lift", "2025-03-01")
    assert "Ascenseur" in (await browser.get("/settings/plants")).text
    assert (await browser.send(f"{path}/{piece['id']}", ended_on="2026-11-01")).status_code == 303
    [piece] = (await aulnes.get(f"/buildings/{building}/equipment")).json()["equipment"]
    assert piece["ended_on"] == "2026-11-01"


async def test_settings_are_for_the_staff_only(aulnes: Cooperative) -> None:
    for path in ("/settings/visits", "/settings/plants", "/settings/contact"):
        assert (await desk(aulnes, Role.CARETAKER).get(path)).status_code == 403
