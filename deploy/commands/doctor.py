"""`palier doctor`: settings, machine and engines, and what to do about each fault."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands.options import DataDir, settings_for
from deploy.words import _, language

if TYPE_CHECKING:
    from deploy.engines.durability import Check
    from services.kit.settings import Settings

app = typer.Typer(add_completion=False)
_MARKS = {"ok": "✓", "warning": "!", "failed": "✗"}
_COLON = {"en": ": ", "fr": " : "}


@app.command()
def doctor(
    data_dir: DataDir = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("For machines."))] = False,
) -> None:
    """Check settings, machine, and the engines as they really run; exit 1 when something failed.

    Engines are asked when they run: by `palier up` in this data folder, or by URL.
    """
    checks = examine_all(settings_for(data_dir))
    ill = any(check.verdict == "failed" for check in checks)
    if as_json:
        typer.echo(json.dumps({"healthy": not ill, "checks": [check.as_dict() for check in checks]}))
    else:
        for check in checks:
            typer.echo(f"{_MARKS[check.verdict]} {_named(check.name)}{_COLON[language()]}{check.found}")
            if check.advice:
                typer.echo(f"    → {check.advice}")
    raise typer.Exit(1 if ill else 0)


def _named(name: str) -> str:
    """A check's name as a person reads it; for machines it is the same everywhere."""
    names = {
        "settings": _("settings"),
        "data folder": _("data folder"),
        "disk space": _("disk space"),
        "file system": _("file system"),
        "open files": _("open files"),
        "clock": _("clock"),
        "time zones": _("time zones"),
        "instance": _("instance"),
        "mail": _("mail"),
        "dead letters": _("dead letters"),
        "devices' topics": _("devices' topics"),
        "request histories": _("request histories"),
        "staff by e-mail": _("staff by e-mail"),
    }
    return names.get(name, name)


def examine_all(settings: "Settings") -> "list[Check]":
    """Every check that can be made now."""
    from deploy.engines.child import EngineError
    from deploy.engines.durability import warning
    from deploy.engines.examine import examine
    from deploy.engines.histories import examine_histories
    from deploy.engines.machine import check_machine
    from deploy.engines.reach import examine_reach
    from deploy.up import running_settings
    from services.kit import secrets

    checks = [*_settings(settings), *check_machine(settings.data_dir), *_binaries(settings)]
    keeps_all = settings.smtp_url is None
    try:
        settings = running_settings(settings)
    except EngineError:
        checks.append(
            warning("instance", _("not running"), _("start `palier up` to have the engines checked too"))
        )
        if not (settings.nats_url or settings.database_url):
            return checks
    known = secrets.load(settings)
    reach = examine_reach(settings, known, keeps_all=keeps_all)
    return checks + examine(settings, known) + reach + examine_histories(settings, known)


def _settings(settings: "Settings") -> "list[Check]":
    from urllib.parse import urlsplit

    from deploy.engines.durability import failed, ok, warning

    checks = []
    if settings.secret is not None and len(settings.secret) < 32:
        checks.append(
            failed("PALIER_SECRET", _("too short"), _("give at least 32 random characters, or unset it"))
        )
    if settings.nats_url and not settings.mqtt_url:
        checks.append(
            failed("PALIER_MQTT_URL", _("unset"), _("the bus is named by URL: name its broker too"))
        )
    if settings.mqtt_url:
        parts = urlsplit(settings.mqtt_url)
        if parts.scheme == "mqtt" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
            checks.append(
                warning(
                    "PALIER_MQTT_URL", _("no TLS"), _("passwords cross the network in clear: use mqtts://")
                )
            )
    if settings.public_url is None:
        checks.append(
            warning("PALIER_PUBLIC_URL", _("unset"), _("links in messages only work on this machine: set it"))
        )
    return checks or [ok("settings", _("complete"))]


def _binaries(settings: "Settings") -> "list[Check]":
    """Whether the embedded engines could start here, as this user."""
    from deploy.engines import nats, postgres
    from deploy.engines.child import EngineError
    from deploy.engines.durability import failed, ok

    checks = []
    for name, url, version in (
        ("embedded postgres", settings.database_url, postgres.version),
        ("embedded nats-server", settings.nats_url, nats.version),
    ):
        if url is not None:
            continue
        try:
            checks.append(ok(name, version()))
        except EngineError as error:
            checks.append(failed(name, _("cannot run"), str(error)))
    return checks
