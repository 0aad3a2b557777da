"""`palier up` as a process: ready, restarted piece by piece, drained, and gone without a trace."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from deploy.engines.testing import temporary_engines
from deploy.rooms import ROOMS as EVERY_ROOM

ROOT = Path(__file__).resolve().parents[3]
ROOMS = ["timekeeper", "intake"]  # two rooms without a database: what is tested is their supervisor
_UP = """
import sys
from pathlib import Path
from deploy.up import up
from services.kit.settings import Settings
up(Settings.model_construct(data_dir=Path(sys.argv[1]), log_level="INFO"), rooms=sys.argv[2:])
"""


class Instance:
    """A started supervisor and what it says of itself."""

    def __init__(self, data_dir: Path, rooms: list[str]) -> None:
        self.data_dir = data_dir
        self.log = data_dir.with_name(data_dir.name + ".log")
        started = time.monotonic()
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _UP, str(data_dir), *rooms],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={key: value for key, value in os.environ.items() if not key.startswith("PALIER_")},
            )
        assert self.process.stdout
        said = self.process.stdout.readline()
        self.ready_seconds = time.monotonic() - started
        assert said == "ready\n", self.log.read_text()[-3000:]

    @property
    def endpoints(self) -> dict[str, str]:
        found: dict[str, str] = json.loads((self.data_dir / "endpoints.json").read_text())
        return found

    def pid(self, name: str) -> int:
        return int((self.data_dir / "run" / f"{name}.pid").read_text())

    def assert_ready(self) -> None:
        """Every part, from the word `ready` on; names those that are not."""
        assert [name for name, ready in self.readiness()["parts"].items() if not ready] == []
        assert self.readiness()["ready"] is True

    def readiness(self) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(self.endpoints["operations"] + "/readyz").json()
        return found

    def stop(self, how: signal.Signals = signal.SIGTERM) -> float:
        """Seconds until it was gone."""
        started = time.monotonic()
        self.process.send_signal(how)
        self.process.wait(15)
        assert self.process.stdout
        self.process.stdout.close()
        return time.monotonic() - started


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """Shared by the tests after which it still runs."""
    started = Instance(tmp_path_factory.mktemp("instance") / "data", ROOMS)
    yield started
    started.stop()


@pytest.fixture
def passing_instance(tmp_path: Path) -> Iterator[Instance]:
    """For tests that end it."""
    started = Instance(tmp_path / "data", ROOMS)
    yield started
    if started.process.poll() is None:
        started.stop()


def test_ps_and_top_tell_the_rooms_apart(instance: Instance) -> None:
    for room in ROOMS:
        process = psutil.Process(instance.pid(room))
        assert Path(f"/proc/{process.pid}/comm").read_text().strip() == f"palier-{room}"[:15]
        assert process.cmdline()[0] == f"palier-{room}"


def test_it_says_where_it_is_to_its_owner_only(instance: Instance) -> None:
    assert (instance.data_dir / "endpoints.json").stat().st_mode & 0o777 == 0o600
    assert {"http", "mqtt", "nats", "database", "operations", "operator_token"} <= set(instance.endpoints)
    operations = instance.endpoints["operations"]
    assert httpx.get(operations + "/livez").status_code == 200
    instance.assert_ready()
    assert "palier_loop_lag_seconds" in httpx.get(operations + "/metrics").text
    assert httpx.get(operations + "/else").status_code == 404


@pytest.mark.parametrize("name", ["timekeeper", "intake", "nats", "postgres"])
def test_what_is_killed_is_named_and_started_again(instance: Instance, name: str) -> None:
    old = instance.pid(name)
    before = instance.endpoints
    os.kill(old, signal.SIGKILL)
    eventually(lambda: instance.pid(name) != old and instance.readiness()["ready"])
    assert f"{name} died" in instance.log.read_text()
    assert instance.endpoints == before


def test_the_fork_server_may_die_too(instance: Instance) -> None:
    server = psutil.Process(instance.pid("intake")).parent()
    assert server is not None
    old = instance.pid("intake")
    server.kill()
    eventually(lambda: instance.pid("intake") != old and instance.readiness()["ready"], 90)


def test_sigterm_drains_everything_in_time(passing_instance: Instance) -> None:
    instance = passing_instance
    family = psutil.Process(instance.process.pid).children(recursive=True)
    assert instance.stop() < 10
    assert instance.process.returncode == 0
    assert alive(family) == []
    assert not (instance.data_dir / "endpoints.json").exists()
    assert list((instance.data_dir / "run").glob("*.pid")) == []


def test_a_killed_supervisor_leaves_nothing_in_the_way(passing_instance: Instance) -> None:
    instance = passing_instance
    family = psutil.Process(instance.process.pid).children(recursive=True)
    instance.stop(signal.SIGKILL)
    again = Instance(instance.data_dir, ROOMS)
    try:
        assert alive(family) == []
        assert_ready_in_time(again)
        again.assert_ready()
    finally:
        again.stop()


def test_a_second_instance_on_the_same_folder_is_refused(instance: Instance) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "deploy.cli", "up", "--data-dir", str(instance.data_dir)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert second.returncode == 1
    assert "in use by another palier" in second.stderr
    instance.assert_ready()


def test_the_whole_house_is_ready_in_time_on_a_second_start(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    assert Instance(data_dir, list(EVERY_ROOM)).stop() < 10
    again = Instance(data_dir, list(EVERY_ROOM))
    try:
        assert_ready_in_time(again)
        assert set(again.readiness()["parts"]) == {*EVERY_ROOM, "postgres", "nats", "mail"}
        assert httpx.get(again.endpoints["http"]).status_code < 400
        overview = httpx.get(
            again.endpoints["http"] + "/api/v1/operations/overview",
            headers={"Authorization": f"Bearer {again.endpoints['operator_token']}"},
        )
        assert overview.status_code == 200, overview.text
    finally:
        assert again.stop() < 10


def test_serve_runs_one_room_against_engines_that_run_elsewhere(tmp_path: Path) -> None:
    with temporary_engines(only=("nats",)) as engines:
        own = tmp_path / "own"
        urls = {"PALIER_NATS_URL": engines.settings.nats_url or "", "PALIER_DATA_DIR": str(own)}
        serving = subprocess.Popen(
            [sys.executable, "-m", "deploy.cli", "serve", "timekeeper"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | urls | {"PALIER_SECRET": engines.secrets.master},
        )
        with serving:
            assert serving.stdout
            assert serving.stdout.readline() == "ready\n"
            serving.terminate()
            assert serving.wait(10) == 0
        assert not (own / "nats").exists()


def assert_ready_in_time(instance: Instance) -> None:
    """Ten seconds on two cores; on a machine that others keep busy, its processor time alone counts."""
    family = [
        psutil.Process(instance.process.pid),
        *psutil.Process(instance.process.pid).children(recursive=True),
    ]
    times = [process.cpu_times() for process in family]
    assert sum(one.user + one.system for one in times) < 7
    if os.getloadavg()[0] <= (os.cpu_count() or 1):
        assert instance.ready_seconds < 10


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    _, staying = psutil.wait_procs(processes, timeout=30)
    return [
        process for process in staying if process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    ]


def eventually(holds: Callable[[], Any], timeout_seconds: float = 60) -> None:
    """Waits for the world, which has no virtual clock, by asking it."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        try:
            if holds():
                return
        except (OSError, ValueError, httpx.HTTPError):
            pass
        assert time.monotonic() < deadline, "it did not come about in time"
        threading.Event().wait(0.05)
