"""Asks running engines what they run with: reads only, changes nothing."""

import asyncio
import json
import smtplib
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import nats
import psycopg
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeout
from nats.js.errors import NotFoundError

from deploy.engines.durability import (
    POSTGRES_SETTINGS,
    Check,
    failed,
    judge_nats,
    judge_postgres,
    ok,
    warning,
)
from deploy.words import _
from services.kit import natsauth
from services.kit.broker import signed_url
from services.kit.database import conninfo
from services.kit.secrets import Secrets
from services.kit.settings import Settings
from services.metering.astray.found import since
from services.metering.retention import rules

_CLOCKS_APART_SECONDS = 5.0


def examine(settings: Settings, secrets: Secrets) -> list[Check]:
    """All engines that `settings` name by URL."""
    checks: list[Check] = []
    if settings.database_url:
        checks += _postgres(settings.database_url)
        checks += devices_astray(settings, secrets)
    if settings.nats_url:
        checks += asyncio.run(_nats(settings, secrets))
    if settings.smtp_url:
        checks.append(_smtp(settings.smtp_url))
    return checks


def _postgres(url: str) -> list[Check]:
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            found = {
                name: str(value)
                for name in POSTGRES_SETTINGS
                for (value,) in connection.execute("SELECT current_setting(%s)", (name,))
            }
            row = connection.execute("SELECT clock_timestamp()").fetchone()
            lacking = _without_partition(connection)
    except psycopg.Error as error:
        return [
            failed(
                "postgres",
                type(error).__name__,
                _("cannot be reached or refuses the owner: {error}").format(error=error).strip(),
            )
        ]
    assert row is not None
    return [*judge_postgres(found), _clocks("postgres", row[0]), *lacking]


def _without_partition(connection: "psycopg.Connection[tuple[Any, ...]]") -> list[Check]:
    """Whether readings of the hot window lie where only those without a partition go; none: not migrated."""
    there = connection.execute("SELECT to_regclass('metering.reading__pdefault')").fetchone()
    if there is None or there[0] is None:
        return []
    today = datetime.now(UTC).date()
    hot = today - timedelta(days=rules(today).readings_days)
    row = connection.execute(
        "SELECT count(*), (SELECT max(until) FROM metering.reading_partitions())"
        " FROM metering.reading__pdefault WHERE instant >= %s",
        (hot,),
    ).fetchone()
    assert row is not None
    lacking, until = row
    if lacking:
        advice = _("readings lack their partition: they are safe, but why does nobody make partitions ahead?")
        return [warning("partitions", _("{n} readings without").format(n=lacking), advice)]
    if until is None or until <= today + timedelta(days=1):
        advice = _("none is made ahead: is the metering room running? Its log says why")
        return [warning("partitions", _("until {day}").format(day=until), advice)]
    return [ok("partitions", _("until {day}").format(day=until))]


def devices_astray(settings: Settings, secrets: Secrets) -> list[Check]:
    """Devices whose messages reach nobody; none where no log of an embedded broker is followed, or before
    the database was migrated."""
    log = settings.data_dir / "logs" / "nats.log"
    if not settings.database_url or not log.exists():
        return []
    query = "SELECT device FROM metering.astray WHERE last_at > %s ORDER BY last_at DESC, device"
    try:
        # The owner of the tables need not see their rows; the room's role does.
        who = conninfo(settings.database_url, secrets, "metering_work")
        with psycopg.connect(who, connect_timeout=5) as connection:
            rows = connection.execute(query, (since(datetime.now(UTC)),)).fetchall()
    except psycopg.Error:
        return []  # what is wrong with it the check of the database says
    name = "devices' topics"
    if not rows:
        return [ok(name, _("each publishes to its own"))]
    advice = _("what they send reaches nobody; compare the topic set in: {devices}")
    told = _("{n} publish to a topic that is not their own").format(n=len(rows))
    return [warning(name, told, advice.format(devices=", ".join(device for (device,) in rows[:10])))]


async def _nats(settings: Settings, secrets: Secrets) -> list[Check]:
    try:
        varz = await _ask_server(settings, secrets)
        dead = await _dead_letters(settings, secrets)
    except (OSError, NatsError, NatsTimeout) as error:
        return [
            failed(
                "nats", type(error).__name__, _("cannot be reached, or refuses the users `sys` and `admin`")
            )
        ]
    checks = [
        *judge_nats(varz),
        _clocks("nats", datetime.fromisoformat(varz["now"][:26].rstrip("Z") + "+00:00")),
    ]
    if dead:
        advice = _("events that a room could not handle: `palier rejected` and the log say why")
        checks.append(warning("dead letters", dead, advice))
    else:
        checks.append(ok("dead letters", 0))
    return checks


async def _ask_server(settings: Settings, secrets: Secrets) -> dict[str, Any]:
    client = await nats.connect(
        signed_url(settings, secrets, natsauth.SYSTEM_USER), connect_timeout=5, allow_reconnect=False
    )
    try:
        answer = await client.request("$SYS.REQ.SERVER.PING.VARZ", b"", timeout=5)
    finally:
        await client.close()
    varz: dict[str, Any] = json.loads(answer.data)["data"]
    return varz


async def _dead_letters(settings: Settings, secrets: Secrets) -> int:
    client = await nats.connect(
        signed_url(settings, secrets, "admin"), connect_timeout=5, allow_reconnect=False
    )
    try:
        return int((await client.jetstream().stream_info("DEAD")).state.messages)
    except NotFoundError:
        return 0
    finally:
        await client.close()


def _smtp(url: str) -> Check:
    parts = urlsplit(url)
    kind = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    try:
        with kind(parts.hostname or "", parts.port or 25, timeout=5) as server:
            server.noop()
    except (OSError, smtplib.SMTPException) as error:
        return failed("mail", type(error).__name__, _("households get no e-mail: see PALIER_SMTP_URL"))
    return ok("mail", f"{parts.hostname}:{parts.port or 25}")


def _clocks(engine: str, there: datetime) -> Check:
    apart = abs((datetime.now(UTC) - there).total_seconds())
    name, found = f"{engine} clock", _("{seconds} s apart").format(seconds=f"{apart:.1f}")
    if apart > _CLOCKS_APART_SECONDS:
        return failed(name, found, _("leases and sessions need one time: run an NTP client on both machines"))
    return ok(name, found)
