"""Six homes without heating in January: one incident, told once, answered by each home for itself."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from playwright.async_api import Page, expect

from contracts.codes import Role
from deploy.engines import mail
from services.kit import secrets as kit_secrets
from services.kit.ids import new_id
from services.kit.settings import Settings
from services.members import demo
from tests.house import Home, House, eventually, move_in, open_coop, running
from tests.journeys.conftest import PHONE, Visitor

pytestmark = [pytest.mark.engines, pytest.mark.browser]
COOP = "tilleuls"
COLD = {"element": "collective_heating", "symptom": "no_heat", "place": "living_room", "channel": "portal"}
BROKEN = "La chaufferie est en panne. Le chauffagiste est sur place."
LATER = "La pièce est arrivée, le chauffage revient ce soir."


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running(tmp_path_factory.mktemp("january")) as up:
        yield up


@pytest.fixture(scope="module")
def six(house: House) -> list[Home]:
    open_coop(house, COOP, sandbox=True)
    clock = {"now": datetime(2026, 1, 13, 6, 30, tzinfo=UTC).isoformat()}
    house.operator().post(f"/coops/{COOP}/clock", clock)
    return [
        move_in(house, COOP, f"A{at}", moved_in_on=date(2025, 9, 1), consents=(), quiet=True)
        for at in range(1, 7)
    ]


async def test_six_cold_homes_become_one_incident_and_close_one_by_one(
    house: House, six: list[Home], visitor: Visitor
) -> None:
    for at, home in enumerate(six[:5]):
        await asyncio.to_thread(report, house, home, f"Il fait {15 + at} degrés")
    await asyncio.to_thread(eventually, lambda: len(incidents(house)) == 1, 20, "the proposal")
    [proposed] = await asyncio.to_thread(incidents, house)
    assert (proposed["state"], proposed["homes"]) == ("proposed", 5)

    last = await signed_in(visitor, house, Role.RESIDENT, six[5].person, width=PHONE)
    await last.goto(f"{house.endpoints['http']}/incidents/known?element=radiator&symptom=no_heat")
    await expect(last.get_by_text("5 logements voisins")).to_be_visible()
    await asyncio.to_thread(report, house, six[5], "Le bébé a froid")

    staff = await signed_in(visitor, house, Role.STAFF, None)
    await staff.goto(f"{house.endpoints['http']}/incidents")
    await visitor.screenshot(staff, "incidents-1280")
    assert await visitor.flaws(staff) == []
    await staff.get_by_role("link", name="Panne de chauffage").first.click()
    await staff.get_by_label("À tous, en français").first.fill(BROKEN)
    await visitor.screenshot(staff, "incident-proposed-1280")
    assert await visitor.flaws(staff) == []
    await staff.get_by_role("button", name="Confirmer l’incident").click()
    await expect(staff.get_by_text("Confirmé").first).to_be_visible()
    await visitor.screenshot(staff, "incident-confirmed-1280")
    assert await visitor.flaws(staff) == []
    await asyncio.to_thread(eventually, lambda: told(house, BROKEN) == everybody(six), 30, "one letter each")

    await last.goto(f"{house.endpoints['http']}/home")
    await expect(last.get_by_role("heading", name="Panne de chauffage dans votre immeuble")).to_be_visible()
    await visitor.screenshot(last, "home-incident-360")
    assert await visitor.flaws(last) == []

    form = staff.locator("form", has=staff.get_by_role("button", name="Écrire à tous"))
    await form.get_by_label("À tous, en français").fill(LATER)
    await form.get_by_role("button", name="Écrire à tous").click()
    await expect(staff.get_by_text(LATER)).to_be_visible()
    await asyncio.to_thread(eventually, lambda: told(house, LATER) == everybody(six), 30, "the news, once")
    assert told(house, BROKEN) == everybody(six)

    await staff.get_by_text("C’est rétabli", exact=True).click()
    await staff.get_by_role("button", name="C’est rétabli : interroger chaque logement").click()
    await expect(staff.get_by_text("Réparé, à vérifier chez chacun").first).to_be_visible()
    await last.goto(f"{house.endpoints['http']}/incidents/{proposed['id']}")
    await expect(last.get_by_text("Est-ce réglé chez vous ?")).to_be_visible()
    await visitor.screenshot(last, "incident-question-360")
    assert await visitor.flaws(last) == []
    await last.get_by_text("Non, pas chez moi").click()
    await last.locator("textarea[name=comment]").fill("La chambre reste froide")
    await last.get_by_role("button", name="Ce n’est pas réglé").click()
    await expect(last.get_by_text("nous continuons pour votre seul logement").first).to_be_visible()

    warm = await signed_in(visitor, house, Role.RESIDENT, six[0].person, width=PHONE)
    await warm.get_by_role("button", name="Oui, c’est réglé").click()
    await expect(warm.get_by_text("Vous nous avez dit que c’est réglé chez vous")).to_be_visible()
    await visitor.screenshot(warm, "incident-answered-360")
    for home in six[1:5]:
        await asyncio.to_thread(answer, house, home, proposed["id"])
    assert await asyncio.to_thread(states, house) == Counter(resolved=5, reopened=1)

    await staff.reload()
    await expect(staff.get_by_text("5 logements disent que c’est réglé")).to_be_visible()
    await visitor.screenshot(staff, "incident-answers-1280")
    await staff.set_viewport_size({"width": PHONE, "height": 740})
    await visitor.screenshot(staff, "incident-desk-360")
    assert await visitor.flaws(staff) == []
    await expect(staff.get_by_text("6 logements l’ont signalé")).to_be_visible()
    for page in (last, warm, staff):
        assert "Il fait 16 degrés" not in await page.content()


async def signed_in(visitor: Visitor, house: House, role: Role, person: str | None, **options: Any) -> Page:
    secrets = kit_secrets.load(Settings.model_construct(data_dir=house.data_dir))
    path = demo.login_path(secrets, role, COOP, person or new_id("per"))
    return await visitor.open(house.endpoints["http"] + path, **options)


def report(house: House, home: Home, words: str) -> None:
    body = {"occupancy": home.occupancy, "description": words, **COLD}
    house.api("resident", COOP, home.person).post("/tickets", body)


def answer(house: House, home: Home, incident: str) -> None:
    house.api("resident", COOP, home.person).post(f"/incidents/{incident}/answer", {"is_back": True})


def incidents(house: House) -> list[dict[str, Any]]:
    return list(house.api("staff", COOP).get("/incidents")["items"])


def states(house: House) -> Counter[str]:
    return Counter(one["state"] for one in house.api("staff", COOP).get("/tickets")["items"])


def told(house: House, words: str) -> Counter[str]:
    """How many letters with these words went to whom."""
    start = re.escape(words[:40])
    return Counter(
        to for one in mail.letters(house.data_dir) if re.search(start, one.text) for to in one.recipients
    )


def everybody(homes: list[Home]) -> Counter[str]:
    return Counter({f"a{at}@foyer.example": 1 for at in range(1, len(homes) + 1)})
