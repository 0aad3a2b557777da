"""`palier rejected`: the quarantine from a terminal; everything goes through the HTTP API."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.commands.options import DataDir, settings_for
from deploy.words import _, language

if TYPE_CHECKING:
    from simulators.api import Api

app = typer.Typer(add_completion=False, no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help=_("For machines."))]
Ids = Annotated[list[str], typer.Argument(help=_("Ids, as `list` shows them (rej_…)."))]


@app.command("list", help=_("What could not be read or placed, latest first."))
def show_all(
    reason: Annotated[str | None, typer.Option(help=_("Only this reason code."))] = None,
    status: Annotated[str | None, typer.Option(help=_("Only this status, e.g. waiting."))] = "waiting",
    most: Annotated[int, typer.Option(min=1, help=_("At most so many, latest first."))] = 50,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """What could not be read or placed, latest first."""
    api = _operator(data_dir)
    rows: list[dict[str, Any]] = []
    for row in api.pages("/operations/rejected", limit=min(most, 200), reason=reason, status=status or None):
        rows.append(row)
        if len(rows) == most:
            break
    if as_json:
        typer.echo(json.dumps(rows))
        return
    for row in rows:
        place = row.get("meter") or row.get("gateway") or row.get("topic") or "-"
        typer.echo(f"{row['id']}  {row['received_at'][:19]}  {place}  {row['reason']:<16}  {row['detail']}")
    if not rows:
        typer.echo(_("Nothing waits for a decision."))


@app.command(help=_("One message, with the beginning of its payload."))
def show(id: Annotated[str, typer.Argument()], as_json: Json = False, data_dir: DataDir = None) -> None:
    """One message, with the beginning of its payload."""
    row = _ask(_operator(data_dir), "GET", f"/operations/rejected/{id}")
    if as_json:
        typer.echo(json.dumps(row))
        return
    shown = {
        "id": "id",
        "status": _("status"),
        "reason": _("reason"),
        "detail": _("detail"),
        "topic": _("topic"),
        "codec": _("codec"),
        "meter": _("meter"),
        "gateway": _("gateway"),
        "channel": _("channel"),
        "received_at": _("received_at"),
    }
    for name, words in shown.items():
        if row.get(name):
            typer.echo(f"{words:<12} {row[name]}")
    possible = _("may be")
    typer.echo(f"{possible:<12} {', '.join(row['legal_actions']) or '–'}")
    if row.get("payload") is not None:
        typer.echo(f"\n{row['payload']}")


@app.command(help=_("Try again, after a channel was mapped or a codec learnt something."))
def retry(ids: Ids, data_dir: DataDir = None) -> None:
    """Try again, after a channel was mapped or a codec learnt something."""
    _decide("retry", ids, data_dir)


@app.command(help=_("Give messages up. The payload is deleted, the reason stays: this cannot be undone."))
def discard(ids: Ids, data_dir: DataDir = None) -> None:
    """Give messages up. The payload is deleted, the reason stays: this cannot be undone."""
    _decide("discard", ids, data_dir)


def _decide(action: str, ids: list[str], data_dir: Any) -> None:
    api = _operator(data_dir)
    failed = False
    for id in ids:
        try:
            answer = _ask(api, "POST", f"/operations/rejected/{id}/{action}")
            typer.echo(f"{id}  {answer['status']}")
        except typer.Exit:
            failed = True
    raise typer.Exit(1 if failed else 0)


def _ask(api: "Api", method: str, path: str) -> Any:
    from simulators.api import ApiError

    try:
        return api.call(method, path)
    except ApiError as error:
        typer.echo(f"palier: {error}", err=True)
        raise typer.Exit(1) from error


def _operator(data_dir: Any) -> "Api":
    from deploy.up import read_endpoints
    from simulators.api import Api

    found = read_endpoints(settings_for(data_dir).data_dir)
    return Api(found.http, found.operator_token, language())
