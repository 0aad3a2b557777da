"""A sandbox cooperative is dropped by the platform's operator, and by nobody else; a real one never is."""

import pytest
from sqlalchemy import text

from contracts.codes import Role
from contracts.members import SandboxDropped
from services.kit.unit import Unit
from services.members import handlers
from tests.conftest import OpenUnit
from tests.integration.members.conftest import Cooperative, Office

LEFT = (
    "building", "dwelling", "meter", "credential", "person", "occupancy", "resident", "consent", "api_token",
)  # fmt: skip


@pytest.fixture
async def box(office: Office) -> Cooperative:
    """A sandbox with one household."""
    made = await office.new_coop(sandbox=True)
    await made.made("/move-ins", made.household())
    return made


async def test_only_sandboxes_are_dropped_and_only_by_the_platform(office: Office, box: Cooperative) -> None:
    real = await office.new_coop()
    refused = await office.client.delete(f"/api/v1/coops/{real.slug}", headers=real.platform)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_a_sandbox")
    assert (await office.client.delete("/api/v1/coops/nobody", headers=real.platform)).status_code == 404
    own = await office.token(Role.OPERATOR, box.slug)
    assert (await office.client.delete(f"/api/v1/coops/{box.slug}", headers=own)).status_code == 404


async def test_a_dropped_sandbox_lets_nobody_in_and_nothing_of_it_stays(
    office: Office, box: Cooperative, room_unit: OpenUnit
) -> None:
    async with room_unit("members", box.slug) as unit:
        assert await _rows(unit, "credential", box.slug) == 1
    assert (await office.client.delete(f"/api/v1/coops/{box.slug}", headers=box.platform)).status_code == 204
    assert (await box.post("/dwellings", box.dwelling())).status_code == 401
    again = await office.client.delete(f"/api/v1/coops/{box.slug}", headers=box.platform)
    assert again.status_code == 404
    async with room_unit("members") as unit:
        in_force = "SELECT count(*) FROM members.credential WHERE coop = :coop AND revoked_at IS NULL"
        assert (await unit.session.execute(text(in_force), {"coop": box.slug})).scalar_one() == 0
        told = await unit.session.execute(
            text("SELECT count(*) FROM members.outbox WHERE coop = :coop AND subject = :subject"),
            {"coop": box.slug, "subject": SandboxDropped.subject},
        )
        assert told.scalar_one() == 1
        await handlers.sandbox_dropped(SandboxDropped(coop=box.slug), unit)
        assert {table: await _rows(unit, table, box.slug) for table in LEFT} == dict.fromkeys(LEFT, 0)


async def _rows(unit: Unit, table: str, coop: str) -> int:
    found = await unit.session.execute(
        text(f"SELECT count(*) FROM members.{table} WHERE coop = :coop"),
        {"coop": coop},
    )
    return int(found.scalar_one())
