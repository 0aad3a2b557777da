"""Fixtures every tree of tests shares: the real engines, units of work, a web client, the real feeds."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, settings

from contracts.codes import Role
from deploy.engines import Engines
from deploy.engines.testing import temporary_engines
from deploy.migrate import migrate
from services.kit import clock as clocks
from services.kit.broker import connect
from services.kit.database import Database
from services.kit.ids import new_id
from services.kit.principal import Principal
from services.kit.provisioning import provision
from services.kit.unit import Unit, work_unit
from services.kit.watchdog import Watchdog

# The same examples every time, and none fails because the machine was busy with others. To look further:
# `make test ARGS="--hypothesis-profile=further"`.
settings.register_profile(
    "palier", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("further", settings.get_profile("palier"), derandomize=False)
settings.load_profile("palier")

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"

OpenUnit = Callable[..., AbstractAsyncContextManager[Unit]]


@pytest.fixture(scope="session", autouse=True)
def unwatched() -> Iterator[None]:
    """Rooms that run within the tests' process are not ended for a loop that rests: it turns in asynchronous
    tests only, and a room of the whole session would end the process during a minute of others."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Watchdog, "_watch", lambda self: None)
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real feeds, which is not part of the project."""
    if not SHARED.is_dir():
        pytest.skip("the folder of real feeds (../shared/data) is not on this machine")
    return SHARED


@pytest.fixture(scope="session")
def engines() -> Iterator[Engines]:
    """PostgreSQL, NATS and a mailbox, migrated and provisioned, for the whole run."""
    with temporary_engines() as started:
        database_url = started.settings.database_url
        assert database_url
        migrate(database_url, started.secrets)
        asyncio.run(_provision(started))
        yield started


async def _provision(engines: Engines) -> None:
    client = await connect("admin", engines.settings, engines.secrets)
    await provision(client.jetstream())
    await client.close()


@pytest.fixture(scope="session")
def database(engines: Engines) -> Engines:
    """The migrated database, for tests that need nothing else by name."""
    return engines


@pytest.fixture(scope="session")
async def room_unit(engines: Engines) -> AsyncIterator[OpenUnit]:
    """`async with room_unit("metering", coop) as unit:` a committed unit on the room's work role."""
    databases: dict[str, Database] = {}

    @asynccontextmanager
    async def open_unit(
        room: str, coop: str | None = None, clock: clocks.Clock = clocks.system
    ) -> AsyncIterator[Unit]:
        url = engines.settings.database_url
        assert url
        if room not in databases:
            databases[room] = Database(url, engines.secrets, f"{room}_work")
        async with work_unit(databases[room], room, clock, coop) as unit:
            yield unit

    yield open_unit
    for database in databases.values():
        await database.close()


@dataclass
class KnownTokens:
    """Identity for tests of other rooms than `members`: tokens and sessions are what the test says."""

    principals: dict[str, Principal] = field(default_factory=dict)
    sessions: dict[str, Principal] = field(default_factory=dict)
    """By the value of the session cookie."""

    def token(self, role: str, coop: str, person: str | None = None) -> str:
        token = new_id("tok")
        self.principals[token] = Principal(person or new_id("per"), Role(role), coop)
        return token

    async def of_token(self, token: str) -> Principal | None:
        return self.principals.get(token)

    async def of_session(self, cookie: str) -> Principal | None:
        return self.sessions.get(cookie)


@dataclass
class Web:
    """The whole web application in this process, and how to call it as somebody."""

    client: httpx.AsyncClient
    tokens: KnownTokens

    def as_(self, role: str, coop: str, person: str | None = None) -> dict[str, str]:
        """Headers of a caller: `await web.client.get(url, headers=web.as_("staff", coop))`."""
        return {"Authorization": f"Bearer {self.tokens.token(role, coop, person)}"}


async def _intake_is_ready() -> bool:
    return True


@pytest.fixture(scope="session")
async def web(engines: Engines) -> AsyncIterator[Web]:
    """Real rooms on the real database; only who calls is decided by the test."""
    from deploy.web import build  # imports every room

    tokens = KnownTokens()
    app = build(engines.settings, engines.secrets, identity=tokens)
    app.state.is_intake_ready = _intake_is_ready  # no intake runs beside these tests
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=transport,
            base_url="https://palier.test",
            event_hooks={"response": [no_fault_of_ours]},
        ) as client,
    ):
        yield Web(client, tokens)


async def no_fault_of_ours(answer: httpx.Response) -> None:
    """A page that failed still has a menu, in which a test may find what it looks for."""
    assert answer.status_code != 500, f"{answer.request.method} {answer.request.url.path} failed"


@pytest.fixture
async def coop(room_unit: OpenUnit) -> str:
    """A fresh cooperative of this test's own."""
    from sqlalchemy import text

    slug = "c" + new_id("x")[-12:]
    async with room_unit("members") as unit:
        await unit.session.execute(
            text(
                "INSERT INTO members.coop (coop, name, zone, sandbox, created_at)"
                " VALUES (:slug, 'Coopérative de test', 'Europe/Paris', false, now())"
            ),
            {"slug": slug},
        )
    return slug
