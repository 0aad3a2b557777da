"""Several things told in one go, by several homes at the same moment: nobody waits for who waits for them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from services.aftersales import registry
from services.aftersales.intake import sending
from services.aftersales.intake.access import Access
from services.aftersales.intake.problems import Problem
from services.aftersales.telling import Actor
from tests.integration.aftersales.test_incidents import homes

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines
COLD = Problem("living_room", "collective_heating", "no_heat")
DARK = Problem("living_room", "power_supply", "no_power")


async def tell(aulnes: Cooperative, home: dict[str, Any], problems: list[Problem]) -> int:
    told = sending.Told(problems, "Rien ne marche.", "fr", Access())
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        known = await registry.home_of_occupancy(unit, home["occupancy"])
        assert known is not None
        return len(await sending.send(unit, known, told, Actor(home["persons"][0]["id"], "resident")))


async def test_two_homes_tell_the_same_two_things_in_another_order(aulnes: Cooperative) -> None:
    first, second = await homes(aulnes, 2)
    for _ in range(3):
        told = await asyncio.gather(tell(aulnes, first, [COLD, DARK]), tell(aulnes, second, [DARK, COLD]))
        assert list(told) == [2, 2]


async def test_who_tells_one_of_them_waits_for_who_tells_both(aulnes: Cooperative) -> None:
    first, second = await homes(aulnes, 2)
    for _ in range(3):
        told = await asyncio.gather(tell(aulnes, first, [COLD, DARK]), tell(aulnes, second, [DARK]))
        assert list(told) == [2, 1]


async def test_findings_of_two_inspections_are_recorded_at_the_same_moment(aulnes: Cooperative) -> None:
    first, second = await homes(aulnes, 2)
    cold, dark = ({**one._asdict(), "note": "Constaté."} for one in (COLD, DARK))

    async def inspect(home: dict[str, Any], findings: list[dict[str, str]]) -> int:
        body = {"kind": "etat_des_lieux", "on": "2026-11-02", "findings": findings}
        answer = await aulnes.post(f"/occupancies/{home['occupancy']}/inspection", body)
        return answer.status_code

    both = await asyncio.gather(inspect(first, [cold, dark]), inspect(second, [dark, cold]))
    assert set(both) == {202}
