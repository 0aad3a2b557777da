"""How often personal links are tried in vain from one address on the network, and new ones asked for.

A link that works is never counted: it works however many wrong ones come from the same address. The limits
are `tries` of `visits/terms.yaml`."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from services.aftersales.tables import load
from services.kit.secrets import Secrets
from services.kit.unit import Unit

_TERMS: dict[str, int] = load("visits/terms")["tries"]
WINDOW = timedelta(minutes=_TERMS["within_minutes"])
EVERYBODY = "*"


@dataclass(frozen=True)
class Limit:
    """At most `times` in a `WINDOW`."""

    what: str
    times: int


WRONG_FROM_HOST = Limit("wrong", _TERMS["wrong"])
ASKED_FROM_HOST = Limit("asked", _TERMS["asked"])


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
    """Tries of long ago are nobody's business. The unit's role sees all of them."""
    await unit.session.execute(
        text("DELETE FROM aftersales.link_try WHERE window_at < :before"),
        {"before": unit.wall - timedelta(hours=_TERMS["kept_hours"])},
    )


def window_of(at: datetime) -> datetime:
    """The start of the `WINDOW` that `at` lies in."""
    seconds = int(WINDOW.total_seconds())
    return datetime.fromtimestamp(int(at.timestamp()) // seconds * seconds, UTC)
