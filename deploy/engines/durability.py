"""Whether engines, embedded or not, run with the settings that keep an acknowledged reading."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from deploy.words import _

Verdict = Literal["ok", "warning", "failed"]


@dataclass(frozen=True)
class Check:
    """One thing looked at. `advice` says what to do, and is empty when all is well."""

    name: str
    verdict: Verdict
    found: str
    advice: str = ""

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


def ok(name: str, found: object) -> Check:
    return Check(name, "ok", str(found))


def warning(name: str, found: object, advice: str) -> Check:
    return Check(name, "warning", str(found), advice)


def failed(name: str, found: object, advice: str) -> Check:
    return Check(name, "failed", str(found), advice)


POSTGRES_SETTINGS = (
    "server_version_num",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "data_checksums",
    "max_connections",
)
_POOLED_CONNECTIONS = 150
_SECOND_NS = 1_000_000_000


def judge_postgres(settings: Mapping[str, str]) -> list[Check]:
    """`settings` are the values in force, from `current_setting`."""
    checks = []
    for name, wanted, lost in (
        ("fsync", {"on"}, _("a power cut can corrupt the whole database")),
        (
            "synchronous_commit",
            {"on", "local", "remote_apply", "remote_write"},
            _("a crash loses acknowledged readings"),
        ),
        ("full_page_writes", {"on"}, _("a power cut can tear pages")),
    ):
        found = settings.get(name, "unknown")
        advice = f"{lost}: ALTER SYSTEM SET {name} = 'on'; SELECT pg_reload_conf();"
        checks.append(
            ok(f"postgres {name}", found) if found in wanted else failed(f"postgres {name}", found, advice)
        )
    version = int(settings.get("server_version_num", "0"))
    checks.append(
        ok("postgres version", version // 10_000)
        if version >= 160_000
        else failed(
            "postgres version", version // 10_000, _("use PostgreSQL 16 or newer; 18 is what is tested")
        )
    )
    sums = settings.get("data_checksums", "off")
    checks.append(
        ok("postgres data_checksums", sums)
        if sums == "on"
        else warning(
            "postgres data_checksums", sums, _("silent disk errors stay unseen: pg_checksums --enable")
        )
    )
    connections = int(settings.get("max_connections", "0"))
    checks.append(
        ok("postgres max_connections", connections)
        if connections >= _POOLED_CONNECTIONS
        else warning(
            "postgres max_connections",
            connections,
            _("rooms may open {n}: raise it").format(n=_POOLED_CONNECTIONS),
        )
    )
    return checks


def judge_nats(varz: Mapping[str, Any]) -> list[Check]:
    """`varz` is a server's own description of what it runs with."""
    stream = varz.get("jetstream", {}).get("config") or {}
    if not stream:
        return [
            failed(
                "nats jetstream",
                "off",
                _("add a `jetstream { store_dir … }` block: rooms cannot work without"),
            )
        ]
    checks = [ok("nats version", varz.get("version", "?"))]
    if stream.get("sync_always"):
        checks.append(ok("nats sync_interval", "always"))
    else:
        seconds = stream.get("sync_interval", 0) / _SECOND_NS
        advice = _(
            "a power cut loses what was acknowledged since: set `sync_interval: always` in `jetstream {}`"
        )
        checks.append(failed("nats sync_interval", f"{seconds:.0f} s", advice))
    payload = varz.get("max_payload", 0)
    checks.append(
        ok("nats max_payload", payload)
        if payload >= 2**20
        else failed("nats max_payload", payload, _("a batch of 500 readings must fit: `max_payload: 8MB`"))
    )
    return checks + _judge_mqtt(varz.get("mqtt") or {})


def _judge_mqtt(mqtt: Mapping[str, Any]) -> list[Check]:
    if not mqtt.get("port"):
        advice = _("the broker is another one: see that it keeps QoS 1 messages on disk and through kill -9")
        return [warning("mqtt listener", _("not this server"), advice)]
    seconds = mqtt.get("ack_wait", 30 * _SECOND_NS) / _SECOND_NS
    pending = mqtt.get("max_ack_pending", 1024)
    return [
        ok("mqtt ack_wait", f"{seconds:.0f} s")
        if seconds <= 10
        else warning(
            "mqtt ack_wait", f"{seconds:.0f} s", _("after a crash of intake readings wait so long: set 5s")
        ),
        ok("mqtt max_ack_pending", pending)
        if 4096 <= pending <= 16_383
        else warning(
            "mqtt max_ack_pending",
            pending,
            _("less stalls the flow, more refuses filters (65,535 a session, two for each `#`): set 8191"),
        ),
    ]
