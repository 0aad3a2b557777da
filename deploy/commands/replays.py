"""`palier replays`: feeds and replays of a running instance; everything goes through the HTTP API."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

import typer

from deploy.commands.importing import without_number
from deploy.commands.interrupts import stop_asked
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
from deploy.replay_words import result_told
from deploy.words import _, language

if TYPE_CHECKING:
    from simulators.api import Api

app = typer.Typer(add_completion=False, no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help=_("For machines."))]
Id = Annotated[str, typer.Argument(help=_("Of a replay, as `list` shows it (rpl_…)."))]
Speed = Annotated[str, typer.Option(help=_("Times real time, or max."))]
POLL_S = 0.5
ENDED = ("done", "stopped", "failed")


@app.command("list")
def show_all(as_json: Json = False, data_dir: DataDir = None) -> None:
    """Replays, latest first."""
    rows = _ask(operator(data_dir).get, "/replays")["items"]
    if as_json:
        typer.echo(json.dumps(rows))
        return
    for row in rows:
        kind = "dry run" if row["dry_run"] else "live" if row["live"] else ""
        typer.echo(
            f"{row['id']}  {row['state']:<8}  {row['progress']:>6.1%}  {row['feed_name'] or ''}  {kind}"
        )
    if not rows:
        typer.echo(_("No replays yet."))


@app.command()
def feeds(as_json: Json = False, data_dir: DataDir = None) -> None:
    """Feeds that can be played, latest first."""
    rows = _ask(operator(data_dir).get, "/feeds")["items"]
    if as_json:
        typer.echo(json.dumps(rows))
        return
    for row in rows:
        summary = row["summary"] or {}
        period = f"{summary.get('starts_at', '')[:10]} {summary.get('ends_at', '')[:10]}"
        typer.echo(f"{row['id']}  {row['state']:<10}  {row['origin']:<9}  {period:<21}  {row['name']}")
    if not rows:
        typer.echo(_("No feeds yet."))


@app.command()
def upload(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    zone: Annotated[
        str, typer.Option(help=_("Zone of times without offset, and of the days."))
    ] = "Europe/Paris",
    time_column: TimeColumn = None,
    value_column: ValueColumn = None,
    unit: FileUnit = None,
    stamp: FileStamp = None,
    kind: FileKind = None,
    quantity: FileQuantity = None,
    date_order: FileDateOrder = None,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Bring a file of past consumption as a feed, and wait until it is read."""
    api = operator(data_dir)
    said = {
        "name": without_number(file.name), "zone": zone,
        "time_column": time_column, "value_column": value_column,
        "unit": unit, "stamp": stamp, "kind": kind, "quantity": quantity, "date_order": date_order,
    }  # fmt: skip
    query = urlencode({name: value for name, value in said.items() if value})
    feed = _ask(api.send_file, f"/feeds?{query}", file)
    while feed["state"] == "waiting":
        time.sleep(POLL_S)
        feed = _ask(api.get, f"/feeds/{feed['id']}")
    if as_json:
        typer.echo(json.dumps(feed))
    elif feed["state"] == "ready":
        summary = feed["summary"]
        typer.echo(
            f"{feed['id']}  {summary['readings']} readings, {summary['days']} days, {summary['format']}"
        )
    if feed["state"] != "ready":
        _fail(feed["problem"])


@app.command()
def record(
    coop: Annotated[str, typer.Argument(help=_("The cooperative's slug."))],
    minutes: Annotated[int, typer.Option(min=1, help=_("For so long."))] = 60,
    data_dir: DataDir = None,
) -> None:
    """Keep a copy of what arrives in a cooperative, of who allows it, as a feed."""
    feed = _ask(operator(data_dir).post, "/recordings", {"coop": coop, "minutes": minutes})
    typer.echo(f"{feed['id']}  records {coop} until {feed['records_until'][:19]}")


@app.command("end-recording")
def end_recording(feed: Annotated[str, typer.Argument()], data_dir: DataDir = None) -> None:
    """Before its time is over."""
    _ask(operator(data_dir).post, f"/recordings/{feed}/stop")


@app.command()
def start(
    feed: Annotated[str, typer.Argument(help=_("As `feeds` shows it (fee_…)."))],
    speed: Speed = "max",
    since: Annotated[str | None, typer.Option("--from", help=_("First instant or day played."))] = None,
    until: Annotated[str | None, typer.Option("--to", help=_("Last instant, or last whole day."))] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("Only say what would change."))] = False,
    keep: Annotated[bool, typer.Option("--keep", help=_("Keep the sandbox for a week."))] = False,
    registers: Annotated[bool, typer.Option("--registers", help=_("As cumulative registers."))] = False,
    meter: Annotated[str | None, typer.Option(help=_("With --live or --dry-run: a real meter."))] = None,
    live: Annotated[bool, typer.Option("--live", help=_("Into the real meter, after a dry run."))] = False,
    detach: Annotated[bool, typer.Option("--detach", help=_("Do not wait for its end."))] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Play a feed; follows it to its end, and Ctrl-C stops it."""
    body = {
        "feed": feed, "speed": speed, "from": since, "to": until, "dry_run": dry_run, "keep": keep,
        "registers": registers, "meter": meter, "live": live,
    }  # fmt: skip
    run(operator(data_dir), body, as_json=as_json, detach=detach)


@app.command()
def simulate(
    homes: Annotated[int, typer.Option(min=1, max=200)] = 5,
    days: Annotated[int, typer.Option(min=1, max=400)] = 30,
    seed: Annotated[int, typer.Option(help=_("Which homes, weather and faults."))] = 1,
    faults: Annotated[str, typer.Option(help=_("Fault profile of devices and network."))] = "none",
    first_day: Annotated[str | None, typer.Option("--first-day", help=_("Else they end yesterday."))] = None,
    fluids: Annotated[bool, typer.Option("--fluids", help=_("Water, gas and heat too."))] = False,
    speed: Speed = "max",
    keep: Annotated[bool, typer.Option("--keep", help=_("Keep the sandbox for a week."))] = False,
    detach: Annotated[bool, typer.Option("--detach", help=_("Do not wait for its end."))] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Play simulated homes; the same numbers draw the same ones."""
    scenario = {
        "homes": homes, "days": days, "seed": seed, "faults": faults, "first_day": first_day,
        "fluids": fluids,
    }  # fmt: skip
    body = {"scenario": scenario, "speed": speed, "keep": keep}
    run(operator(data_dir), body, as_json=as_json, detach=detach)


@app.command()
def show(id: Id, data_dir: DataDir = None) -> None:
    """A replay as the API tells it."""
    typer.echo(json.dumps(_ask(operator(data_dir).get, f"/replays/{id}"), indent=1))


@app.command()
def pause(id: Id, data_dir: DataDir = None) -> None:
    """Its sandbox stays as it is."""
    _act(data_dir, id, {"action": "pause"})


@app.command()
def resume(id: Id, data_dir: DataDir = None) -> None:
    """From where it was, or was sent to."""
    _act(data_dir, id, {"action": "resume"})


@app.command()
def seek(
    id: Id,
    to: Annotated[str, typer.Argument(help=_("An instant or a civil day of the feed."))],
    data_dir: DataDir = None,
) -> None:
    """Go on from there, forward or back."""
    _act(data_dir, id, {"action": "seek", "to": to})


@app.command("speed")
def set_speed(
    id: Id,
    speed: Annotated[str, typer.Argument(help=_("Times real time, or max."))],
    data_dir: DataDir = None,
) -> None:
    """Go on at another speed."""
    _act(data_dir, id, {"action": "speed", "speed": speed})


@app.command()
def stop(id: Id, data_dir: DataDir = None) -> None:
    """Its sandbox goes."""
    _act(data_dir, id, {"action": "stop"})


@app.command()
def drop(id: Id, data_dir: DataDir = None) -> None:
    """End the sandbox that was kept after a replay."""
    _act(data_dir, id, {"action": "drop"})


def run(api: "Api", body: dict[str, Any], *, as_json: bool, detach: bool = False) -> None:
    """Start a replay and follow it; exit 1 when it fails, or a day is not the feed's."""
    with stop_asked() as asked:
        replay = _ask(api.post, "/replays", body)
        if detach:
            typer.echo(json.dumps(replay) if as_json else replay["id"])
            return
        replay = _followed(api, replay, asked, is_quiet=as_json)
    if replay["state"] not in ENDED:
        _ask(api.post, f"/replays/{replay['id']}/actions", {"action": "stop"})
        typer.echo(_("stopped; its sandbox goes"), err=True)
        raise typer.Exit(130)
    result = replay["result"]
    if as_json:
        typer.echo(json.dumps(replay))
    elif result is not None:
        typer.echo(result_told(replay, result))
    if replay["state"] != "done":
        _fail(replay["problem"] or replay["state"])
    if not replay["dry_run"] and result["days_equal"] not in (None, result["days"]):
        raise typer.Exit(1)


def operator(data_dir: Path | None) -> "Api":
    """The platform operator of the running instance."""
    from deploy.up import read_endpoints
    from simulators.api import Api

    found = read_endpoints(settings_for(data_dir).data_dir)
    return Api(found.http, found.operator_token, language())


def _followed(
    api: "Api", replay: dict[str, Any], asked: threading.Event, *, is_quiet: bool
) -> dict[str, Any]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=is_quiet) as bars:
        bar = bars.add_task(replay["feed_name"] or replay["feed"], total=1.0)
        while replay["state"] not in ENDED and not asked.wait(POLL_S):
            replay = _ask(api.get, f"/replays/{replay['id']}")
            words = f"{replay['state']} {(replay['position'] or '')[:10]}"
            bars.update(bar, completed=replay["progress"], description=words)
    return replay


def _act(data_dir: Path | None, id: str, body: dict[str, Any]) -> None:
    replay = _ask(operator(data_dir).post, f"/replays/{id}/actions", body)
    typer.echo(f"{id}  {replay['state']}  {replay['progress']:.1%}")


def _ask(call: Callable[..., Any], *arguments: Any) -> Any:
    from simulators.api import ApiError

    try:
        return call(*arguments)
    except ApiError as error:
        legal = _(" Possible: {actions}.").format(actions=", ".join(error.legal_actions))
        legal = legal if error.legal_actions else ""
        _fail(f"{error}{legal}")


def _fail(words: str) -> None:
    typer.echo(f"palier: {words}", err=True)
    raise typer.Exit(1)
