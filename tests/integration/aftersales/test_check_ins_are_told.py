"""A check-in that is due reaches the people of the household, as something they cannot switch off."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from contracts.aftersales import CheckInDue
from services.aftersales import walking
from services.aftersales.dwelling_file import asking
from services.notifications import handlers
from tests.integration.aftersales.conftest import PARIS

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines


async def test_the_household_is_written_to_once_before_the_window_shuts(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in(moved_in_on="2026-11-14")
    await aulnes.now(datetime(2026, 11, 17, 10, tzinfo=PARIS))
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        await asking.ask(unit)
    (told,) = await aulnes.told("aftersales.check_in_due.v1")
    event = CheckInDue.model_validate(told)
    for _ in range(2):
        async with aulnes.room_unit("notifications", aulnes.slug) as unit:
            await handlers.check_in_due(event, unit)
    async with aulnes.room_unit("notifications", aulnes.slug) as unit:
        rows = await unit.session.execute(
            text(
                "SELECT person, category, template, about, facts FROM notifications.intent"
                " WHERE coop = :coop AND template = 'check_in'"
            ),
            {"coop": aulnes.slug},
        )
        (row,) = rows.all()
    assert (row.person, row.category) == (moved["persons"][0]["id"], "legal")
    assert row.about == event.check_in
    assert row.facts == {"kind": "d3", "windows": ["edl_completion"], "ends_on": "2026-11-24"}
    assert not {"Foyer 12", "foyer.test"} & {str(value) for value in told.values()}


async def test_who_has_long_lived_there_is_not_asked_about_what_was_over_before_it_was_recorded(
    aulnes: Cooperative,
) -> None:
    await aulnes.now(datetime(2026, 12, 1, 10, tzinfo=PARIS))
    old = (await aulnes.move_in(moved_in_on="2020-03-01"))["occupancy"]
    new = (await aulnes.move_in(moved_in_on="2026-11-28"))["occupancy"]
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        for occupancy in (old, new):
            await asking.open_file(unit, occupancy, quiet=False)
    await aulnes.now(datetime(2026, 12, 4, 12, tzinfo=PARIS))
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        await walking.walk(unit, 60)
    told = await aulnes.told("aftersales.check_in_due.v1")
    assert old not in {one["occupancy"] for one in told}
    assert [one["kind"] for one in told if one["occupancy"] == new] == ["d3"]
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        rows = await unit.session.execute(
            text("SELECT state FROM aftersales.check_in WHERE occupancy = :old AND due_on < '2020-12-31'"),
            {"old": old},
        )
        assert set(rows.scalars()) == {"before_record"}
