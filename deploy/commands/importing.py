"""`palier import`: a file of past consumption into a meter of a running instance, through the HTTP API, and
taking it back."""

import json
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

import typer

from deploy.commands.import_words import (
    found_in_words,
    only_contradicts,
    question_in_words,
    result_in_words,
    state_in_words,
    undoing_in_words,
)
from deploy.commands.options import (
    DataDir,
    FileDateOrder,
    FileKind,
    FileQuantity,
    FileStamp,
    FileUnit,
    TimeColumn,
    ValueColumn,
    settings_for,
)
from deploy.words import _, language, number

if TYPE_CHECKING:
    from rich.progress import Progress

    from simulators.api import Api

app = typer.Typer(add_completion=False)

MOST_BYTES = 100_000_000
POLL_S = 0.25
DAYS_WITHIN_S = 20.0
"""So long the days of what was stored are waited for; then it is said that they follow."""
_NUMBER = re.compile(r"\d{11,}")
"""A delivery point's number, in a file's name: not sent, for addresses end up in logs."""
ENDED = ("done", "failed", "cancelled", "undone")


@app.command()
def import_file(
    file: Annotated[
        Path | None, typer.Argument(help=_("The file, as it was downloaded."), exists=True, dir_okay=False)
    ] = None,
    meter: Annotated[str | None, typer.Option(help=_("Id of the meter that it is about (mtr_…)."))] = None,
    format: Annotated[str, typer.Option(help=_("auto, or a name as --help of the API lists them."))] = "auto",
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("Only say what would change."))] = False,
    as_json: Annotated[bool, typer.Option("--json", help=_("Only the result, as JSON."))] = False,
    time_column: TimeColumn = None,
    value_column: ValueColumn = None,
    unit: FileUnit = None,
    zone: Annotated[
        str | None, typer.Option(help=_("Zone of times without offset; default: the meter's."))
    ] = None,
    stamp: FileStamp = None,
    kind: FileKind = None,
    quantity: FileQuantity = None,
    date_order: FileDateOrder = None,
    point: Annotated[
        str | None,
        typer.Option(
            help=_("Last four digits of the delivery point that is this home's, if a file has several.")
        ),
    ] = None,
    undo: Annotated[str | None, typer.Option(help=_("Instead of a file: the import to take back."))] = None,
    yes: Annotated[bool, typer.Option("--yes", help=_("Do not ask before taking it back."))] = False,
    url: Annotated[str | None, typer.Option(help=_("Another instance's portal."))] = None,
    token: Annotated[
        str | None, typer.Option(envvar="PALIER_TOKEN", help=_("With --url: the token of its API."))
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Import a file of past consumption. What it is is found out; importing it again changes nothing.

    Exit 0 when done, 1 when nothing of it could be used or all of it contradicts what is known, 2 for wrong
    usage.
    """
    from simulators.api import ApiError

    if (url is None) != (token is None):
        raise typer.BadParameter(_("--url and --token go together"), param_hint="--url")
    if undo is not None:
        _take_back(_api(url, token, data_dir), undo, is_sure=yes, as_json=as_json)
        return
    if file is None or meter is None:
        raise typer.BadParameter(_("give a file and its --meter, or an import with --undo"))
    if file.stat().st_size > MOST_BYTES:
        told = _("{file} is larger than {mb} MB; split it, by year for instance")
        _fail(told.format(file=file.name, mb=MOST_BYTES // 1_000_000))
    query = {
        "filename": without_number(file.name), "format": format, "dry_run": str(dry_run).lower(),
        "time_column": time_column,
        "value_column": value_column, "unit": unit, "zone": zone, "stamp": stamp, "kind": kind,
        "quantity": quantity, "date_order": date_order, "point": point and without_all_but_the_end(point),
    }  # fmt: skip
    api = _api(url, token, data_dir)
    try:
        started = _send(api, meter, file, query)
        if not as_json:
            typer.echo(f"{file.name}: {started['found']['label']}", err=True)
        found = _follow(api, started, is_quiet=as_json)
        if found.get("question") and not as_json and sys.stdin.isatty():
            found = _ask(api, found)
    except ApiError as error:
        if as_json:
            typer.echo(json.dumps(error.problem))
        _fail(_in_words(error), 2 if error.status == 422 and _is_usage(error) else 1)
    except OSError as error:
        _fail(_("no answer from Palier: {error}").format(error=error))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        typer.echo(_("Found: {found}").format(found=found_in_words(found["found"])), err=True)
        typer.echo(result_in_words(found))
        if "undo" in found["legal_actions"]:
            typer.echo(_("To take it back: palier import --undo {id}").format(id=found["id"]), err=True)
    raise typer.Exit(0 if found["state"] == "done" and not only_contradicts(found) else 1)


def _take_back(api: "Api", id: str, *, is_sure: bool, as_json: bool) -> None:
    """Say what stays, ask, take the import back and wait for its end."""
    from simulators.api import ApiError

    try:
        found = api.get(f"/imports/{id}")
        if "undo" in found["legal_actions"]:
            typer.echo(undoing_in_words(found), err=True)
            if not is_sure:
                typer.confirm(_("Take it back?"), abort=True, err=True)
        found = _follow(api, api.post(f"/imports/{id}/actions", {"action": "undo"}), is_quiet=as_json)
    except ApiError as error:
        if as_json:
            typer.echo(json.dumps(error.problem))
        _fail(_in_words(error))
    except OSError as error:
        _fail(_("no answer from Palier: {error}").format(error=error))
    typer.echo(json.dumps(found, ensure_ascii=False) if as_json else found["message"])


def _ask(api: "Api", found: dict[str, Any]) -> dict[str, Any]:
    """Let the person at the terminal say which delivery point is meant; the import as it ends then."""
    typer.echo("\n".join([found["message"], *question_in_words(found["question"])]), err=True)
    points = found["question"]["points"]
    chosen = typer.prompt(_("Last four digits of this home's point (empty: none)"), default="", err=True)
    if chosen not in points:
        return found
    answered = api.post(f"/imports/{found['id']}/actions", {"action": "choose", "point": chosen})
    return _follow(api, answered, is_quiet=False)


def _send(api: "Api", meter: str, file: Path, query: dict[str, Any]) -> dict[str, Any]:
    told = {name: str(value) for name, value in query.items() if value is not None}
    answer: dict[str, Any] = api.send_file(f"/meters/{meter}/imports?{urlencode(told)}", file)
    return answer


def _follow(api: "Api", started: dict[str, Any], *, is_quiet: bool) -> dict[str, Any]:
    """Ask until the import has ended, showing how far it is."""
    found = started
    with _bar(is_quiet) as progress:
        task = progress.add_task(state_in_words(found["state"]), total=found["bytes_total"])
        while found["state"] not in ENDED:
            time.sleep(POLL_S)
            found = api.get(f"/imports/{started['id']}")
            is_read = found["rows_total"] is not None
            progress.update(
                task, description=_("{state}: {n} rows").format(
                    state=state_in_words(found["state"]), n=number(found["rows"])
                ) if is_read else state_in_words(found["state"]),
                total=found["rows_total"] if is_read else found["bytes_total"],
                completed=found["rows"] if is_read else found["bytes_read"],
            )  # fmt: skip
        end = time.monotonic() + DAYS_WITHIN_S
        while found.get("days_follow") and time.monotonic() < end:
            time.sleep(POLL_S)
            found = api.get(f"/imports/{started['id']}")
    return found


def _bar(is_quiet: bool) -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True, disable=is_quiet)


def _api(url: str | None, token: str | None, data_dir: Path | None) -> "Api":
    from deploy.up import read_endpoints
    from simulators.api import Api

    if url is not None and token is not None:
        return Api(url, token, language())
    found = read_endpoints(settings_for(data_dir).data_dir)
    return Api(found.http, found.operator_token, language())


def _is_usage(error: Any) -> bool:
    """Whether another command line would do: an option is missing or not understood."""
    return error.problem.get("code") in ("invalid", "options_needed")


def _in_words(error: Any) -> str:
    problem = error.problem
    lines = [str(problem.get("title", error))]
    for one in problem.get("errors", []):
        name = str(one["pointer"]).rpartition("/")[2]
        option = f"--{name.replace('_', '-')}: " if name else ""
        if option or one["message"] not in lines:
            lines.append(f"  {option}{one['message']}")
    if problem.get("columns"):
        lines.append(_("  its columns: {names}").format(names=", ".join(problem["columns"])))
    return "\n".join(lines)


def without_all_but_the_end(point: str) -> str:
    """A delivery point as it may stand in an address: its last four digits."""
    return point.strip().upper() if "-" in point else point.strip().upper()[-4:]


def without_number(name: str) -> str:
    """A file's name as it may stand in an address."""
    return _NUMBER.sub(lambda found: "0" * len(found.group()), name)


def _fail(words: str, code: int = 1) -> None:
    typer.echo(f"palier: {words}", err=True)
    raise typer.Exit(code)
