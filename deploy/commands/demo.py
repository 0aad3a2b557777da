"""`palier demo`: everything on this machine, a small cooperative's past month, then on live."""

import json
import os
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.commands.options import DataDir

if TYPE_CHECKING:
    from deploy.up import Endpoints

app = typer.Typer(add_completion=False)

DEMO_DIR = ".palier-demo"


@app.command()
def demo(
    homes: Annotated[int, typer.Option(min=1, help="Simulated homes.")] = 40,
    days: Annotated[int, typer.Option(min=1, help="Whole days played, up to last midnight.")] = 35,
    headless: Annotated[bool, typer.Option(help="End after the month, with a JSON report.")] = False,
    report: Annotated[Path | None, typer.Option(help="Where to write the report.", dir_okay=False)] = None,
    data_dir: DataDir = None,
    http_port: Annotated[int | None, typer.Option(help="The portal's port on loopback.")] = None,
    seed: Annotated[int, typer.Option(help="Which homes, weather and faults.")] = 1,
) -> None:
    """Start everything, play a sandbox cooperative through the past month, then go on live until Ctrl-C.

    Exit 1 when the month could not be played, or when what is stored and what was published
    differ, in any fluid.
    """
    if data_dir is not None or "PALIER_DATA_DIR" in os.environ:
        _run(homes, days, headless, report, data_dir, http_port, seed)
    elif headless:
        with tempfile.TemporaryDirectory(prefix="palier-demo-", ignore_cleanup_errors=True) as folder:
            _run(homes, days, headless, report, Path(folder), http_port, seed)
    else:
        _run(homes, days, headless, report, Path(DEMO_DIR), http_port, seed)


def _run(
    homes: int,
    days: int,
    headless: bool,
    report: Path | None,
    data_dir: Path | None,
    http_port: int | None,
    seed: int,
) -> None:
    from deploy.commands.options import settings_for
    from deploy.play import Played, Show, play
    from deploy.supervisor import Stopping
    from deploy.up import Listen, up
    from services.kit.settings import Settings

    settings: Settings = settings_for(data_dir)
    if "PALIER_LOG_LEVEL" not in os.environ:
        # The progress and the logins are the demo's own words; a room's troubles still show.
        settings = settings.model_copy(update={"log_level": "WARNING"})
    stop, ended = threading.Event(), threading.Event()
    outcome: dict[str, Any] = {}

    def perform(endpoints: "Endpoints") -> None:
        try:
            show = Show(endpoints, settings, homes, days, seed, live=not headless, stop=stop)
            played: Played = play(show)
            outcome["report"] = played.report
        except BaseException as error:
            outcome["error"] = error
        finally:
            ended.set()

    def begin(endpoints: "Endpoints") -> None:
        threading.Thread(target=perform, args=(endpoints,), name="demo", daemon=True).start()

    def tend() -> None:
        if ended.is_set():
            outcome["is_over"] = True
            raise Stopping

    up(settings, Listen(http_port=http_port), when_ready=begin, tend=tend)
    stop.set()
    if not outcome.get("is_over"):
        # Ctrl-C on the live part is how a demo ends; a headless one has no such end.
        raise typer.Exit(1 if headless else 0)
    if error := outcome.get("error"):
        raise error
    if found := outcome.get("report"):
        _tell(found, report, headless)


def _tell(found: dict[str, Any], report: Path | None, headless: bool) -> None:
    text = json.dumps(found, indent=1)
    if report is not None:
        report.write_text(text + "\n", "utf-8")
    if headless:
        typer.echo(text)
        differing = [name for name, one in found["amounts"].items() if one["stored"] != one["published"]]
        if differing:
            typer.echo(f"palier: stored differs from published: {', '.join(differing)}", err=True)
            raise typer.Exit(1)
