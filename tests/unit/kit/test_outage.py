"""An engine that is away is told apart from work that is wrong."""

import psycopg
import pytest
from nats import errors as nats_errors
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from services.kit.outage import is_outage


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("SELECT 1", {}, psycopg.OperationalError("connection refused")),
        OperationalError("SELECT 1", {}, psycopg.errors.AdminShutdown()),
        OperationalError("SELECT 1", {}, psycopg.errors.DeadlockDetected()),
        DBAPIError("SELECT 1", {}, psycopg.InterfaceError("closed"), connection_invalidated=True),
        psycopg.OperationalError("server closed the connection"),
        PoolTimeout(),
        ConnectionRefusedError(),
        nats_errors.NoRespondersError(),
        nats_errors.TimeoutError(),
    ],
    ids=lambda error: type(getattr(error, "orig", error)).__name__,
)
def test_an_engine_is_away(error: Exception) -> None:
    assert is_outage(error)


@pytest.mark.parametrize(
    "error",
    [
        IntegrityError("INSERT", {}, psycopg.errors.UniqueViolation()),
        OperationalError("SELECT pg_sleep(100)", {}, psycopg.errors.QueryCanceled()),
        OperationalError("INSERT", {}, psycopg.errors.ProgramLimitExceeded("index row size exceeds")),
        ValueError("a rule"),
        TimeoutError("ours"),
    ],
    ids=lambda error: type(getattr(error, "orig", error)).__name__,
)
def test_the_work_is_wrong(error: Exception) -> None:
    assert not is_outage(error)
