"""Whoever must come or answer reads the street: on notices, letters, job pages and in calendars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from icalendar import Calendar
from sqlalchemy import text

from tests.integration.aftersales.test_contractor_link import FORM, MONDAY, a_firm, a_job, agreed
from tests.integration.aftersales.test_returned_notices import noticed

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines
STREET, CITY = "1 rue de l’Exemple", "Exemple-sur-Rivière"


async def placed(aulnes: Cooperative) -> None:
    """The residence stands in its street; its homes need say nothing."""
    given = {"residence": "Les Aulnes", "street": STREET, "city": CITY}
    answer = await aulnes.web.client.put("/api/v1/residences", json=given, headers=aulnes.staff)
    assert answer.status_code == 204, answer.text


async def test_a_firm_s_page_letter_and_calendar_say_where_to_drive_to(aulnes: Cooperative) -> None:
    firm = await a_firm(aulnes)
    await aulnes.move_in()
    await placed(aulnes)
    ticket, moved = await a_job(aulnes, firm)
    page = (await firm.get(f"/jobs/{ticket}")).text
    assert STREET in page
    assert CITY in page
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        rows = await unit.session.execute(
            text("SELECT paragraphs::text FROM aftersales.letter WHERE party = :party"),
            {"party": firm.party},
        )
        assert STREET in rows.scalar_one()
    await agreed(firm, ticket, MONDAY.replace(day=20))
    for file in (
        (await firm.get(f"/jobs/{ticket}/visit.ics")).content,
        (
            await aulnes.web.client.get(
                f"/tickets/{ticket}/visit.ics",
                headers=aulnes.resident(moved["persons"][0]["id"]) | FORM,
            )
        ).content,
    ):
        [event] = Calendar.from_ical(file).events  # type: ignore[attr-defined]
        assert f"{STREET}, 69100 {CITY}" in str(event["location"])


async def test_a_formal_notice_names_the_street(aulnes: Cooperative) -> None:
    firm = await a_firm(aulnes)
    await aulnes.move_in()
    await placed(aulnes)
    _, notice = await noticed(aulnes, firm)
    assert any(f"{STREET}, 69100 {CITY}" in line for line in notice["paragraphs"])


async def test_a_home_with_a_street_of_its_own_keeps_it(aulnes: Cooperative) -> None:
    firm = await a_firm(aulnes)
    await aulnes.move_in()
    await placed(aulnes)
    moved = await aulnes.move_in(home={"residence": "Les Aulnes", "street": "8 bis rue de l’Exemple"})
    ticket = (await aulnes.open(moved["occupancy"], element="tap", symptom="limescale"))["id"]
    for action, more in (("acknowledge", {}), ("qualify", {}), ("assign", {"party": firm.party})):
        assert (await aulnes.act(ticket, action, **more)).status_code == 200  # type: ignore[arg-type]
    assert "8 bis rue de l’Exemple" in (await firm.get(f"/jobs/{ticket}")).text
