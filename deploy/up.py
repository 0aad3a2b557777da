"""`palier up` and `palier serve`: engines, migration, rooms, and a word when all of them are ready."""

import json
import logging
import multiprocessing
import os
import resource
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from deploy.engines import EngineError, Engines, MqttTls
from deploy.engines.child import write_private
from deploy.engines.folder import Claim
from deploy.engines.ports import Ports
from deploy.operator_token import operator_token
from deploy.room_process import project_folder
from deploy.rooms import PROCESSES
from deploy.supervisor import RoomProcess, Supervisor
from deploy.titles import call_it
from deploy.words import _
from services.kit import logs, natsauth
from services.kit import secrets as kit_secrets
from services.kit.operations import Operations, prepare_metrics
from services.kit.secrets import Secrets
from services.kit.settings import Settings

_LOG = logging.getLogger(__name__)
_READY_SECONDS = 60.0


@dataclass(frozen=True)
class Listen:
    """Ports on loopback (None: choose and remember), and a public MQTT address, which speaks TLS."""

    http_port: int | None = None
    mqtt_port: int | None = None
    nats_port: int | None = None
    mqtt_tls: MqttTls | None = None
    http_host: str = "127.0.0.1"


@dataclass(frozen=True)
class Endpoints:
    """What `DIR/endpoints.json` says of a running instance. It opens everything: mode 0600."""

    http: str
    mqtt: str
    nats: str
    database: str
    operations: str
    operator_token: str
    smtp: str = ""


def up(
    settings: Settings,
    listen: Listen = Listen(),
    *,
    rooms: Sequence[str] = PROCESSES,
    when_ready: Callable[[Endpoints], None] = lambda endpoints: print("ready", flush=True),
    tend: Callable[[], None] = lambda: None,
) -> None:
    """Runs engines and rooms until SIGTERM or Ctrl-C. `tend` is called five times a second.

    Raises EngineError, with what to do, when something cannot start.
    """
    _prepare_process(settings)
    engines = Engines(
        settings, nats_port=listen.nats_port, mqtt_port=listen.mqtt_port, mqtt_tls=listen.mqtt_tls
    )
    data_dir = engines.data_dir
    http = (listen.http_host, Ports(data_dir).take("http", listen.http_port))
    _start_fork_server(data_dir)
    run_dir = data_dir / "run"
    supervisor = Supervisor(engines, [], run_dir)
    with supervisor.signals():
        supervisor.start_engines()
        full = engines.settings
        with supervisor.interruptible():
            prepare(full)
        supervisor.add([RoomProcess(room, _settings_of(room, rooms, full), http, run_dir) for room in rooms])
        _watch(supervisor, full, http, engines.secrets, when_ready, tend)


def serve(settings: Settings, rooms: Sequence[str], listen: Listen) -> None:
    """Runs only these rooms, against engines named by URL; the database was migrated before."""
    _prepare_process(settings)
    data_dir = settings.data_dir.absolute()
    settings = settings.model_copy(update={"data_dir": data_dir})
    run_dir = data_dir / "run"
    claim = Claim(data_dir)
    claim.take()
    http = (listen.http_host, Ports(data_dir).take("http", listen.http_port))
    _start_fork_server(data_dir)
    supervisor = Supervisor(None, [], run_dir)
    with supervisor.signals():
        supervisor.add(
            [RoomProcess(room, _settings_of(room, rooms, settings), http, run_dir) for room in rooms]
        )
        _watch(
            supervisor, settings, http, kit_secrets.load(settings),
            lambda endpoints: print("ready", flush=True), lambda: None,
        )  # fmt: skip


def prepare(settings: Settings) -> None:
    """Migrates the database and provisions the bus, in a process that has the imports already."""
    context = multiprocessing.get_context("forkserver")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(
        target=_prepare, args=(_plain(settings), theirs), name="palier-prepare", daemon=True
    )
    process.start()
    theirs.close()
    try:
        problem = ours.recv()
    except EOFError:
        problem = _("it ended without a word; see the log above")
    process.join()
    if problem:
        raise EngineError(_("could not migrate and provision: {problem}").format(problem=problem))


def _prepare(settings: dict[str, Any], answer: "Connection[str, str]") -> None:
    call_it("prepare")
    from deploy.prepare import prepare_engines  # its imports are the fork server's, not the supervisor's

    chosen = Settings.model_validate(settings)
    logs.setup("prepare", chosen.log_level)
    try:
        prepare_engines(chosen, kit_secrets.load(chosen))
    except Exception as error:
        _LOG.exception("preparation failed")
        answer.send(f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}")
    else:
        answer.send("")


def _watch(
    supervisor: Supervisor,
    settings: Settings,
    http: tuple[str, int],
    secrets: Secrets,
    when_ready: Callable[[Endpoints], None],
    tend: Callable[[], None],
) -> None:
    data_dir = settings.data_dir
    operations = Operations(Ports(data_dir).take("operations"), supervisor.readiness, data_dir / "metrics")
    operations.start()
    try:
        if missing := supervisor.start_rooms(_READY_SECONDS):
            told = _("not ready after {seconds} s: {rooms}; see the log above")
            raise EngineError(told.format(seconds=f"{_READY_SECONDS:.0f}", rooms=", ".join(missing)))
        endpoints = Endpoints(
            http=f"http://{http[0]}:{http[1]}",
            mqtt=settings.mqtt_url or "",
            nats=_admin_url(settings, secrets),
            database=settings.database_url or "",
            operations=operations.url,
            operator_token=operator_token(secrets),
            smtp=settings.smtp_url or "",
        )
        write_private(data_dir / "endpoints.json", json.dumps(endpoints.__dict__, indent=1) + "\n")
        when_ready(endpoints)
        supervisor.run(tend)
    finally:
        (data_dir / "endpoints.json").unlink(missing_ok=True)
        operations.stop()


def read_endpoints(data_dir: Path) -> Endpoints:
    """The running instance of a data folder; EngineError when none runs there."""
    try:
        return Endpoints(**json.loads((data_dir / "endpoints.json").read_text()))
    except FileNotFoundError as error:
        told = _("no running palier in {folder}: start `palier up --data-dir {folder}`")
        raise EngineError(told.format(folder=data_dir)) from error


def running_settings(settings: Settings) -> Settings:
    """`settings` with the embedded engines of the running instance named by URL; else EngineError."""
    if settings.nats_url and settings.mqtt_url and settings.database_url:
        return settings
    found = read_endpoints(settings.data_dir)
    nats = urlsplit(found.nats)
    urls = {"nats_url": f"nats://{nats.hostname}:{nats.port}", "mqtt_url": found.mqtt}
    urls |= {"database_url": found.database}
    if found.smtp:
        urls["smtp_url"] = found.smtp
    return settings.model_copy(update=urls)


def _admin_url(settings: Settings, secrets: Secrets) -> str:
    """As `services.kit.broker.signed_url`, whose imports would delay every start by a second."""
    assert settings.nats_url
    scheme, _, place = settings.nats_url.partition("://")
    return f"{scheme}://admin:{natsauth.room_password(secrets, 'admin')}@{place}"


def _prepare_process(settings: Settings) -> None:
    logs.setup("supervisor", settings.log_level)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65_536) if hard > 0 else 65_536, hard))


def _start_fork_server(data_dir: Path) -> None:
    """Begins the rooms' imports at once, while the engines start."""
    prepare_metrics(data_dir / "metrics")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(data_dir / "metrics")
    os.environ["PYTHONPATH"] = os.pathsep.join(
        part for part in (str(project_folder()), os.environ.get("PYTHONPATH", "")) if part
    )
    multiprocessing.set_forkserver_preload(["deploy.preload"])
    forkserver.ensure_running()


def _settings_of(room: str, rooms: Sequence[str], settings: Settings) -> dict[str, Any]:
    """The player speaks to the portal beside it; where there is none, to the public address."""
    if room == "player" and "portal" in rooms:
        settings = settings.model_copy(update={"public_url": None})
    return _plain(settings)


def _plain(settings: Settings) -> dict[str, Any]:
    return settings.model_dump(mode="json")
