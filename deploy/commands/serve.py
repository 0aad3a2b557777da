"""`palier serve ROOM…`: only these rooms, against engines named by URL."""

from typing import Annotated

import typer

from deploy.commands.options import DataDir, settings_for
from deploy.rooms import PROCESSES

app = typer.Typer(add_completion=False)
_DATA = ("nats_url", "database_url")
_NEEDS = {
    "intake": ("nats_url", "mqtt_url"),
    "timekeeper": ("nats_url",),
    "notifications": (*_DATA, "smtp_url"),
    "player": ("mqtt_url", "database_url"),
}


@app.command()
def serve(
    rooms: Annotated[list[str], typer.Argument(metavar="ROOM...", help=", ".join(PROCESSES))],
    data_dir: DataDir = None,
    http_host: Annotated[str, typer.Option(help="Where the portal listens.")] = "127.0.0.1",
    http_port: Annotated[int | None, typer.Option(help="The portal's port.")] = None,
) -> None:
    """Run these rooms, supervised, until stopped. Migrate first: `palier migrate`.

    Machines that share the work share PALIER_SECRET too; each running set of rooms has its own data folder.
    """
    from deploy.up import Listen
    from deploy.up import serve as run

    if unknown := [room for room in rooms if room not in PROCESSES]:
        raise typer.BadParameter(f"no room called {', '.join(unknown)}; there are {', '.join(PROCESSES)}")
    settings = settings_for(data_dir)
    needed = {name for room in rooms for name in _NEEDS.get(room, _DATA)}
    if "player" in rooms and "portal" not in rooms:
        needed.add("public_url")  # where it asks for its sandboxes
    missing = sorted(name for name in needed if getattr(settings, name) is None)
    if missing:
        names = ", ".join(f"PALIER_{name.upper()}" for name in missing)
        raise typer.BadParameter(
            f"set {names}: `serve` uses engines that run elsewhere (`palier up` embeds them)"
        )
    run(settings, list(dict.fromkeys(rooms)), Listen(http_port=http_port, http_host=http_host))
