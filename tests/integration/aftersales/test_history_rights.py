"""What the database itself allows on a ticket's history."""

import pytest
from sqlalchemy import create_engine, make_url, text

from deploy.engines import Engines

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
    }
