"""COPY's binary form: what PostgreSQL reads is what was meant, in the order of keys."""

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.engines import Engines
from services.metering import copying
from services.metering.copying import Series
from services.metering.days import instant_of, microseconds

pytestmark = pytest.mark.engines

EARLIEST, LATEST = 946_684_800_000_000, 4_102_444_800_000_000

SERIES = st.lists(
    st.builds(
        Series,
        st.sampled_from(["mtr_1", "mtr_2"]),
        st.sampled_from(["energy_import", "energy_import.hp", "volume"]),
        st.sampled_from(["les-lilas", "été"]),
        st.just("energy_import"),
        st.sampled_from(["register", "interval"]),
        st.integers(0, 86_400),
        st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12),
        st.integers(EARLIEST, LATEST).map(instant_of),
        st.lists(st.tuples(st.integers(EARLIEST, LATEST), st.integers(-(10**15), 10**15)), max_size=9),
    ),
    max_size=6,
)


@pytest.fixture(scope="module")
def connection(engines: Engines):
    assert engines.settings.database_url
    with psycopg.connect(engines.settings.database_url) as opened:
        opened.execute(f"CREATE TEMP TABLE copied (number serial, {copying.COLUMNS})")
        yield opened


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(series=SERIES)
def test_every_field_arrives_and_keys_are_in_order(connection, series: list[Series]) -> None:
    columns = "meter, register, instant, coop, quantity, kind, step_s, value_milli, codec, received_at"
    connection.execute("TRUNCATE copied RESTART IDENTITY")
    with connection.cursor().copy(f"COPY copied ({columns}) FROM STDIN (FORMAT binary)") as copy:
        copy.write(copying.rows(series))
    found = connection.execute(f"SELECT {columns} FROM copied ORDER BY number").fetchall()
    meant = [
        (
            one.meter, one.register, instant_of(us), one.coop, one.quantity, one.kind, one.step_s, milli,
            one.codec, one.received_at,
        )
        for one in series
        for us, milli in one.points
    ]  # fmt: skip
    assert sorted(found) == sorted(meant)
    keys = [(meter, register, microseconds(instant)) for meter, register, instant, *_ in found]
    assert keys == sorted(keys)


def test_a_name_that_no_database_keeps_is_replaced(connection) -> None:
    one = Series(
        "mtr_1",
        "volume",
        "les-lilas",
        "volume",
        "register",
        0,
        "a\x00\ud800",
        instant_of(EARLIEST),
        [(EARLIEST, 1)],
    )
    connection.execute("TRUNCATE copied")
    columns = "meter, register, instant, coop, quantity, kind, step_s, value_milli, codec, received_at"
    with connection.cursor().copy(f"COPY copied ({columns}) FROM STDIN (FORMAT binary)") as copy:
        copy.write(copying.rows([one]))
    assert connection.execute("SELECT codec FROM copied").fetchall() == [("a??",)]
