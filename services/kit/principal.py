"""Who is asking: the result of authentication, the same for a token, a session and a sign-in."""

from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request

from contracts.codes import Role

SESSION_COOKIE = "__Host-palier"
PLATFORM = "*"
"""The scope of a platform operator: every cooperative."""


@dataclass(frozen=True)
class Principal:
    """An authenticated caller. `coop` bounds everything it can see; `*` is a platform operator."""

    id: str
    """Opaque id of the person (`per_…`) or, for a machine's token, of the token."""
    role: Role
    coop: str
    name: str | None = None
    language: str | None = None
    csrf: str | None = None
    """The session's anti-forgery token; None for bearer tokens."""

    @property
    def person(self) -> str:
        return self.id


class Identity(Protocol):
    """What the web asks of `members` to know who is calling."""

    async def of_token(self, token: str) -> Principal | None: ...

    async def of_session(self, cookie: str) -> Principal | None: ...


async def principal_of(request: Request) -> Principal | None:
    """By bearer token; else by session cookie, which may change things only through pages (CSRF)."""
    identity: Identity = request.app.state.identity
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return await identity.of_token(token.strip())
    cookie = request.cookies.get(SESSION_COOKIE)
    return await identity.of_session(cookie) if cookie else None
