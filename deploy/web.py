"""Composes the web: every room's routers, each on its own database role, into the portal's shell."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from deploy.engines import mail
from deploy.listener import Listener
from services.kit import clock as clocks
from services.kit import logs
from services.kit import secrets as kit_secrets
from services.kit.broker import connect
from services.kit.database import ROOMS, Database
from services.kit.pages import RoomWeb
from services.kit.principal import Identity
from services.kit.secrets import Secrets
from services.kit.settings import Settings
from services.portal import app as portal

MOST_CONNECTIONS = 4000
"""Beyond it the answer is 503: live pages hold one each, and the process has 65,536 files."""
WEB_ROOMS = ("members", "metering", "advice", "aftersales", "notifications")


def rooms() -> list[RoomWeb]:
    """What each room shows: `api.router`, `pages.pages`, and its folder of templates and words."""
    found = []
    for name in WEB_ROOMS:
        folder = Path(str(import_module(f"services.{name}").__file__)).parent
        api = [import_module(f"services.{name}.api").router] if find_spec(f"services.{name}.api") else []
        pages = [import_module(f"services.{name}.pages").pages] if find_spec(f"services.{name}.pages") else []
        found.append(RoomWeb(name, api, pages, folder))
    return found


def build(
    settings: Settings,
    secrets: Secrets,
    *,
    identity: Identity | None = None,
    clock: clocks.Clock = clocks.system,
) -> FastAPI:
    """The whole web application. `identity` is `members`' unless a test brings its own."""
    assert settings.database_url
    databases = {room: Database(settings.database_url, secrets, f"{room}_web") for room in ROOMS}
    accounts = Database(settings.database_url, secrets, "members_work")

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.nats = await connect("portal", settings, secrets, for_ever=True)
        app.state.jetstream = app.state.nats.jetstream()
        async with portal.live(app):
            yield
        await app.state.nats.close()
        for database in (*databases.values(), accounts):
            await database.close()

    app = portal.create(rooms(), lifespan=lifespan)
    app.state.settings = settings
    app.state.secrets = secrets
    app.state.clock = clock
    app.state.databases = databases
    app.state.accounts = accounts
    app.state.exporters = {
        room: import_module(f"services.{room}.personal").export for room in WEB_ROOMS if room != "members"
    }
    app.state.mailbox = _Mailbox(settings.data_dir)
    app.state.identity = identity or import_module("services.members.identity").Identity(accounts, clock)
    return app


@dataclass(frozen=True)
class _Mailbox:
    """The embedded mailbox, where everything meant for sandboxes lands, as the portal reads it."""

    data_dir: Path

    def letters(self) -> list[mail.Letter]:
        return mail.letters(self.data_dir)

    def letter(self, key: str) -> mail.Letter:
        return mail.letter(self.data_dir, key)


def serve(settings: dict[str, Any], host: str, port: int) -> None:
    """Serve the portal in this process until SIGTERM; open requests get five seconds to finish."""
    chosen = Settings.model_validate(settings)
    logs.setup("portal", chosen.log_level)
    app = build(chosen, kit_secrets.load(chosen))
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
        http=Listener,
        limit_concurrency=MOST_CONNECTIONS,
        # Limits count by the caller's address: behind a proxy that is what the proxy says, and only its word.
        proxy_headers=bool(chosen.trusted_proxies),
        forwarded_allow_ips=chosen.trusted_proxies or "",
    )
    asyncio.run(_Server(app, config, chosen.data_dir / "run" / "portal.ready").serve())


class _Server(uvicorn.Server):
    """Says that it is ready once its port is open."""

    def __init__(self, app: FastAPI, config: uvicorn.Config, ready: Path) -> None:
        super().__init__(config)
        self._app = app
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready.parent.mkdir(parents=True, exist_ok=True)
        self._ready.touch()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._ready.unlink(missing_ok=True)
        self._app.state.hub.close()  # open live streams would hold the whole grace period
        await super().shutdown(sockets)
