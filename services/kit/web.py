"""HTTP furniture: every route names its roles and runs in one transaction on the room's web role."""

import base64
import json
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel

from contracts.codes import Role
from services.kit import idempotency
from services.kit.i18n import mark as _
from services.kit.principal import PLATFORM, Principal, principal_of
from services.kit.problems import Problem, conflict, forbidden, invalid, not_found
from services.kit.receiving import received
from services.kit.unit import Unit

__all__ = [
    "Page",
    "PageQuery",
    "Principal",
    "Problem",
    "RoomUnit",
    "Who",
    "api_router",
    "conflict",
    "forbidden",
    "invalid",
    "not_found",
    "page_of",
    "roles",
]

ANYONE = "anyone"
T = TypeVar("T")
Handle = Callable[[Request], Coroutine[Any, Any, Response]]


def roles(*allowed: str) -> dict[str, Any]:
    """Which roles may call a route: `@router.get(path, **roles("resident", "operator"))`.

    `anyone` also admits callers who have not signed in. The OpenAPI document shows it as `x-roles`.
    """
    known = {*Role, ANYONE}
    unknown = set(allowed) - known
    if not allowed or unknown:
        raise ValueError(f"name the roles of a route, of {sorted(known)}: {sorted(unknown)}")
    return {"openapi_extra": {"x-roles": list(allowed)}}


def api_router(room: str) -> APIRouter:
    """A router under `/api/v1` whose requests are units of work of `room`."""
    return APIRouter(prefix="/api/v1", route_class=route_class(room, ApiRoute), tags=[room])


class UnitRoute(APIRoute):
    """Authenticate, check the role, open the unit, call, write the outbox, commit. Deny by default."""

    room: str

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "x-roles" not in (self.openapi_extra or {}):
            raise ValueError(f"{self.path} names no roles")
        self.allowed = frozenset(self.openapi_extra["x-roles"])  # type: ignore[index]

    def get_route_handler(self) -> Handle:
        call = super().get_route_handler()

        async def handle(request: Request) -> Response:
            who = await principal_of(request)
            refusal = await self.refuse(request, who)
            if refusal is not None:
                return refusal
            request.state.who = who
            database = request.app.state.databases[self.room]
            async with (
                self.received(request, who),
                database.session() as session,
                session.begin() as transaction,
            ):
                unit = Unit(session, self.room, request.app.state.clock, who.coop if who else "")
                request.state.unit = unit
                if who and who.coop == PLATFORM:
                    await unit.see_all()
                elif who:
                    await unit.enter(who.coop)
                response = await self.answer(request, who, unit, call)
                if response.status_code < 400:
                    await unit.flush()
                else:
                    await transaction.rollback()
                return response

        return handle

    async def refuse(self, request: Request, who: Principal | None) -> Response | None:
        """Raise, or return the response that turns the caller away; None lets it in."""
        raise forbidden()

    def received(self, request: Request, who: Principal | None) -> AbstractAsyncContextManager[None]:
        """All that the request brings, before its transaction."""
        return received(request, who)

    async def answer(self, request: Request, who: Principal | None, unit: Unit, call: Handle) -> Response:
        return await call(request)


class ApiRoute(UnitRoute):
    """For programs: 401 and 403 as problem documents, `Idempotency-Key` on every POST."""

    async def refuse(self, request: Request, who: Principal | None) -> Response | None:
        if ANYONE in self.allowed:
            return None
        if who is None:
            raise Problem(
                401, "unauthorized", _("A valid token is needed."), headers={"WWW-Authenticate": "Bearer"}
            )
        if who.role not in self.allowed:
            raise forbidden()
        if who.csrf is not None and request.method not in ("GET", "HEAD"):
            raise forbidden(_("A session may change things through pages only; use a token."))
        return None

    async def answer(self, request: Request, who: Principal | None, unit: Unit, call: Handle) -> Response:
        key = request.headers.get("idempotency-key")
        if request.method != "POST" or not key:
            return await call(request)
        caller = who.id if who else ANYONE
        return await idempotency.once(request, unit, caller, key, call)


def route_class(room: str, base: type[UnitRoute]) -> type[UnitRoute]:
    return type(f"{room.title()}{base.__name__}", (base,), {"room": room})


# Both are asked for with every request: FastAPI would take what is not `async` to another thread and back.
async def _unit(request: Request) -> Unit:
    unit: Unit = request.state.unit
    return unit


async def _who(request: Request) -> Principal:
    who: Principal | None = request.state.who
    if who is None:
        raise Problem(401, "unauthorized", _("Sign in first."))
    return who


RoomUnit = Annotated[Unit, Depends(_unit)]
Who = Annotated[Principal, Depends(_who)]


@dataclass(frozen=True)
class Paging:
    """`?limit=&cursor=`: the cursor is opaque, from the previous page's `next_cursor`."""

    limit: Annotated[int, Query(ge=1, le=200)] = 50
    cursor: Annotated[str | None, Query(max_length=400)] = None

    def after(self) -> list[Any] | None:
        """The sort key of the last item of the previous page."""
        if self.cursor is None:
            return None
        try:
            padded = self.cursor + "=" * (-len(self.cursor) % 4)
            value = json.loads(base64.urlsafe_b64decode(padded))
        except ValueError:
            value = None
        if not isinstance(value, list):
            raise invalid("/cursor", "invalid_cursor", _("Use the next_cursor of the previous page."))
        return value


PageQuery = Annotated[Paging, Depends()]


class Page(BaseModel, Generic[T]):
    items: list[T]
    next_cursor: str | None = None


def page_of(items: list[T], query: Paging, key: Callable[[T], list[Any]]) -> Page[T]:
    """A page of `items`, which were fetched with one more than `query.limit` to know if there are more."""
    shown = items[: query.limit]
    if len(items) <= query.limit:
        return Page(items=shown)
    cursor = base64.urlsafe_b64encode(json.dumps(key(shown[-1]), default=str).encode()).decode()
    return Page(items=shown, next_cursor=cursor.rstrip("="))
