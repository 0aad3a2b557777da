"""The connection to NATS: each room signs in as itself, and never gives up reconnecting."""

import logging
from urllib.parse import urlsplit

from faststream.nats import NatsBroker
from nats.aio.client import Client

from services.kit.secrets import Secrets
from services.kit.settings import Settings

_LOG = logging.getLogger(__name__)


def signed_url(settings: Settings, secrets: Secrets, user: str) -> str:
    """The server's URL with the user's derived password; for the client library only, never for logs."""
    if not settings.nats_url:
        raise ValueError("PALIER_NATS_URL is not set and no embedded server was started")
    parts = urlsplit(settings.nats_url)
    password = secrets.derive(f"nats/{user}")
    return parts._replace(netloc=f"{user}:{password}@{parts.hostname}:{parts.port or 4222}").geturl()


def broker_for(user: str, settings: Settings, secrets: Secrets) -> NatsBroker:
    """A FastStream broker. A closed connection would make pull consumers spin, so it is never closed."""
    return NatsBroker(
        signed_url(settings, secrets, user),
        name=f"palier-{user}",
        max_reconnect_attempts=-1,
        reconnect_time_wait=1,
        connect_timeout=5,
        ping_interval=20,
        error_cb=_on_error,
        logger=None,
        graceful_timeout=5.0,
    )


async def connect(user: str, settings: Settings, secrets: Secrets, *, for_ever: bool = False) -> Client:
    """A plain client: gives up after five tries (commands), or never (`for_ever`)."""
    client = Client()
    await client.connect(
        signed_url(settings, secrets, user),
        name=f"palier-{user}",
        error_cb=_on_error,
        max_reconnect_attempts=-1 if for_ever else 5,
    )
    return client


async def _on_error(error: Exception) -> None:
    _LOG.warning("bus connection: %s", str(error)[:200] or type(error).__name__)
