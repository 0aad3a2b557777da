"""Whether a failure says that an engine is away for the moment, rather than that the work itself is wrong."""

import psycopg
from nats import errors as nats_errors
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

_PASSING = (
    ConnectionError,
    PoolTimeout,
    nats_errors.ConnectionClosedError,
    nats_errors.NoRespondersError,
    nats_errors.TimeoutError,
)

SUSPECTS = (DBAPIError, psycopg.Error, *_PASSING)
"""What `is_outage` needs to be asked about."""


def is_collision(error: BaseException) -> bool:
    """True when two transactions waited for each other and this one was undone: it may be tried at once."""
    if isinstance(error, DBAPIError):
        return error.orig is not None and is_collision(error.orig)
    return isinstance(error, psycopg.errors.DeadlockDetected)


def is_outage(error: BaseException) -> bool:
    """True for a lost or refused connection, a server that shuts down or is full, a deadlock.

    A statement that runs into its time limit is not, nor a value that is too large for an index or a row
    (SQLSTATE class 54): they would do so for ever.
    """
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or (error.orig is not None and is_outage(error.orig))
    if isinstance(error, psycopg.errors.QueryCanceled):
        return False
    if isinstance(error, psycopg.Error) and (error.sqlstate or "").startswith("54"):
        return False
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return True
    return isinstance(error, _PASSING)
