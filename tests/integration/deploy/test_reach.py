"""`palier doctor` asks whether a danger told at night reaches a person of each real cooperative by e-mail."""

import pytest
from sqlalchemy import text

from deploy.engines import Engines
from deploy.engines.durability import Check
from deploy.engines.reach import examine_reach
from tests.conftest import OpenUnit

pytestmark = pytest.mark.engines


async def coops_without_staff(room_unit: OpenUnit) -> list[str]:
    async with room_unit("members") as unit:
        rows = await unit.session.execute(
            text(
                "SELECT c.coop FROM members.coop c WHERE NOT c.sandbox AND NOT EXISTS (SELECT 1 FROM"
                " members.staff s WHERE s.coop = c.coop AND s.disabled_at IS NULL"
                " AND s.role IN ('staff', 'caretaker')) ORDER BY 1"
            )
        )
        return list(rows.scalars())


def checked(engines: Engines, *, keeps_all: bool) -> Check:
    (check,) = examine_reach(engines.settings, engines.secrets, keeps_all=keeps_all)
    return check


async def test_a_cooperative_without_anybody_to_mail_is_told(
    engines: Engines, room_unit: OpenUnit, coop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    alone = await coops_without_staff(room_unit)
    assert coop in alone
    found = checked(engines, keeps_all=False)
    assert found.verdict == "warning"
    assert found.found.startswith(f"nobody in {len(alone)} of ")
    assert alone[0] in found.advice


async def test_an_instance_that_keeps_its_mail_reaches_nobody(
    engines: Engines, coop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    found = checked(engines, keeps_all=True)
    assert (found.verdict, "PALIER_SMTP_URL" in found.advice) == ("warning", True)
