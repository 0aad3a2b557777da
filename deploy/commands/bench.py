"""`palier bench`: how fast single readings become committed rows, beside a subscriber that does nothing."""

import json
import tempfile
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def bench(
    seconds: Annotated[float, typer.Option(min=1, max=300, help="How long each run publishes.")] = 30,
    pairs: Annotated[int, typer.Option(min=1, max=20, help="Interleaved pairs; their median counts.")] = 5,
    folder: Annotated[
        Path | None, typer.Option("--dir", help="Where to work: on the disk that is to be measured.")
    ] = None,
    install: Annotated[
        bool, typer.Option(help="As root: install Mosquitto by apt if it is missing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Measure from device to committed row, one reading a message at QoS 1, through Mosquitto.

    Starts instances of its own in a temporary folder, on loopback, and ends them. Exit 1 when the median of
    the pairs is under the bound, or when a row is missing, double or wrong.
    """
    from deploy.bench import mosquitto
    from deploy.bench.report import table
    from deploy.bench.session import run
    from deploy.engines.child import EngineError

    try:
        mosquitto.binary("mosquitto")
    except EngineError:
        if not install:
            raise
        mosquitto.install()
    with tempfile.TemporaryDirectory(prefix="palier-bench-", dir=folder, ignore_cleanup_errors=True) as work:
        report = run(Path(work), seconds, pairs, lambda words: typer.echo(words, err=True))
    typer.echo(json.dumps(report, indent=1) if as_json else table(report))
    is_exact = report["verified"]["is_exact"] and report["embedded_broker"]["verified"]["is_exact"]
    raise typer.Exit(0 if report["holds"] and is_exact else 1)
