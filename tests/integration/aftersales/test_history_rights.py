"""What the database itself allows on a ticket's history."""

import pytest
from sqlalchemy import create_engine, make_url, text

from deploy.engines import Engines
from tests.conftest import OpenUnit

pytestmark = pytest.mark.engines


def test_a_history_is_only_added_to(engines: Engines) -> None:
    owner = make_url(engines.settings.database_url or "").set(drivername="postgresql+psycopg")
    engine = create_engine(owner)
    may = "SELECT has_table_privilege(:role, 'aftersales.ticket_event', :right)"
    try:
        with engine.connect() as connection:
            held = {
                (role, right)
                for role in ("aftersales_web", "aftersales_work")
                for right in ("INSERT", "UPDATE", "DELETE")
                if connection.execute(text(may), {"role": role, "right": right}).scalar_one()
            }
    finally:
        engine.dispose()
    assert held == {
        ("aftersales_web", "INSERT"),
        ("aftersales_work", "INSERT"),
        ("aftersales_work", "UPDATE"),
        ("aftersales_work", "DELETE"),  # of sandboxes only, see below
    }


async def test_only_a_sandbox_s_history_can_be_dropped(room_unit: OpenUnit, coop: str) -> None:
    """The work role's DELETE is bounded by a restrictive policy: a real cooperative's rows stay."""
    async with room_unit("aftersales", coop) as unit:
        policy = await unit.session.execute(
            text(
                "SELECT permissive, cmd FROM pg_policies WHERE schemaname = 'aftersales'"
                " AND tablename = 'ticket_event' AND policyname = 'only_of_sandboxes'"
            )
        )
        assert policy.one() == ("RESTRICTIVE", "DELETE")
