"""`palier simulate`: a fleet of simulated meters on a running instance, until stopped."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.commands.options import DataDir

if TYPE_CHECKING:
    from simulators.api import Api
    from simulators.publications import Device

app = typer.Typer(add_completion=False)

UNITS_S = {"s": 1, "m": 60, "h": 3600}


@app.command()
def simulate(
    homes: Annotated[int, typer.Option(min=1, help="Simulated homes.")] = 10,
    every: Annotated[str, typer.Option(help="Between two readings of a home: 10s, 5m, 1h.")] = "10s",
    coop: Annotated[str, typer.Option(help="A sandbox cooperative; made if there is none.")] = "simulation",
    seed: Annotated[int, typer.Option(help="Which homes, weather and faults.")] = 1,
    faults: Annotated[str, typer.Option(help="Fault profile of devices and network.")] = "none",
    turns: Annotated[int | None, typer.Option(min=1, help="Stop after so many rounds.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Publish over MQTT as separate devices until Ctrl-C. Only ever into a sandbox cooperative."""
    from deploy.commands.keys import Keys, private_folder
    from deploy.commands.options import running_settings
    from deploy.up import read_endpoints
    from simulators import live
    from simulators.api import Api
    from simulators.faults import PROFILES
    from simulators.fleet import Fleet
    from simulators.ledger import Ledger
    from simulators.meter import Meter
    from simulators.park import park
    from simulators.weather import Weather

    every_seconds = seconds(every)
    if faults not in PROFILES:
        raise typer.BadParameter(f"one of {', '.join(sorted(PROFILES))}", param_hint="--faults")
    settings = running_settings(data_dir)
    endpoints = read_endpoints(settings.data_dir)
    folder = private_folder(settings.data_dir.absolute())
    weather, drawn = Weather(seed), park(seed, homes)
    with Keys(settings) as keys:
        operator = Api(endpoints.http, endpoints.operator_token)
        sandbox(operator, coop)
        known = Devices(folder / f"{coop}-{seed}.json")
        devices = known.register(operator, keys, endpoints.http, coop, seed, homes)
    # Registers go on where they would be, had the fleet run since the first start.
    pairs = [
        (device, Meter(home, weather, known.first_day, "Europe/Paris", 1_000_000 * home.index))
        for device, home in zip(devices, drawn, strict=True)
    ]
    ledger = Ledger()
    done = 0

    def each(instant: datetime) -> None:
        nonlocal done
        done += 1
        operator.post(f"/coops/{coop}/clock", {"now": instant.isoformat()})
        ledger.write(folder / f"{coop}-ledger.json")
        if turns is not None and done >= turns:
            raise KeyboardInterrupt

    typer.echo(f"{homes} homes publish every {every_seconds:g} s into {coop}; Ctrl-C stops", err=True)
    with Fleet(endpoints.mqtt, devices, ledger) as fleet:
        try:
            live.run(fleet, pairs, every_seconds, faults, seed, each)
        except KeyboardInterrupt:
            typer.echo(f"{ledger.messages} messages, {ledger.readings} readings acknowledged", err=True)


def seconds(text: str) -> float:
    """`10s`, `5m`, `1h` or a bare number of seconds."""
    try:
        number = float(text[:-1]) * UNITS_S[text[-1]] if text[-1:] in UNITS_S else float(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"{text!r} is no duration; write 10s, 5m or 1h", param_hint="--every"
        ) from error
    if number <= 0:
        raise typer.BadParameter("longer than nothing", param_hint="--every")
    return number


def sandbox(operator: "Api", coop: str) -> None:
    """Makes sure that `coop` is a sandbox, making it if it is new; exit 1 for a real cooperative."""
    from simulators.api import ApiError

    body = {"slug": coop, "name": f"Bac à sable {coop}", "zone": "Europe/Paris", "sandbox": True}
    try:
        operator.post("/coops", body)
    except ApiError as error:
        if error.status != 409:
            raise
    try:
        operator.post(f"/coops/{coop}/clock", {"now": datetime.now(UTC).isoformat()})
    except ApiError as error:
        if error.status != 409:
            raise
        typer.echo(f"palier: {coop} is a real cooperative; simulations go into a sandbox only", err=True)
        raise typer.Exit(1) from error


class Devices:
    """The registered devices of a simulated fleet. Passwords are shown once, so they are kept (0600)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        kept: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        self._devices: list[dict[str, str]] = kept.get("devices", [])
        self.first_day = date.fromisoformat(kept["first_day"]) if kept else datetime.now(UTC).date()

    def register(
        self, operator: "Api", keys: Any, http: str, coop: str, seed: int, homes: int
    ) -> "list[Device]":
        """The first `homes` devices, the missing ones moved in now with all consents."""
        from contracts.codes import Role
        from simulators.park import park
        from simulators.plans import plan
        from simulators.publications import Device
        from simulators.residence import Builder
        from simulators.weather import Weather

        if len(self._devices) < homes:
            builder = Builder(
                coop, http, operator, lambda role, person: keys.token(Role(role), coop, person), Weather(seed)
            )
            # Planned as of a one-day month: everybody is there before it.
            wanted = plan(park(seed, homes), self.first_day, 1, seed)
            for one in wanted[len(self._devices) :]:
                household = builder.move_in(one, self.first_day - timedelta(days=400))
                self._devices.append(vars(household.device))
                self._keep()
        return [Device(**kept) for kept in self._devices[:homes]]

    def _keep(self) -> None:
        self._path.touch(mode=0o600)
        text = json.dumps({"first_day": self.first_day.isoformat(), "devices": self._devices}, indent=1)
        self._path.write_text(text + "\n", "utf-8")
