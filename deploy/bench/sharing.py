"""Two intakes of one MQTT 5 shared subscription: whether they share the work, and what it brings."""

import os
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import psutil

from deploy.bench import observe
from deploy.bench.scene import Say, Scene, over_mosquitto
from deploy.engines.child import Child
from deploy.room_process import project_folder
from deploy.up import read_endpoints

METERS = 100
EACH_AT_LEAST = 0.25
"""Part of the messages that either of the two has to take."""
_GROUP = "?version=5&share=palier&member="
_READY_SECONDS = 60.0
_ACCEPTED = "palier_intake_messages_total"


def run(folder: Path, seconds: float, say: Say) -> dict[str, Any]:
    """One run with one member of the group, one with two."""
    with ExitStack() as ends:
        say("sharing: starting Mosquitto and Palier")
        scene, broker = over_mosquitto(folder / "run", METERS, ends, options=_GROUP + "1")
        alone = scene.through(seconds)
        second = _second_intake(scene, broker.url + _GROUP + "2", folder, ends)
        before = [_accepted(url) for url in (scene.instance.endpoints.operations, second)]
        together = scene.through(seconds)
        after = [_accepted(url) for url in (scene.instance.endpoints.operations, second)]
        taken = [later - earlier for earlier, later in zip(before, after, strict=True)]
        shares = [round(count / max(1, sum(taken)), 3) for count in taken]
        verified = observe.verify(scene.database, scene.sent, scene.job.epoch_s)
        return {
            "one_intake_rate": round(alone.rate),
            "two_intakes_rate": round(together.rate),
            "shares": shares,
            "verified": verified,
            "holds": min(shares) >= EACH_AT_LEAST and verified["is_exact"],
        }


def _second_intake(scene: Scene, mqtt_url: str, folder: Path, ends: ExitStack) -> str:
    """A further `palier serve intake`, as another machine would run it; returns its operations URL."""
    data_dir = folder / "second"
    env = {name: value for name, value in os.environ.items() if not name.startswith("PALIER_")}
    env |= {
        "PYTHONPATH": str(project_folder()),
        "PALIER_LOG_LEVEL": "WARNING",
        "PALIER_MQTT_URL": mqtt_url,
        "PALIER_NATS_URL": scene.instance.endpoints.nats.rpartition("@")[2].join(("nats://", "")),
        "PALIER_DATABASE_URL": scene.instance.endpoints.database,
        "PALIER_SECRET": scene.instance.secrets.master,
    }
    child = Child("second", folder, death_signal=signal.SIGTERM)
    ends.callback(child.stop, signal.SIGTERM, 15)
    child.start([sys.executable, "-m", "deploy.cli", "serve", "intake", "--data-dir", data_dir], env)
    child.wait_until((data_dir / "endpoints.json").exists, _READY_SECONDS)
    scene.processes["second intake"] = psutil.Process(int((data_dir / "run" / "intake.pid").read_text()))
    deadline = time.monotonic() + _READY_SECONDS
    operations = read_endpoints(data_dir).operations
    while "palier_intake_connected 1" not in httpx.get(operations + "/metrics").text:
        if time.monotonic() > deadline:
            raise TimeoutError("the second intake does not subscribe")
        time.sleep(0.1)
    return operations


def _accepted(operations: str) -> float:
    lines = httpx.get(operations + "/metrics").text.splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(_ACCEPTED))
