"""A running instance with its meters, ready to be measured: what every section of the bench begins with."""

import secrets as random_secrets
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from deploy.bench import measure, observe
from deploy.bench.instance import Instance
from deploy.bench.mosquitto import BENCH_USER, Mosquitto
from deploy.bench.packets import Sender
from deploy.bench.publisher import Job
from services.kit import natsauth

DAYS_BACK = 30

Say = Callable[[str], None]


@dataclass
class Scene:
    """A running instance with its meters and what they have sent."""

    instance: Instance
    job: Job
    probe: Sender
    sent: Counter[Sender]
    processes: dict[str, psutil.Process]
    database: observe.Database

    def sent_more(self, job: Job, counts: tuple[int, ...]) -> None:
        self.sent.update(dict(zip(job.senders, counts, strict=True)))

    def through(self, seconds: float) -> measure.Run:
        """All that the senders publish in that time becomes committed rows."""
        job = self.live_job(seconds)
        run = measure.pipeline(job, self.database, self.processes)
        self.sent_more(job, run.published.counts)
        return run

    def live_job(self, seconds: float, rate: float | None = None) -> Job:
        """Each sender goes on where it ended."""
        firsts = tuple(self.sent[sender] for sender in self.job.senders)
        ahead = measure.AHEAD if rate is None else None
        return replace(self.job, firsts=firsts, seconds=seconds, ahead=ahead, rate=rate)


def over_mosquitto(
    folder: Path,
    meters: int,
    ends: ExitStack,
    *,
    options: str = "",
    days_back: int = DAYS_BACK,
    zone: str = "Europe/Paris",
) -> tuple[Scene, Mosquitto]:
    """Palier with Mosquitto in front; all devices share one login, as `options` ends the broker's URL."""
    folder.mkdir(mode=0o700)
    password = random_secrets.token_urlsafe(18)
    instance = Instance(folder, None)
    intake = ("intake", natsauth.room_password(instance.secrets, "intake"))
    broker = Mosquitto(folder, intake, password)
    instance.mqtt_url = broker.url + options
    ends.callback(broker.stop)
    ends.callback(instance.stop)
    broker.start()
    scene = open_scene(instance, meters, ends, days_back=days_back, zone=zone)
    place = urlsplit(broker.url)
    senders = tuple(replace(one, username=BENCH_USER, password=password) for one in scene.job.senders)
    scene.job = replace(
        scene.job, senders=senders, host=place.hostname or "127.0.0.1", port=place.port or 1883
    )
    scene.probe = replace(scene.probe, username=BENCH_USER, password=password)
    scene.processes["mosquitto"] = psutil.Process(broker.pid)
    return scene, broker


def open_scene(
    instance: Instance,
    count: int,
    ends: ExitStack,
    *,
    days_back: int = DAYS_BACK,
    zone: str = "Europe/Paris",
) -> Scene:
    """Starts the instance and registers `count` meters, and one more for probes."""
    instance.start()
    meters = instance.open_meters(count + 1, zone)
    place = urlsplit(instance.endpoints.mqtt)
    epoch_s = (int(time.time()) // 86_400 - days_back) * 86_400
    job = Job(
        place.hostname or "127.0.0.1", place.port or 1883, tuple(meters[:count]), epoch_s, (0,) * count, 1.0
    )
    database = ends.enter_context(instance.database())
    return Scene(instance, job, meters[count], Counter(), instance.processes(), database)
