"""Imported by the fork server, and by nobody else: every room then starts with its modules in memory."""

import gc
import logging
import signal
from importlib import import_module
from importlib.util import find_spec

from deploy.engines.child import die_with_parent
from deploy.rooms import ROOMS
from deploy.titles import call_it

_HEAVY = ("faststream.nats", "sqlmodel", "fastapi", "uvicorn", "alembic.command", "psycopg", "deploy.migrate")


def load() -> None:
    call_it("rooms")
    die_with_parent(signal.SIGKILL)  # else a killed supervisor leaves the fork server, and the rooms with it
    for module in (
        *_HEAVY,
        "services.kit.process",
        *(f"services.{room}.app" for room in ROOMS),
        "deploy.web",
        "deploy.player",
        # Else the portal would read its routes' code when it starts again: later, and another version's
        # after an upgrade under a running instance.
        *(f"services.{room}.{part}" for room in ROOMS for part in ("api", "pages")),
    ):
        try:
            if find_spec(module) is not None:
                import_module(module)
        except Exception:
            # The room that needs it fails by itself and is named; the others must still start.
            logging.getLogger(__name__).warning("could not preload %s", module, exc_info=True)
    gc.collect()
    gc.freeze()  # what is shared after the fork stays shared


load()
