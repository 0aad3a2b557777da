"""`palier letters`: what mail servers send back of letters to firms; everything goes through the HTTP API."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.commands.options import DataDir, settings_for
from deploy.words import _, language

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def letters() -> None:
    """Letters to firms."""


@app.command(help=_("Letters that came back: mail servers' reports from files or standard input, or ids."))
def bounced(
    reports: Annotated[
        list[Path] | None, typer.Argument(help=_("Files with one report each; `-` is standard input."))
    ] = None,
    letter: Annotated[
        list[str] | None, typer.Option(help=_("A letter's id (ltr_…) instead of a report."))
    ] = None,
    why: Annotated[str | None, typer.Option(help=_("What was said, with --letter."))] = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("For machines."))] = False,
    data_dir: DataDir = None,
) -> None:
    """Letters that came back: mail servers' reports from files or standard input, or ids."""
    bodies: list[dict[str, Any]] = [{"letter": one, "why": why} for one in letter or ()]
    bodies += [{"report": _read(path)} for path in reports or ()]
    if not bodies:
        typer.echo(_("Give a report or a letter's id."), err=True)
        raise typer.Exit(2)
    returned = [one for body in bodies for one in _tell(body, data_dir)]
    if as_json:
        typer.echo(json.dumps({"letters": returned}))
    else:
        for one in returned:
            typer.echo(one)
        if not returned:
            typer.echo(_("No letter came back for good."))


def _read(path: Path) -> str:
    try:
        raw = sys.stdin.buffer.read(200_000) if str(path) == "-" else path.read_bytes()[:200_000]
    except OSError as error:
        typer.echo(f"palier: {error}", err=True)
        raise typer.Exit(2) from error
    return raw.decode("utf-8", "replace")


def _tell(body: dict[str, Any], data_dir: Any) -> list[str]:
    from deploy.up import read_endpoints
    from simulators.api import Api, ApiError

    found = read_endpoints(settings_for(data_dir).data_dir)
    api = Api(found.http, found.operator_token, language())
    try:
        answer = api.call("POST", "/operations/letters/returned", body)
    except ApiError as error:
        typer.echo(f"palier: {error}", err=True)
        raise typer.Exit(1) from error
    return list(answer["letters"])
