"""Imported once by the fork server, so that every room starts with its modules already in memory."""

import gc
import logging
import signal
from importlib import import_module
from importlib.util import find_spec

from deploy.engines.child import die_with_parent

ROOMS = ("members", "intake", "metering", "advice", "aftersales", "notifications", "timekeeper", "portal")
"""Every room, in starting order: `members` answers who may connect before devices come."""

_HEAVY = ("faststream.nats", "sqlmodel", "fastapi", "uvicorn", "alembic.command", "psycopg", "deploy.migrate")


def load() -> None:
    die_with_parent(signal.SIGKILL)  # else a killed supervisor leaves the fork server, and the rooms with it
    for module in (
        *_HEAVY,
        "services.kit.process",
        *(f"services.{room}.app" for room in ROOMS),
        "deploy.web",
    ):
        try:
            if find_spec(module) is not None:
                import_module(module)
        except Exception:
            # The room that needs it fails by itself and is named; the others must still start.
            logging.getLogger(__name__).warning("could not preload %s", module, exc_info=True)
    gc.collect()
    gc.freeze()  # what is shared after the fork stays shared


if __name__ == "deploy.preload":
    load()
