"""How often personal links are tried in vain from one address on the network, and new ones asked for.

A link that works is never counted: it works however many wrong ones come from the same address."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from services.kit.secrets import Secrets
from services.kit.unit import Unit

WINDOW = timedelta(minutes=15)
EVERYBODY = "*"


@dataclass(frozen=True)
class Limit:
    """At most `times` in a quarter of an hour."""

    what: str
    times: int


WRONG_FROM_HOST = Limit("wrong", 60)
ASKED_FROM_HOST = Limit("asked", 30)


async def count(unit: Unit, secrets: Secrets, limit: Limit, who: str) -> bool:
    """Count a try; True while it is within the limit. `who` is kept as a keyed digest. The unit must see
    everything."""
    digest = hmac.new(
        secrets.derive_bytes("aftersales/tries"), f"{limit.what} {who}".encode(), hashlib.sha256
    ).digest()
    found = await unit.session.execute(
        text(
            "INSERT INTO aftersales.link_try (digest, window_at, coop, count)"
            " VALUES (:digest, :window_at, :coop, 1)"
            " ON CONFLICT (digest, window_at) DO UPDATE SET count = link_try.count + excluded.count"
            " RETURNING count"
        ),
        {"digest": digest, "window_at": window_of(unit.wall), "coop": EVERYBODY},
    )
    return int(found.scalar_one()) <= limit.times


async def forget(unit: Unit) -> None:
    """Tries of earlier days are nobody's business. The unit's role sees all of them."""
    await unit.session.execute(
        text("DELETE FROM aftersales.link_try WHERE window_at < :before"),
        {"before": unit.wall - timedelta(days=1)},
    )


def window_of(at: datetime) -> datetime:
    """The start of the quarter of an hour that `at` lies in."""
    seconds = int(WINDOW.total_seconds())
    return datetime.fromtimestamp(int(at.timestamp()) // seconds * seconds, UTC)
