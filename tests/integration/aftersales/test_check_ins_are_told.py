"""A check-in that is due reaches the people of the household, as something they cannot switch off."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from contracts.aftersales import CheckInDue
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
