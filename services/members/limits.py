"""How often something may be tried: per account and per address, whether or not the account exists."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.kit.secrets import Secrets
from services.kit.unit import Unit
from services.members.account_model import Attempt

WINDOW = timedelta(minutes=15)


@dataclass(frozen=True)
class Limit:
    """At most `times` in a quarter of an hour."""

    what: str
    times: int


LINKS_TO_ADDRESS = Limit("link/email", 5)
LINKS_FROM_HOST = Limit("link/host", 60)
PASSWORDS_OF_ACCOUNT = Limit("password/email", 10)
PASSWORDS_FROM_HOST = Limit("password/host", 60)
INVITATIONS_FROM_HOST = Limit("invitation/host", 60)
CONFIRMATIONS_FROM_HOST = Limit("confirmation/host", 60)


def window_of(at: datetime) -> datetime:
    """The start of the quarter of an hour that `at` lies in."""
    seconds = int(WINDOW.total_seconds())
    return datetime.fromtimestamp(int(at.timestamp()) // seconds * seconds, UTC)


async def count(unit: Unit, secrets: Secrets, limit: Limit, who: str) -> bool:
    """Count one try; True while it is within the limit. `who` is kept as a keyed digest only."""
    key = secrets.derive_bytes("members/limits")
    digest = hmac.new(key, f"{limit.what} {who}".encode(), hashlib.sha256).digest()
    statement = (
        insert(Attempt)
        .values(digest=digest, window_at=window_of(unit.wall), coop="*", count=1)
        .on_conflict_do_update(
            index_elements=[col(Attempt.digest), col(Attempt.window_at)],
            set_={"count": col(Attempt.count) + 1},
        )
        .returning(col(Attempt.count))
    )
    tries = (await unit.session.execute(statement)).scalar_one()
    return bool(tries <= limit.times)
