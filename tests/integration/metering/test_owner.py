"""With a database of one's own, whose owner is no superuser, days are seen and readings move as elsewhere."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest

from deploy.engines.testing import temporary_engines
from deploy.migrate import migrate
from services.kit.database import Database

pytestmark = pytest.mark.engines


@pytest.fixture(scope="module")
def worker() -> Iterator[str]:
    """Connection of metering's work role in a database that an ordinary role owns."""
    with temporary_engines(only=("postgres",)) as engines:
        url = engines.settings.database_url
        assert url
        with psycopg.connect(url, autocommit=True) as superuser:
            superuser.execute("CREATE ROLE owner_of_all LOGIN CREATEROLE PASSWORD 'owner'")
            superuser.execute("CREATE DATABASE estate OWNER owner_of_all")
        place = urlsplit(url)
        own = f"postgresql://owner_of_all:owner@{place.hostname}:{place.port}/estate"
        migrate(own, engines.secrets)
        yield Database(own, engines.secrets, "metering_work", pool_size=1).conninfo


def test_days_are_seen_through_their_view(worker: str) -> None:
    with psycopg.connect(worker) as connection:
        connection.execute(
            "INSERT INTO metering.series (coop, meter, quantity) VALUES ('les-lilas', 'mtr_1', 'volume')"
        )
        connection.execute(
            "INSERT INTO metering.day_row (series, day, value, closed_s, revision, body)"
            " SELECT id, '2026-01-05', 120, 0, 1, decode(repeat('00', 13), 'hex') FROM metering.series"
        )
        seen = connection.execute("SELECT meter, value FROM metering.day").fetchall()
    assert seen == [("mtr_1", 120)]


def test_a_reading_without_a_partition_is_moved_into_its_own(worker: str) -> None:
    values = "'mtr_1', 'volume', %s, 'les-lilas', 'volume', 'register', 0, 5, 'senml', now()"
    with psycopg.connect(worker) as connection:
        connection.execute(f"INSERT INTO metering.reading_row VALUES ({values})", ["2001-05-10 12:00+00"])
        connection.execute("SELECT metering.add_reading_partition('2001-05-01', '2001-06-01')")
        rows = connection.execute("SELECT tableoid::regclass::text FROM metering.reading_row").fetchall()
    assert len(rows) == 1
    assert "default" not in rows[0][0]
