"""One room as a process: build it, run it until SIGTERM, leave nothing in hand."""

import asyncio
import signal
from importlib import import_module
from typing import Any

from services.kit import logs, secrets
from services.kit.room import Room
from services.kit.settings import Settings


def run(name: str, settings: dict[str, Any]) -> None:
    """Run the room called `name` in this process. Blocks until it is told to stop."""
    asyncio.run(_run(name, Settings.model_validate(settings)))


async def _run(name: str, settings: Settings) -> None:
    logs.setup(name, settings.log_level)
    room = Room(name, settings, secrets.load(settings))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, room.stopping.set)
    import_module(f"services.{name}.app").build(room)
    ready = settings.data_dir / "run" / f"{name}.ready"
    ready.parent.mkdir(parents=True, exist_ok=True)
    await room.run(ready)
