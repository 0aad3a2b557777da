"""A whole Palier as an operator would start it (`palier up`), and a small cooperative to put in it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import IO, Any
from urllib.request import urlopen

import psutil

from simulators.api import Api
from simulators.publications import Device

READY_SECONDS = 90


@dataclass
class House:
    """A running instance, spoken to from outside only: HTTP, MQTT, commands."""

    data_dir: Path
    process: subprocess.Popen[str]
    endpoints: dict[str, str]
    _apis: dict[tuple[str, str, str | None], Api] = field(default_factory=dict)

    def pid(self, name: str) -> int:
        """Process id of a room or engine now."""
        return int((self.data_dir / "run" / f"{name}.pid").read_text())

    def command(self, *arguments: str) -> str:
        """Standard output of a `palier` command against this instance."""
        done = palier(*arguments, "--data-dir", str(self.data_dir))
        assert done.returncode == 0, done.stderr
        return done.stdout

    def operator(self) -> Api:
        """The platform operator."""
        return Api(self.endpoints["http"], self.endpoints["operator_token"])

    def api(self, role: str, coop: str, subject: str | None = None) -> Api:
        """A caller with a token as the command line gives it."""
        key = (role, coop, subject)
        if key not in self._apis:
            extra = ("--subject", subject) if subject else ()
            token = self.command("token", "--role", role, "--coop", coop, *extra, "--json")
            self._apis[key] = Api(self.endpoints["http"], json.loads(token)["token"])
        return self._apis[key]

    def is_ready(self) -> bool:
        """Whether the operations port says that every engine and room is up."""
        try:
            with urlopen(self.endpoints["operations"] + "/readyz", timeout=5) as answer:
                return bool(json.load(answer)["ready"])
        except (OSError, ValueError):
            return False

    def kill(self, name: str) -> int:
        """`kill -9` of a room, an engine, or the `supervisor` with all it runs. Returns the process id."""
        eventually(lambda: self._is_alive(name), what=f"{name} does not run")
        pid = self.pid(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    def _is_alive(self, name: str) -> bool:
        """A process id outlives its process in its file, and soon names a process or a thread of others."""
        try:
            process = psutil.Process(self.pid(name))
            return name == "supervisor" or any(one.pid == self.pid("supervisor") for one in process.parents())
        except (OSError, ValueError, psutil.Error):
            return False

    def has_again(self, name: str, old: int) -> bool:
        """Whether a process of that name runs, and is not the one that was killed. Its file may be missing
        for a moment."""
        return self._is_alive(name) and self.pid(name) != old

    def start_again(self, *arguments: str) -> None:
        """`palier up` in the same folder, after its supervisor was killed."""
        self.process.wait(timeout=10)
        if self.process.stdout:
            self.process.stdout.close()
        with (self.data_dir / "up.log").open("a") as log:
            self.process = start(self.data_dir, log, *arguments)
        self.endpoints = json.loads((self.data_dir / "endpoints.json").read_text())

    def stop(self) -> int:
        """SIGTERM, and how it ended; kept within the ten seconds that were promised."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=10)


@dataclass(frozen=True)
class Home:
    """One household with its meters, all consents given by itself unless the test says otherwise."""

    coop: str
    occupancy: str
    person: str
    dwelling: str
    devices: tuple[Device, ...]

    @property
    def device(self) -> Device:
        return self.devices[0]

    @property
    def meter(self) -> str:
        return self.devices[0].meter


@contextmanager
def running(data_dir: Path, *arguments: str) -> Iterator[House]:
    """`palier up` in a folder, until the block ends. Its log goes to the folder's `up.log`."""
    with (data_dir / "up.log").open("a") as log:
        process = start(data_dir, log, *arguments)
    house = House(data_dir, process, json.loads((data_dir / "endpoints.json").read_text()))
    try:
        yield house
    finally:
        process = house.process  # another one after `start_again`
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process.stdout:
            process.stdout.close()


def eventually(check: Callable[[], bool | None], seconds: float = 90, what: str = "") -> None:
    """Ask until `check` neither returns False nor fails an assertion; its last words are shown if it never
    does within `seconds`."""
    end = time.monotonic() + seconds
    while True:
        try:
            if check() is not False:
                return
            words = what or "the chain did not settle in time"
        except AssertionError as error:
            words = " ".join(filter(None, (what, str(error))))
        if time.monotonic() > end:
            raise AssertionError(f"after {seconds:.0f} s: {words}")
        time.sleep(0.2)


def start(data_dir: Path, log: IO[str], *arguments: str) -> subprocess.Popen[str]:
    """Start `palier up` and wait for its `ready`."""
    process = subprocess.Popen(
        [*_palier(), "up", "--data-dir", str(data_dir), *arguments],
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        env=_environment(),
    )
    assert process.stdout
    for line in process.stdout:
        if line.strip() == "ready":
            return process
    process.stdout.close()
    raise AssertionError(
        f"palier up ended with {process.wait()}: {(data_dir / 'up.log').read_text()[-3000:]}"
    )


def palier(*arguments: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    """A `palier` command from start to end."""
    return subprocess.run(
        [*_palier(), *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        env=_environment(),
        check=False,
    )


def open_coop(house: House, slug: str, zone: str = "Europe/Paris", **extra: Any) -> None:
    house.operator().post("/coops", {"slug": slug, "name": f"Coopérative {slug}", "zone": zone, **extra})


def an_agent(house: House, coop: str) -> Api:
    """A named person of the cooperative's staff, who can answer for what is taken in hand."""
    invited = house.command(
        "staff", "invite", f"agent@{coop}.example", "--name", "Agent 1", "--coop", coop, "--json"
    )
    return house.api("staff", coop, json.loads(invited)["id"])


def move_in(
    house: House,
    coop: str,
    ref: str,
    *,
    moved_in_on: date,
    consents: tuple[str, ...] = ("daily", "half_hourly", "advice"),
    meter: dict[str, Any] | None = None,
    dwelling: dict[str, Any] | None = None,
    on_paper: bool = False,
    language: str = "fr",
    **extra: Any,
) -> Home:
    """A household moves in and consents by its own token, or on paper, which takes no command for a token."""
    body = {
        "coop": coop,
        "dwelling": {
            "coop": coop,
            "ref": ref,
            "residence": "Les Tilleuls",
            "floor_area_m2": 62,
            "heating": "district",
            "postcode": "75013",
            "meters": [{"fluid": "electricity", "subscribed_kva": 6, "tariff": "base", **(meter or {})}],
            **(dwelling or {}),
        },
        "household": [
            {
                "name": f"Foyer {ref}",
                "email": f"{ref.lower()}@foyer.example",
                "language": language,
                "right": "holder",
            }
        ],
        "tenure": "tenant",
        "moved_in_on": moved_in_on.isoformat(),
        **extra,
    }
    answer = house.api("staff", coop).post("/move-ins", body)
    person = answer["persons"][0]["id"]
    giver = house.api("staff", coop) if on_paper else house.api("resident", coop, person)
    how = {"channel": "paper", "witness": "Gardienne 1"} if on_paper else {"channel": "self"}
    for purpose in consents:
        giver.put(
            f"/occupancies/{answer['occupancy']}/consents/{purpose}",
            {"granted": True, "by": person, "text_version": "2026-01", **how},
        )
    devices = tuple(
        Device(meter["id"], meter["topic"], meter["mqtt_username"], meter["mqtt_password"])
        for meter in answer["meters"]
    )
    return Home(coop, answer["occupancy"], person, answer["dwelling"], devices)


def _palier() -> list[str]:
    return [sys.executable, "-m", "deploy.cli"]


def _environment() -> dict[str, str]:
    """The caller's, without settings of Palier: a developer's own engines are no place for tests. Commands
    speak English, whatever the developer's language."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PALIER_")}
    return kept | {"LC_ALL": "C.UTF-8"}
