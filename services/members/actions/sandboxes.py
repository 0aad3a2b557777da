"""A sandbox ends: its doors close at once, and every room forgets it."""

from sqlalchemy import text
from sqlmodel import col, delete, select, update

from contracts.members import SandboxDropped
from services.kit.problems import conflict, not_found
from services.kit.unit import Unit
from services.members.account_model import ApiToken, Session
from services.members.actions.common import owned
from services.members.actions.devices import REVOKED
from services.members.model import Coop, Credential


async def drop(unit: Unit, slug: str) -> None:
    """Devices are refused and disconnected, tokens and sessions end, with this unit's commit; homes, people
    and what was measured go as soon as each room hears of it. 409 for a cooperative of real people."""
    await unit.enter(slug)
    row = await owned(unit, Coop, slug, lock=True)
    if row.dropped_at is not None:
        raise not_found()
    if not row.sandbox:
        raise conflict("not_a_sandbox", "Only a sandbox cooperative can be dropped.")
    row.dropped_at = unit.wall
    await unit.session.flush()
    await _close_doors(unit, slug)
    unit.emit(SandboxDropped(coop=slug))


async def _close_doors(unit: Unit, slug: str) -> None:
    standing = col(Credential.revoked_at).is_(None)
    names = await unit.session.scalars(select(Credential.username).where(Credential.coop == slug, standing))
    for username in names.all():
        await unit.session.execute(
            text("SELECT pg_notify(:channel, :username)"), {"channel": REVOKED, "username": username}
        )
    await unit.session.execute(
        update(Credential).where(col(Credential.coop) == slug, standing).values(revoked_at=unit.wall)
    )
    await unit.session.execute(delete(Session).where(col(Session.coop) == slug))
    await unit.session.execute(
        update(ApiToken)
        .where(col(ApiToken.coop) == slug, col(ApiToken.revoked_at).is_(None))
        .values(revoked_at=unit.wall)
    )
