"""`palier bench`: the pipeline's figures, as ratios to a subscriber that does nothing wherever it can be."""

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
    only: Annotated[
        list[str] | None, typer.Option(help="A section alone, repeatable; all unless told otherwise.")
    ] = None,
    install: Annotated[
        bool, typer.Option(help="As root: install Mosquitto by apt if it is missing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Measure from device to committed row and settled day, through Mosquitto and the embedded broker.

    Starts instances of its own in a temporary folder, on loopback, and ends them. Exit 1 when a bound is not
    kept, or when a row is missing, double or wrong.
    """
    from deploy.bench import mosquitto
    from deploy.bench.report import table
    from deploy.bench.session import WITHOUT_BROKER, Section, run
    from deploy.engines.child import EngineError

    if unknown := set(only or ()) - set(Section):
        raise typer.BadParameter(
            f"no section {', '.join(sorted(unknown))}; there are {', '.join(Section)}", param_hint="--only"
        )
    sections = [section for section in Section if only is None or section in only]
    try:
        if set(sections) - WITHOUT_BROKER:
            mosquitto.binary("mosquitto")
    except EngineError:
        if not install:
            raise
        mosquitto.install()
    with tempfile.TemporaryDirectory(prefix="palier-bench-", dir=folder, ignore_cleanup_errors=True) as work:
        report = run(Path(work), sections, seconds, pairs, lambda words: typer.echo(words, err=True))
    typer.echo(json.dumps(report, indent=1) if as_json else table(report))
    raise typer.Exit(0 if all(report[section]["holds"] for section in sections) else 1)
