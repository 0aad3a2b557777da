"""`palier doctor` asks whether requests are still what their histories say."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from deploy.engines.histories import differing, examine_histories

if TYPE_CHECKING:
    from deploy.engines import Engines
    from deploy.engines.durability import Check
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines


async def checked(engines: Engines) -> Check:
    (check,) = await asyncio.to_thread(examine_histories, engines.settings, engines.secrets)
    return check


async def named(engines: Engines) -> list[str]:
    """All that it would name, also of other tests that wrote by hand."""
    url = engines.settings.database_url
    assert url
    return await differing(url, engines.secrets)


async def written(aulnes: Cooperative, ticket: str, state: str) -> None:
    """By hand, past every rule."""
    async with aulnes.room_unit("aftersales") as unit:
        await unit.session.execute(
            text("UPDATE aftersales.ticket SET state = :state WHERE id = :id"), {"state": state, "id": ticket}
        )


async def test_a_request_that_somebody_wrote_to_by_hand_is_named(
    aulnes: Cooperative, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    ticket = (await aulnes.open((await aulnes.move_in())["occupancy"]))["id"]
    assert ticket not in await named(engines)
    await written(aulnes, ticket, "closed")
    try:
        found, all_of_them = await checked(engines), await named(engines)
    finally:
        await written(aulnes, ticket, "submitted")
    assert (found.verdict, ticket in all_of_them) == ("failed", True)


async def test_a_clock_that_is_not_what_its_history_makes_is_named_too(
    aulnes: Cooperative, engines: Engines
) -> None:
    ticket = (await aulnes.open((await aulnes.move_in())["occupancy"]))["id"]
    assert ticket not in await named(engines)
    await an_hour_later(aulnes, ticket, 1)
    try:
        found, all_of_them = await checked(engines), await named(engines)
    finally:
        await an_hour_later(aulnes, ticket, -1)
    assert (found.verdict, ticket in all_of_them) == ("failed", True)


async def an_hour_later(aulnes: Cooperative, ticket: str, hours: int) -> None:
    """By hand, past every rule."""
    async with aulnes.room_unit("aftersales") as unit:
        await unit.session.execute(
            text(
                "UPDATE aftersales.ticket_deadline SET due_at = due_at + :hours * interval '1 hour'"
                " WHERE ticket = :id AND kind = 'repair'"
            ),
            {"hours": hours, "id": ticket},
        )
