"""The day on which clocks go back, as both read it: the hour that comes twice is named."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts.codes import Role
from services.kit.ids import new_id
from services.kit.principal import SESSION_COOKIE, Principal
from tests.conftest import OpenUnit, Web
from tests.integration.metering.homes import Home, a_home, reading, send, settle_all

pytestmark = pytest.mark.engines

BEGIN = datetime(2025, 10, 25, 22, tzinfo=UTC)
"""26 October 2025 begins in Paris; it has 50 half-hours."""


async def page(web: Web, home: Home, role: Role, path: str, language: str) -> str:
    cookie = new_id("ses")
    who = home.person if role is Role.RESIDENT else new_id("per")
    web.tokens.sessions[cookie] = Principal(who, role, home.coop, csrf="x")
    headers = {"Cookie": f"{SESSION_COOKIE}={cookie}", "Accept-Language": language}
    answer = await web.client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_both_hours_at_two_are_told_apart_in_the_table(
    room_unit: OpenUnit, web: Web, coop: str
) -> None:
    home = await a_home(room_unit, coop)
    half_hours = range(51)
    registers = [reading(home, BEGIN + n * timedelta(minutes=30), 5_000 + 100 * n) for n in half_hours]
    await send(room_unit, coop, registers)
    await settle_all(room_unit)
    for role, path in (
        (Role.RESIDENT, f"/consumption?meter={home.meter}&day=2025-10-26"),
        (Role.OPERATOR, f"/fleet/meters/{home.meter}?day=2025-10-26"),
    ):
        said = await page(web, home, role, path, "en")
        for half_hour in ("02:00", "02:30"):
            assert f"{half_hour} (first time: summer time, UTC+2)" in said, role
            assert f"{half_hour} (second time: winter time, UTC+1)" in said, role
        said = await page(web, home, role, path, "fr")
        assert "02:30 (2e fois : heure d’hiver, UTC+1)" in said, role
        assert "03:00 (" not in said, role
