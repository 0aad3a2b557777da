"""The first lines that a room's own process runs: it ends with its supervisor, then becomes the room."""

import logging
import os
import signal
import sys
import threading
from importlib import import_module
from multiprocessing import parent_process
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from deploy.engines.child import die_with_parent
from deploy.titles import call_it

_LAST_SECONDS = 5.0


def run_room(name: str, settings: dict[str, Any], http: tuple[str, int]) -> None:
    """Runs the room until SIGTERM. `http` is where the portal listens."""
    call_it(name)
    _end_with_supervisor()
    try:
        if name == "portal":
            import_module("deploy.web").serve(settings, *http)
        elif name == "player":
            import_module("deploy.player").serve(
                settings, settings["public_url"] or f"http://{http[0]}:{http[1]}"
            )
        else:
            import_module("services.kit.process").run(name, settings)
    except Exception:
        logging.getLogger(__name__).exception(
            "%s ends with an error", name
        )  # masked, unlike a bare traceback
        sys.exit(1)


def _end_with_supervisor() -> None:
    """The parent is the fork server, which dies with the supervisor; beside Linux a thread sees it."""
    os.setsid()  # a terminal's Ctrl-C reaches the supervisor only, which then drains in order
    die_with_parent(signal.SIGKILL)
    supervisor = parent_process()
    assert supervisor is not None

    def watch() -> None:
        wait([supervisor.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(_LAST_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="supervisor-watch").start()


def project_folder() -> Path:
    """The folder that holds the packages, for processes that start elsewhere."""
    return Path(__file__).resolve().parent.parent
