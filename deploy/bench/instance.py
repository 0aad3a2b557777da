"""A whole Palier for the bench, in a folder of its own, with a cooperative of common-part meters."""

import os
import signal
import sys
from pathlib import Path

import psutil
import psycopg

from deploy.bench.packets import Sender
from deploy.engines.child import Child
from deploy.room_process import project_folder
from deploy.up import Endpoints, read_endpoints
from services.kit import secrets as kit_secrets
from services.kit.secrets import Secrets
from services.kit.settings import Settings
from simulators.api import Api

COOP = "bench"
METERS_A_BUILDING = 50
_READY_SECONDS = 90.0


class Instance:
    """`palier up` as an operator starts it: every room, embedded NATS and PostgreSQL."""

    def __init__(self, folder: Path, mqtt_url: str | None) -> None:
        """`mqtt_url` None: the embedded MQTT broker."""
        self.data_dir = folder / "data"
        self.mqtt_url = mqtt_url
        self._child = Child("instance", folder, death_signal=signal.SIGTERM)
        self.endpoints: Endpoints

    @property
    def settings(self) -> Settings:
        return Settings.model_construct(data_dir=self.data_dir)

    @property
    def secrets(self) -> Secrets:
        return kit_secrets.load(self.settings)

    def start(self) -> None:
        env = {name: value for name, value in os.environ.items() if not name.startswith("PALIER_")}
        env |= {"PYTHONPATH": str(project_folder()), "PALIER_LOG_LEVEL": "WARNING"}
        if self.mqtt_url:
            env["PALIER_MQTT_URL"] = self.mqtt_url
        self._child.start([sys.executable, "-m", "deploy.cli", "up", "--data-dir", self.data_dir], env)
        self._child.wait_until((self.data_dir / "endpoints.json").exists, _READY_SECONDS)
        self.endpoints = read_endpoints(self.data_dir)

    def stop(self) -> None:
        self._child.stop(signal.SIGTERM, 15)

    def open_meters(self, count: int, zone: str) -> list[Sender]:
        """Common-part meters, which need nobody's consent, each with its own credentials."""
        operator = Api(self.endpoints.http, self.endpoints.operator_token)
        operator.post("/coops", {"slug": COOP, "name": "Banc de mesure", "zone": zone, "sandbox": True})
        meters = []
        for first in range(0, count, METERS_A_BUILDING):
            body = {
                "coop": COOP,
                "ref": f"B{first // METERS_A_BUILDING + 1}",
                "residence": "Banc de mesure",
                "meters": [{"fluid": "electricity"}] * min(METERS_A_BUILDING, count - first),
            }
            meters += operator.post("/buildings", body)["meters"]
        return [
            Sender(
                number, meter["mqtt_username"], meter["mqtt_username"], meter["mqtt_password"],
                f"{meter['topic']}/senml",
            )
            for number, meter in enumerate(meters)
        ]  # fmt: skip

    def database(self) -> "psycopg.Connection[tuple[object, ...]]":
        """The owner's connection; every statement its own transaction."""
        return psycopg.connect(self.endpoints.database, autocommit=True)

    def processes(self) -> dict[str, psutil.Process]:
        """Engines and rooms by name; not the supervisor, whose children they are."""
        found = {}
        for file in sorted((self.data_dir / "run").glob("*.pid")):
            if file.stem != "supervisor":
                found[file.stem] = psutil.Process(int(file.read_text()))
        return found
