"""Before rooms run: the database migrated, the bus provisioned, the operator's token known."""

import asyncio

import psycopg

from deploy.migrate import migrate
from deploy.operator_token import operator_token
from services.kit.broker import connect
from services.kit.database import conninfo
from services.kit.ids import new_id
from services.kit.provisioning import provision
from services.kit.secrets import Secrets
from services.kit.settings import Settings
from services.members.tokens import digest


def prepare_engines(settings: Settings, secrets: Secrets) -> None:
    """Safe to repeat, and quick when there is nothing to do."""
    assert settings.database_url
    migrate(settings.database_url, secrets)
    asyncio.run(_provision(settings, secrets))
    _admit_operator(settings.database_url, secrets)


async def _provision(settings: Settings, secrets: Secrets) -> None:
    client = await connect("admin", settings, secrets)
    try:
        await provision(client.jetstream())
    finally:
        await client.close()


def _admit_operator(database_url: str, secrets: Secrets) -> None:
    with psycopg.connect(conninfo(database_url, secrets, "members_work")) as connection:
        connection.execute(
            "INSERT INTO members.api_token (id, coop, digest, role, created_at)"
            " VALUES (%s, '*', %s, 'operator', now()) ON CONFLICT (digest) DO NOTHING",
            (new_id("tok"), digest(operator_token(secrets))),
        )
