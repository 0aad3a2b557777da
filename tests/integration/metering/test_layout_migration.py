"""A database of the layout before is brought to this one in place, and back, without losing a value."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alembic import command
from sqlalchemy import URL, NullPool, create_engine, make_url, text

from contracts.codes import Quality
from deploy.engines import Engines
from deploy.migrate import config, migrate
from services.kit.ids import new_id
from services.metering.packing import pack
from services.metering.slots import Slot, Source

pytestmark = pytest.mark.engines

BEFORE = "metering_0006"
NOW = datetime.now(UTC).replace(microsecond=0)
PACKED = pack([Slot(100, Quality.MEASURED, Source.REGISTER)] * 48)
_DAY = """
INSERT INTO metering.day (meter, quantity, day, coop, occupancy, packed, digest, slots, value, quality,
    cost_eur, cost_reason, peak_va, revision, closed_at, is_frozen, findings)
VALUES ('mtr_1', 'energy_import', :day, 'c', :occupancy, :packed, :digest, 48, :value,
    CAST(:quality AS jsonb), :cost, :reason, :peak, 3, :at, :frozen, CAST(:findings AS jsonb))
"""
DAYS: list[dict[str, Any]] = [
    {"day": "2026-03-01", "occupancy": "occ_1", "packed": PACKED, "value": 4800,
     "quality": '{"measured": 48}', "cost": "0.9605", "reason": None, "peak": 3456, "frozen": False,
     "findings": None},
    {"day": "2026-03-02", "occupancy": "occ_1", "packed": None, "value": 4800,
     "quality": '{"measured": 40, "missing": 8}', "cost": None, "reason": "no_contract", "peak": None,
     "frozen": True, "findings": None},
    {"day": "2026-03-03", "occupancy": None, "packed": PACKED, "value": 2**40, "quality": '{"suspect": 48}',
     "cost": None, "reason": "something_new", "peak": 0, "frozen": False, "findings": '[{"check": "gap"}]'},
]  # fmt: skip
_SEEN = """
SELECT meter, quantity, day, coop, occupancy, packed, substr(digest, 1, 8) AS digest, slots, value, quality,
    cost_eur, cost_reason, peak_va, revision, closed_at, is_frozen, findings
FROM metering.day ORDER BY day
"""
_READING = """
INSERT INTO metering.reading VALUES
    ('mtr_1', 'energy_import', :at, 'c', 'energy_import', 'register', 0, :value, 'senml', :at)
"""
_INTERVAL = """
INSERT INTO metering.reading VALUES
    ('mtr_1', 'energy_import@1800', :at, 'c', 'energy_import', 'interval', 1800, :value, :codec, :came)
"""
_RAW = """
SELECT meter, register, instant, coop, quantity, kind, step_s, value_milli, codec, received_at
FROM metering.reading ORDER BY register, instant
"""


@pytest.fixture
def fresh(engines: Engines) -> Iterator[URL]:
    """An empty database of this test's own, in the same server."""
    owner = make_url(engines.settings.database_url or "").set(drivername="postgresql+psycopg")
    name = new_id("test")
    server = create_engine(owner, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield owner.set(database=name)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def asked(url: URL, statement: str) -> list[tuple[Any, ...]]:
    with create_engine(url, poolclass=NullPool).connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def test_days_and_readings_are_moved_in_place_and_back(engines: Engines, fresh: URL) -> None:
    url = fresh.render_as_string(hide_password=False)
    migrate(url, engines.secrets)
    command.downgrade(config(url), BEFORE)
    instants = [NOW, NOW - timedelta(days=30), NOW - timedelta(days=47), datetime(2016, 5, 4, tzinfo=UTC)]
    with create_engine(fresh, poolclass=NullPool).begin() as connection:
        for one in DAYS:
            connection.execute(text(_DAY), one | {"digest": b"0123456789abcdef", "at": NOW})
        for value, at in enumerate(instants):
            connection.execute(text(_READING), {"at": at, "value": value})
        for n, minutes in enumerate([0, 30, 60, 70, 300, 2000 * 30]):  # one of them between the half-hours
            at = instants[-1] + timedelta(minutes=minutes)
            values = {"at": at, "value": 100 * n, "codec": f"codec-{n % 2}", "came": NOW + timedelta(n)}
            connection.execute(text(_INTERVAL), values)
        connection.execute(
            text(
                "INSERT INTO metering.meter_register (meter, register, coop, quantity, kind, step_s)"
                " VALUES ('mtr_1', 'energy_import', 'c', 'energy_import', 'register', 0)"
            )
        )
    days, readings = asked(fresh, _SEEN), asked(fresh, _RAW)

    migrate(url, engines.secrets)
    assert asked(fresh, _SEEN) == days
    assert asked(fresh, _RAW) == readings
    assert asked(fresh, "SELECT count(*) FROM metering.reading__pdefault") == [(0,)]
    assert asked(fresh, "SELECT first_instant FROM metering.meter_register") == [(instants[-1],)]
    assert asked(fresh, "SELECT day::text FROM metering.day WHERE has_suspect") == [("2026-03-03",)]
    packed = (
        "SELECT day::text, cardinality(array_remove(amounts, NULL)) FROM metering.interval_row ORDER BY 1"
    )
    assert asked(fresh, packed) == [("2016-05-04", 4), ("2016-06-14", 1)]
    assert asked(fresh, "SELECT count(*) FROM metering.reading_row") == [(5,)], "what is not aligned stays"
    assert asked(fresh, "SELECT count(*) FROM metering.interval__pdefault") == [(0,)]
    places = asked(fresh, "SELECT DISTINCT tableoid::regclass::text FROM metering.reading_row")
    assert ("metering.reading__p201605",) in places

    command.downgrade(config(url), BEFORE)
    assert asked(fresh, _SEEN) == days
    assert asked(fresh, _RAW) == readings
