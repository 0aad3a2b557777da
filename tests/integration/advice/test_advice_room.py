"""Advice on the real database: from closed days to a tip that its household can read, and to forgetting."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from contracts.codes import Fluid, Purpose, Quality, Quantity, Unit
from contracts.members import ConsentChanged, Erased, MovedOut
from contracts.metering import DayClosed
from services.advice import handlers, personal
from services.kit.unit import Unit as UnitOfWork
from tests.moving_in import moving_in
from tests.unit.advice.homes import day

if TYPE_CHECKING:
    from tests.conftest import Web

pytestmark = pytest.mark.engines
OpenUnit = Callable[..., AbstractAsyncContextManager[UnitOfWork]]
FIRST = date(2026, 9, 1)


@dataclass
class Home:
    """A household that moved in through the API, and its days as metering would close them."""

    web: Web
    open_unit: OpenUnit
    coop: str
    occupancy: str
    person: str
    meter: str
    dwelling: str

    @property
    def resident(self) -> dict[str, str]:
        return self.web.as_("resident", self.coop, self.person)

    async def consents(self, *purposes: Purpose, granted: bool = True) -> None:
        for purpose in purposes:
            answer = await self.web.client.put(
                f"/api/v1/occupancies/{self.occupancy}/consents/{purpose.value}",
                json={"granted": granted, "by": self.person, "text_version": "2026-11", "channel": "self"},
                headers=self.resident,
            )  # fmt: skip
            assert answer.status_code == 200, answer.text

    def closed(self, on: date, floor_w: int = 182, revision: int = 1, values: bool = True) -> DayClosed:
        made = day(on, floor_w, 3000)
        return DayClosed(
            coop=self.coop,
            meter=self.meter,
            dwelling=self.dwelling,
            occupancy=self.occupancy,
            fluid=Fluid.ELECTRICITY,
            quantity=Quantity.ENERGY_IMPORT,
            unit=Unit.WH,
            day=on,
            zone="Europe/Paris",
            starts_at=datetime(on.year, on.month, on.day, tzinfo=UTC),
            revision=revision,
            slots=len(made.values),
            value=made.energy_wh,
            values=made.values if values else None,
            quality={Quality.MEASURED: len(made.values)},
        )

    async def lives(self, count: int, first: date = FIRST, floor_w: int = 182, values: bool = True) -> None:
        async with self.open_unit("advice", self.coop) as unit:
            for number in range(count):
                event = self.closed(first + timedelta(days=number), floor_w, values=values)
                await handlers.day_closed(event, unit)
                await unit.session.flush()

    async def count(self, table: str) -> int:
        async with self.open_unit("advice") as unit:
            found = await unit.session.execute(
                text(f"SELECT count(*) FROM advice.{table} WHERE occupancy = :occupancy"),
                {"occupancy": self.occupancy},
            )
            return int(found.scalar_one())

    async def told(self) -> list[dict[str, Any]]:
        async with self.open_unit("advice") as unit:
            found = await unit.session.execute(
                text("SELECT body FROM advice.outbox WHERE coop = :coop ORDER BY id"),
                {"coop": self.coop},
            )
            return [json.loads(body) for body in found.scalars()]

    async def tips(self, **headers: str) -> dict[str, Any]:
        answer = await self.web.client.get(
            f"/api/v1/occupancies/{self.occupancy}/tips", headers=self.resident | headers
        )
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result


@pytest.fixture
async def home(web: Web, room_unit: OpenUnit, coop: str) -> Home:
    answer = await web.client.post(
        "/api/v1/move-ins",
        json=moving_in(coop, moved_in_on="2026-08-15"),
        headers=web.as_("staff", coop),
    )
    assert answer.status_code == 201, answer.text
    made = answer.json()
    return Home(
        web,
        room_unit,
        coop,
        made["occupancy"],
        made["persons"][0]["id"],
        made["meters"][0]["id"],
        made["dwelling"],
    )


@pytest.fixture
async def consenting(home: Home) -> Home:
    await home.consents(Purpose.DAILY, Purpose.HALF_HOURLY, Purpose.ADVICE)
    return home


async def test_four_weeks_bring_a_tip_that_the_household_can_read(consenting: Home) -> None:
    await consenting.lives(28)
    (tip,) = (await consenting.tips())["tips"]
    assert tip["rule"] == "standby_load"
    assert tip["evidence"]["night_floor_w"] == 182
    assert tip["saving"] == {"kwh_year": 876, "eur_year": "175.29", "kg_co2_year": "19.0"}
    assert tip["raised_on"] == "2026-09-29"  # the day after the last closed day, whatever the wall says
    assert "watts" in tip["text"]
    (event,) = await consenting.told()
    assert (event["tip"], event["eur_year"]) == (tip["id"], "175.29")
    assert "Foyer 12" not in json.dumps(event)


async def test_the_words_follow_the_reader(consenting: Home) -> None:
    await consenting.lives(28)
    (french,) = (await consenting.tips(**{"accept-language": "fr"}))["tips"]
    (english,) = (await consenting.tips(**{"accept-language": "en"}))["tips"]
    assert "veille" in french["title"]
    assert "standby" in english["title"]


async def test_27_days_are_too_few(consenting: Home) -> None:
    await consenting.lives(27)
    assert (await consenting.tips())["tips"] == []


async def test_without_consent_for_advice_no_day_is_kept(home: Home) -> None:
    await home.consents(Purpose.DAILY, Purpose.HALF_HOURLY)
    await home.lives(30)
    assert await home.count("day_seen") == 0
    assert await home.told() == []


async def test_without_half_hours_the_household_is_told_what_is_missing(home: Home) -> None:
    await home.consents(Purpose.DAILY, Purpose.ADVICE)
    await home.lives(3, values=False)
    answer = await home.tips(**{"accept-language": "en"})
    assert {note["code"] for note in answer["notes"]} == {"half_hourly_needed"}
    assert await home.count("day_seen") == 0


async def test_withdrawing_advice_deletes_everything(consenting: Home) -> None:
    await consenting.lives(28)
    await consenting.consents(Purpose.ADVICE, granted=False)
    event = ConsentChanged(
        coop=consenting.coop, occupancy=consenting.occupancy, purpose=Purpose.ADVICE, granted=False
    )
    async with consenting.open_unit("advice", consenting.coop) as unit:
        await handlers.consent_changed(event, unit)
    assert [await consenting.count(table) for table in ("day_seen", "tip", "evaluation")] == [0, 0, 0]


async def test_a_withdrawal_already_taken_back_deletes_nothing(consenting: Home) -> None:
    await consenting.lives(28)
    late = ConsentChanged(
        coop=consenting.coop, occupancy=consenting.occupancy, purpose=Purpose.ADVICE, granted=False
    )
    async with consenting.open_unit("advice", consenting.coop) as unit:
        await handlers.consent_changed(late, unit)
    assert await consenting.count("day_seen") == 28


async def test_a_later_revision_replaces_a_day_and_an_earlier_one_does_not(consenting: Home) -> None:
    async with consenting.open_unit("advice", consenting.coop) as unit:
        await handlers.day_closed(consenting.closed(FIRST, 100, revision=2), unit)
        await handlers.day_closed(consenting.closed(FIRST, 300, revision=1), unit)
        await handlers.day_closed(consenting.closed(FIRST, 200, revision=3), unit)
    async with consenting.open_unit("advice") as unit:
        exported = await personal.export(unit, consenting.person)
    (kept,) = exported["days"]
    assert kept["wh"][0] == 100  # 200 W over half an hour


async def test_the_same_tip_is_not_repeated_the_next_day(consenting: Home) -> None:
    await consenting.lives(40)
    assert len((await consenting.tips())["tips"]) == 1


async def test_days_arriving_in_any_order_give_one_tip(consenting: Home) -> None:
    async with consenting.open_unit("advice", consenting.coop) as unit:
        for number in (*range(14, 30), *range(14)):
            await handlers.day_closed(consenting.closed(FIRST + timedelta(days=number)), unit)
    (tip,) = (await consenting.tips())["tips"]
    assert tip["evidence"]["nights"] in (28, 29, 30)


async def test_what_became_of_a_tip_is_measured_nine_weeks_later(consenting: Home) -> None:
    await consenting.lives(28, floor_w=182)
    await consenting.lives(70, FIRST + timedelta(days=28), floor_w=100)
    (tip,) = (await consenting.tips())["tips"]
    assert tip["outcome"]["code"] == "improved"
    assert tip["outcome"]["change"] == -82.0
    assert [event for event in await consenting.told() if event.get("outcome") == "improved"]


async def test_an_answer_is_kept_and_can_be_changed(consenting: Home) -> None:
    await consenting.lives(28)
    (tip,) = (await consenting.tips())["tips"]
    for answer in ("doubtful", "not_for_me"):
        said = await consenting.web.client.post(
            f"/api/v1/tips/{tip['id']}/feedback", json={"answer": answer}, headers=consenting.resident
        )
        assert (said.status_code, said.json()["status"]) == (200, answer)
    wrong = await consenting.web.client.post(
        f"/api/v1/tips/{tip['id']}/feedback", json={"answer": "later"}, headers=consenting.resident
    )
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/answer")


async def test_a_neighbour_the_staff_and_the_operator_see_nothing(consenting: Home) -> None:
    await consenting.lives(28)
    (tip,) = (await consenting.tips())["tips"]
    web, coop = consenting.web, consenting.coop
    path = f"/api/v1/occupancies/{consenting.occupancy}/tips"
    assert (await web.client.get(path, headers=web.as_("resident", coop))).status_code == 404
    assert (await web.client.get(path, headers=web.as_("operator", coop))).status_code == 404
    assert (await web.client.get(path, headers=web.as_("staff", coop))).status_code == 403
    answer = await web.client.post(
        f"/api/v1/tips/{tip['id']}/feedback", json={"answer": "done"}, headers=web.as_("resident", coop)
    )
    assert answer.status_code == 404


async def test_who_moves_out_leaves_no_days_behind(consenting: Home) -> None:
    await consenting.lives(28)
    event = MovedOut(
        coop=consenting.coop,
        occupancy=consenting.occupancy,
        dwelling=consenting.dwelling,
        moved_out_on=date(2026, 9, 30),
    )
    async with consenting.open_unit("advice", consenting.coop) as unit:
        await handlers.moved_out(event, unit)
    assert await consenting.count("day_seen") == 0
    assert await consenting.count("tip") == 1


async def test_erasing_a_person_erases_the_household_s_advice(consenting: Home) -> None:
    await consenting.lives(28)
    event = Erased(coop=consenting.coop, person=consenting.person, occupancies=(consenting.occupancy,))
    async with consenting.open_unit("advice", consenting.coop) as unit:
        await handlers.erased(event, unit)
    assert [await consenting.count(table) for table in ("day_seen", "tip", "evaluation")] == [0, 0, 0]
