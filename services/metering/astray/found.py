"""Who publishes astray, as kept: counted from the log, told on pages, in the API and by `palier doctor`."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from services.kit.unit import Unit
from services.metering.astray.lines import Astray

RECENT = timedelta(days=1)
"""What was seen since then is worth a look; what is older was mended, or the device is gone."""
KEPT = timedelta(days=30)

_COOPS = """
SELECT id, coop FROM registry.meter WHERE id = ANY(:devices)
UNION SELECT DISTINCT gateway, coop FROM registry.channel WHERE gateway = ANY(:devices)
"""
# Only what is later than the last one counted: the log may be read again from its beginning.
_KNOWN = "SELECT device, last_at FROM metering.astray WHERE device = ANY(:devices)"
_ALONE = "SELECT pg_advisory_xact_lock(hashtext('metering.astray'))"
_ADD = """
INSERT INTO metering.astray (device, coop, wrong, messages, first_at, last_at)
VALUES (:device, :coop, :wrong, :messages, :first_at, :last_at)
ON CONFLICT (device) DO UPDATE SET coop = excluded.coop, wrong = excluded.wrong,
    messages = astray.messages + excluded.messages, last_at = excluded.last_at
"""
_OF = "SELECT wrong, messages, last_at FROM metering.astray WHERE device = :device AND last_at > :since"
_COUNT = "SELECT count(*) FROM metering.astray WHERE last_at > :since"
LATEST = """
SELECT device, wrong, messages, last_at FROM metering.astray WHERE last_at > :since
ORDER BY last_at DESC, device LIMIT :limit
"""


async def note(unit: Unit, seen: Iterable[Astray]) -> None:
    """Count what is new; of meters that are gone nothing is kept."""
    by_device: dict[str, list[Astray]] = {}
    for one in seen:
        by_device.setdefault(one.device, []).append(one)
    await unit.session.execute(text(_ALONE))  # another replica may read the same log
    devices = {"devices": sorted(by_device)}
    coops = {row.id: row.coop for row in await unit.session.execute(text(_COOPS), devices)}
    known = {row.device: row.last_at for row in await unit.session.execute(text(_KNOWN), devices)}
    for device in sorted(by_device):
        fresh = [one for one in by_device[device] if device not in known or one.at > known[device]]
        fresh = [one for one in fresh if one.at > unit.wall - KEPT]
        if not fresh or (device not in coops and device.startswith("mtr_")):
            continue
        coop = coops.get(device, "")
        await unit.session.execute(
            text(_ADD),
            {
                "device": device, "coop": coop, "wrong": fresh[-1].wrong(coop).value, "messages": len(fresh),
                "first_at": fresh[0].at, "last_at": fresh[-1].at,
            },
        )  # fmt: skip


async def forget(unit: Unit) -> None:
    """What is older than a month, and long mended."""
    await unit.session.execute(
        text("DELETE FROM metering.astray WHERE last_at < :before"), {"before": unit.wall - KEPT}
    )


async def lately(unit: Unit, device: str) -> Any:
    """When last and how often this device published elsewhere; None when it did not within a day."""
    values = {"device": device, "since": since(unit.wall)}
    return (await unit.session.execute(text(_OF), values)).one_or_none()


async def latest(unit: Unit, limit: int) -> Sequence[Any]:
    """Those of the last day that the caller sees, latest first."""
    values = {"since": since(unit.wall), "limit": limit}
    return (await unit.session.execute(text(LATEST), values)).all()


async def count(unit: Unit) -> int:
    """How many devices did within a day, of those that the caller sees."""
    found: int = (await unit.session.execute(text(_COUNT), {"since": since(unit.wall)})).scalar_one()
    return found


def since(now: datetime) -> datetime:
    return now - RECENT
