"""What a household downloads, another Palier imports: the same half-hours, the same days."""

from datetime import date

import pytest

from contracts.codes import Role
from services.kit.ids import new_id
from services.kit.principal import SESSION_COOKIE, Principal
from services.metering.packing import unpack
from tests.conftest import OpenUnit, Web
from tests.integration.metering.files_of_homes import Worker, enedis, imported
from tests.integration.metering.homes import a_home, days, settle_all

pytestmark = pytest.mark.engines

FIRST = date(2024, 10, 26)  # the night on which clocks go back is among them


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("detail", ["half-hours", "days"])
async def test_a_download_comes_back_as_it_was(
    web: Web, room_unit: OpenUnit, coop: str, detail: str, language: str
) -> None:
    worker = Worker(room_unit)
    home, elsewhere = await a_home(room_unit, coop), await a_home(room_unit, coop)
    await imported(web, web.as_("resident", coop, home.person), home, enedis(FIRST, 3), worker)
    await settle_all(room_unit)
    cookie = new_id("ses")
    web.tokens.sessions[cookie] = Principal(home.person, Role.RESIDENT, coop, "Foyer 12", language, "x")
    answer = await web.client.get(
        "/consumption/download",
        params={"meter": home.meter, "detail": detail, "month": "2024-10"},
        headers={"Cookie": f"{SESSION_COOKIE}={cookie}", "Accept-Language": language},
    )
    assert answer.status_code == 200, answer.text
    found = await imported(
        web, web.as_("resident", coop, elsewhere.person), elsewhere, answer.content, worker
    )
    assert (found["state"], found["found"]["format"], found["refused"]) == ("done", "palier_csv", 0)
    assert found["accepted"] == (3 if detail == "days" else 146)  # the long day is one row
    await settle_all(room_unit)
    before, after = await days(room_unit, home), await days(room_unit, elsewhere)
    assert {day: row.value for day, row in after.items()} == {day: row.value for day, row in before.items()}
    if detail == "half-hours":
        for day, row in before.items():
            assert [slot.value for slot in unpack(after[day].packed)] == [
                slot.value for slot in unpack(row.packed)
            ]
