"""`palier replay`: files of past consumption, played as a meter would, over MQTT."""

import json
import re
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from contracts.base import ID_BODY
from contracts.codes import FileReason
from contracts.words import word
from deploy.commands.options import (
    DataDir,
    FileDateOrder,
    FileKind,
    FileQuantity,
    FileStamp,
    FileUnit,
    TimeColumn,
    ValueColumn,
    printable,
)
from deploy.words import _, language

if TYPE_CHECKING:
    from deploy.commands.keys import Keys
    from deploy.player_scripts import ScriptError
    from deploy.replaying import Feed

app = typer.Typer(add_completion=False)
FEED = re.compile(f"fee_{ID_BODY}")


@app.command()
def replay(
    source: Annotated[
        list[str],
        typer.Argument(help=_("Files of past consumption, as for `palier import`; or a feed (fee_…).")),
    ],
    speed: Annotated[str, typer.Option(help=_("Times real time, or max."))] = "max",
    since: Annotated[str | None, typer.Option("--from", help=_("First instant or day played."))] = None,
    until: Annotated[
        str | None, typer.Option("--to", help=_("Last instant, or last whole day, played."))
    ] = None,
    meter: Annotated[str | None, typer.Option(help=_("With --live: the meter to play into."))] = None,
    is_live: Annotated[bool, typer.Option("--live", help=_("Into a real meter, after a dry run."))] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help=_("Do not ask before playing into a real meter."))
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help=_("Keep the sandbox afterwards."))] = False,
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
    as_registers: Annotated[
        bool, typer.Option("--registers", help=_("As cumulative registers rather than load curves."))
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help=_("Only the result, as JSON."))] = False,
    data_dir: DataDir = None,
) -> None:
    """Play files into a sandbox made for it and dropped after it, or on purpose into a named meter.

    Exit 1 when, in a sandbox, a day's stored energy is not the file's. Ctrl-C stops, and drops the sandbox.
    """
    from deploy import replay_places
    from deploy.commands.keys import Keys
    from deploy.commands.options import running_settings
    from deploy.replaying import play
    from deploy.up import read_endpoints
    from simulators.api import Api
    from simulators.fleet import Fleet
    from simulators.ledger import Ledger

    if is_live != (meter is not None):
        raise typer.BadParameter(_("--live and --meter go together"), param_hint="--live")
    if is_live and len(source) > 1:
        raise typer.BadParameter(_("one file at a time into a real meter"))
    if is_live and as_registers:
        raise typer.BadParameter(
            _("a real meter has a register of its own that the file's would contradict; play load curves"),
            param_hint="--registers",
        )
    if any(FEED.fullmatch(one) for one in source):
        _play_kept(source, speed, since, until, meter, is_live, keep, as_registers, as_json, data_dir)
        return
    rate = _speed(speed)
    said: dict[str, Any] = {
        "time_column": time_column, "value_column": value_column, "unit": unit, "stamp": stamp, "kind": kind,
        "quantity": quantity, "date_order": date_order,
    }  # fmt: skip
    files = _files(source)
    feeds = _feeds(files, zone, said, _instant(since, zone, False), _instant(until, zone, True))
    if is_live and len(feeds) > 1:
        raise typer.BadParameter(
            _("the file tells several quantities; import it instead"), param_hint="SOURCE"
        )
    settings = running_settings(data_dir)
    endpoints = read_endpoints(settings.data_dir)
    operator = Api(endpoints.http, endpoints.operator_token)
    with ExitStack() as ends:
        keys = ends.enter_context(Keys(settings))
        coop = ""
        if meter is not None:
            coop, zone = _place_of(meter, keys)
            feeds = [replace(feed, zone=zone) for feed in feeds]  # its days are the meter's own
        if is_live or not as_json:
            for feed in feeds:
                typer.echo(feed.summary(), err=True)
        if meter is not None:
            if not yes:
                question = _("Play this into the real meter {meter} of {coop}?")
                typer.confirm(question.format(meter=meter, coop=coop), abort=True, err=True)
            places = [replay_places.live(operator, keys, endpoints.http, meter, coop, ends)]
        else:
            tenancies = [feed.tenancy for feed in feeds]
            dropping = None if keep else ends
            places = replay_places.sandbox(operator, keys, endpoints.http, tenancies, zone, dropping)
        fleet = ends.enter_context(Fleet(endpoints.mqtt, [place.device for place in places], Ledger()))
        played = [
            play(fleet, place, feed, rate, as_registers=as_registers, is_quiet=as_json)
            for place, feed in zip(places, feeds, strict=True)
        ]
    if as_json:
        typer.echo(json.dumps([one.document() for one in played], indent=1))
    else:
        for one in played:
            typer.echo(one.words())
    if meter is None and not all(one.is_equal for one in played):
        raise typer.Exit(1)


def _play_kept(
    source: list[str],
    speed: str,
    since: str | None,
    until: str | None,
    meter: str | None,
    is_live: bool,
    keep: bool,
    as_registers: bool,
    as_json: bool,
    data_dir: Path | None,
) -> None:
    """A feed that the instance keeps is played by its player."""
    from deploy.commands.replays import operator, run

    if len(source) > 1:
        raise typer.BadParameter(_("one kept feed at a time, and no file beside it"))
    body = {
        "feed": source[0], "speed": speed, "from": since, "to": until, "meter": meter, "live": is_live,
        "keep": keep, "registers": as_registers,
    }  # fmt: skip
    run(operator(data_dir), body, as_json=as_json)


def _files(source: list[str]) -> list[Path]:
    paths = [Path(one) for one in source]
    for path in paths:
        if not path.is_file():
            raise typer.BadParameter(_("there is no file {path}").format(path=path), param_hint="SOURCE")
    return paths


def _feeds(
    source: list[Path], zone: str, said: dict[str, Any], first: datetime | None, last: datetime | None
) -> "list[Feed]":
    from deploy.player_feeds import fluid_of, read_file
    from deploy.player_scripts import ScriptError
    from deploy.replaying import Feed
    from services.metering.files import Options

    feeds = []
    try:
        for path in source:
            with path.open("rb") as content:
                series, file_format, _found = read_file(content, path.name, Options(zone=zone, **said))
            fluid = fluid_of(series, file_format)
            for one in series:
                chosen = one.between(first, last).intervals
                feeds.append(Feed(path.name, chosen, zone, one.quantity, fluid))
    except ScriptError as error:
        typer.echo(f"palier: {_in_words(error)}", err=True)
        raise typer.Exit(1) from error
    if not all(feed.intervals for feed in feeds):
        typer.echo("palier: " + _("nothing of the file lies in that period"), err=True)
        raise typer.Exit(1)
    return feeds


def _in_words(error: "ScriptError") -> str:
    """In the terminal's language; what a file leaves open, by the option that says it."""
    reason, _between, name = error.problem.partition("|")
    if reason == FileReason.OPTION_NEEDED and name:
        return f"{word('file_reasons', reason, language())} --{name.replace('_', '-')}"
    return printable(error.in_(language()))


def _place_of(meter: str, keys: "Keys") -> tuple[str, str]:
    found = keys.place_of(meter)
    if found is None:
        typer.echo("palier: " + _("there is no meter {meter}").format(meter=meter), err=True)
        raise typer.Exit(1)
    return found


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        rate = float(text.removesuffix("x"))
    except ValueError as error:
        raise typer.BadParameter(_("a number, or max"), param_hint="--speed") from error
    if rate > 0:
        return rate
    raise typer.BadParameter(_("more than nothing, or max"), param_hint="--speed")


def _instant(text: str | None, zone: str, is_end: bool) -> datetime | None:
    """An instant, or a civil day: its beginning, or its end for `--to`."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(
            _("{text} is neither a day nor an instant").format(text=repr(text))
        ) from error
    if found.tzinfo is None:
        if len(text) == 10 and is_end:
            found += timedelta(days=1)
        found = found.replace(tzinfo=ZoneInfo(zone))
    return found.astimezone(UTC)
