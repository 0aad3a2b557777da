"""`palier replay`: files of past consumption, played as a meter would, over MQTT."""

import json
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from deploy.commands.options import DataDir

if TYPE_CHECKING:
    from deploy.commands.keys import Keys
    from simulators.api import Api
    from simulators.feeds import Interval
    from simulators.fleet import Fleet
    from simulators.publications import Device, Publication

app = typer.Typer(add_completion=False)

STORE_PATIENCE_S = 300.0


@app.command()
def replay(
    source: Annotated[
        list[Path], typer.Argument(help="CSV, CSV.gz or UCI text.", exists=True, dir_okay=False)
    ],
    speed: Annotated[str, typer.Option(help="Times real time, or max.")] = "max",
    since: Annotated[str | None, typer.Option("--from", help="First instant or day played.")] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="Last instant, or last whole day, played.")
    ] = None,
    meter: Annotated[str | None, typer.Option(help="With --live: the meter to play into.")] = None,
    is_live: Annotated[bool, typer.Option("--live", help="Into a real meter, after a dry run.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before playing into a real meter.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the sandbox afterwards.")] = False,
    zone: Annotated[
        str, typer.Option(help="Zone of times without offset, and of the days.")
    ] = "Europe/Paris",
    as_registers: Annotated[
        bool, typer.Option("--registers", help="As cumulative registers rather than load curves.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Only the result, as JSON.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Play files into a sandbox made for it and dropped after it, or on purpose into a named meter."""
    from deploy.commands.keys import Keys
    from deploy.commands.options import running_settings
    from deploy.up import read_endpoints
    from simulators.api import Api
    from simulators.feeds import FeedError, between, read
    from simulators.fleet import Fleet
    from simulators.ledger import Ledger

    if is_live != (meter is not None):
        raise typer.BadParameter("--live and --meter go together", param_hint="--live")
    if is_live and len(source) > 1:
        raise typer.BadParameter("one file at a time into a real meter")
    rate = _speed(speed)
    first, last = _instant(since, zone, False), _instant(until, zone, True)
    try:
        feeds = [Feed(path.name, between(read(path, zone), first, last)) for path in source]
    except FeedError as error:
        typer.echo(f"palier: {error}", err=True)
        raise typer.Exit(1) from error
    if not all(feed.intervals for feed in feeds):
        typer.echo("palier: nothing of the file lies in that period", err=True)
        raise typer.Exit(1)
    if not as_json:
        for feed in feeds:
            typer.echo(feed.summary(zone), err=True)
    settings = running_settings(data_dir)
    endpoints = read_endpoints(settings.data_dir)
    operator = Api(endpoints.http, endpoints.operator_token)
    with ExitStack() as ends:
        keys = ends.enter_context(Keys(settings))
        if meter is not None:
            places = [_live_place(operator, keys, meter, yes, ends)]
        else:
            places = _sandbox_places(operator, keys, endpoints.http, feeds, zone, keep, ends)
        devices = [place.device for place in places]
        fleet = ends.enter_context(Fleet(endpoints.mqtt, devices, Ledger()))
        played = [
            _play(fleet, place, feed, rate, zone, as_registers, as_json)
            for place, feed in zip(places, feeds, strict=True)
        ]
    typer.echo(json.dumps(played, indent=1))
    if any(one["stored_wh"] != one["file_wh"] for one in played) and meter is None:
        raise typer.Exit(1)


@dataclass(frozen=True)
class Feed:
    """One file to play."""

    name: str
    intervals: "list[Interval]"

    @property
    def energy_wh(self) -> int:
        return sum(one.energy_milli for one in self.intervals) // 1000

    def summary(self, zone: str) -> str:
        """The dry run: what would be played."""
        local = ZoneInfo(zone)
        first, last = self.intervals[0].start.astimezone(local), self.intervals[-1].end.astimezone(local)
        return (
            f"{self.name}: {len(self.intervals)} intervals of {self.intervals[0].step_s} s, "
            f"{self.energy_wh / 1000:.3f} kWh, from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}"
        )


@dataclass(frozen=True)
class Place:
    """Where a feed is played, and who may read the result there."""

    meter: str
    device: "Device"
    reader: "Api"
    tell_clock: Callable[[datetime], None] = lambda now: None
    """Moves the sandbox's business time along with the feed."""


def _play(
    fleet: "Fleet", place: Place, feed: Feed, rate: float | None, zone: str, registers: bool, quiet: bool
) -> dict[str, Any]:
    from rich.console import Console
    from rich.progress import track

    from simulators import feeds

    if registers:
        stream = feeds.as_registers(place.device, feed.intervals)
    else:
        stream = feeds.as_load_curves(place.device, feed.intervals, zone)
    messages: Iterable[Publication] = list(stream)
    if not quiet:
        messages = track(messages, feed.name, console=Console(stderr=True), transient=True)
    clock = _Pace(rate)
    today = None
    for one in messages:
        if (day := one.at.astimezone(ZoneInfo(zone)).date()) != today:
            today = day
            place.tell_clock(one.at)
        fleet.idle(clock.wait_seconds(one.at))
        fleet.publish(one)
    fleet.drain()
    account = fleet.ledger.meters[place.meter]
    return {
        "file": feed.name,
        "meter": place.meter,
        "messages": account.acknowledged,
        "readings": account.readings,
        "file_wh": feed.energy_wh,
        "stored_wh": _stored_wh(place, feed, zone),
    }


class _Pace:
    """When to send what was sent at an instant of the past, at `rate` times real time (None: at once)."""

    def __init__(self, rate: float | None) -> None:
        self._rate = rate
        self._began = time.monotonic()
        self._first: datetime | None = None

    def wait_seconds(self, at: datetime) -> float:
        if self._rate is None:
            return 0.0
        self._first = self._first or at
        due = (at - self._first).total_seconds() / self._rate
        return max(0.0, due - (time.monotonic() - self._began))


def _stored_wh(place: Place, feed: Feed, zone: str) -> int:
    """The days' energy as the service has it, once it agrees with the file or patience ends."""
    local = ZoneInfo(zone)
    first, last = feed.intervals[0].start.astimezone(local), feed.intervals[-1].start.astimezone(local)
    end = time.monotonic() + STORE_PATIENCE_S
    last_change, before = time.monotonic(), -1
    while True:
        answer = place.reader.get(f"/meters/{place.meter}/days", **{"from": first.date(), "to": last.date()})
        stored = sum(day["value"] or 0 for day in answer["days"])
        if stored != before:
            before, last_change = stored, time.monotonic()
        calm = time.monotonic() - last_change
        if stored == feed.energy_wh or calm > STORE_PATIENCE_S / 10 or time.monotonic() > end:
            return stored
        time.sleep(0.5)


def _sandbox_places(
    operator: "Api", keys: "Keys", http: str, feeds: list[Feed], zone: str, keep: bool, ends: ExitStack
) -> list[Place]:
    """A cooperative of its own, one dwelling and consenting household a file."""
    from contracts.codes import Fluid, Heating, Purpose, Right, Role, TariffKind, Tenure
    from deploy.commands.simulate import stamp
    from simulators.api import Api
    from simulators.residence import MAIL_DOMAIN, TEXT_VERSION, device_of

    coop = f"replay-{stamp()}"
    operator.post("/coops", {"slug": coop, "name": "Relecture", "zone": zone, "sandbox": True})
    if not keep:
        ends.callback(_drop, operator, coop)

    def tell_clock(now: datetime) -> None:
        operator.post(f"/coops/{coop}/clock", {"now": now.isoformat()})

    places = []
    for number, feed in enumerate(feeds, 1):
        tell_clock(feed.intervals[-1].end)  # for the consents: the household lives there by then
        starts_on = feed.intervals[0].start.astimezone(ZoneInfo(zone)).date()
        dwelling = {
            "coop": coop, "ref": f"FICHIER-{number}", "residence": "Relecture", "floor_area_m2": "60",
            "heating": Heating.COLLECTIVE, "postcode": "00000", "zone": zone,
            "meters": [{"fluid": Fluid.ELECTRICITY, "tariff": TariffKind.BASE, "subscribed_kva": 6}],
        }  # fmt: skip
        answer = operator.post(
            "/move-ins",
            {
                "coop": coop, "dwelling": dwelling, "tenure": Tenure.TENANT, "quiet": True,
                "moved_in_on": starts_on,
                "household": [
                    {
                        "name": f"Foyer {number}", "email": f"foyer-{number}@{MAIL_DOMAIN}",
                        "right": Right.HOLDER,
                    }
                ],
            },
        )  # fmt: skip
        person = answer["persons"][0]["id"]
        household = Api(http, keys.token(Role.RESIDENT, coop, person))
        for purpose in (Purpose.DAILY, Purpose.HALF_HOURLY, Purpose.ADVICE):
            household.put(
                f"/occupancies/{answer['occupancy']}/consents/{purpose}",
                {"granted": True, "by": person, "text_version": TEXT_VERSION, "channel": "self"},
            )
        device = device_of(answer["meters"][0])
        places.append(Place(device.meter, device, household, tell_clock))
    return places


def _drop(operator: "Api", coop: str) -> None:
    """The sandbox goes with all it holds."""
    from simulators.api import ApiError

    try:
        operator.delete(f"/coops/{coop}")
    except ApiError as error:
        if error.status not in (404, 405):
            raise
        typer.echo(f"palier: the sandbox {coop} could not be dropped and stays", err=True)


def _live_place(operator: "Api", keys: "Keys", meter: str, yes: bool, ends: ExitStack) -> Place:
    """A gateway for the time of the replay: the meter's own device keeps its credential and goes on."""
    from simulators.publications import Device

    coop = keys.coop_of(meter)
    if coop is None:
        typer.echo(f"palier: there is no meter {meter}", err=True)
        raise typer.Exit(1)
    if not yes:
        typer.confirm(f"Play this into the real meter {meter} of {coop}?", abort=True)
    answer = operator.post("/gateways", {"coop": coop, "codec": "load-curve", "channels": {"replay": meter}})
    ends.callback(operator.delete, f"/gateways/{answer['id']}/credential")
    device = Device(meter, answer["topic"], answer["mqtt_username"], answer["mqtt_password"], "replay")
    return Place(meter, device, operator)


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        rate = float(text.removesuffix("x"))
    except ValueError as error:
        raise typer.BadParameter("a number, or max", param_hint="--speed") from error
    if rate > 0:
        return rate
    raise typer.BadParameter("more than nothing, or max", param_hint="--speed")


def _instant(text: str | None, zone: str, is_end: bool) -> datetime | None:
    """An instant, or a civil day: its beginning, or its end for `--to`."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is neither a day nor an instant") from error
    if found.tzinfo is None:
        if len(text) == 10 and is_end:
            found += timedelta(days=1)
        found = found.replace(tzinfo=ZoneInfo(zone))
    return found.astimezone(UTC)
