"""The web shell: composes the rooms' routers with static files, errors, security headers and live updates."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from services.kit.pages import RoomWeb, Templates
from services.portal import api_document, errors, static_files
from services.portal.audience import NAMES
from services.portal.here import Here
from services.portal.live import Hub, listening
from services.portal.pages import pages
from services.portal.paths import Map, each_route
from services.portal.patience import Patience
from services.portal.security import Guard
from services.portal.stream import stream

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create(rooms: Sequence[RoomWeb], lifespan: Lifespan | None = None) -> FastAPI:
    """The application. Whoever composes it sets `app.state` before serving: `identity`, `clock`,
    `databases`; `nats` within the lifespan; and `mailbox` (see `pages.Mailbox`) where one is embedded."""
    app = FastAPI(
        title="Palier",
        version="1",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.add_middleware(Patience)
    app.add_middleware(Guard)
    errors.install(app)
    api_document.install(app)
    app.mount("/static", static_files.Files(), name="static")
    routers = [
        *(router for room in rooms for router in room.api),
        pages,
        stream,
        *(router for room in rooms for router in room.pages),
    ]
    for router in routers:
        # Each route by itself: FastAPI would keep the router whole and look through it twice a request.
        app.router.routes.extend(each_route(router.routes))
    folders = [Path(__file__).parent, *(room.folder for room in rooms if room.folder)]
    app.state.hub = Hub()
    app.state.mailbox = None
    app.state.map = Map(app.router.routes)
    app.state.templates = Templates(folders, _globals(app))
    return app


@asynccontextmanager
async def live(app: FastAPI) -> AsyncIterator[None]:
    """Live updates from the bus while the block runs; `app.state.nats` is connected."""
    async with listening(app.state.hub, app.state.nats):
        yield


def _globals(app: FastAPI) -> dict[str, Any]:
    return {
        "static": static_files.address,
        "live_parts": " ".join(sorted(NAMES)),
        "has": app.state.map.has,
        "asked_again": Here(app.router.routes).again,
        "menu": app.state.map.menu,
        "account_menu": app.state.map.account,
    }
