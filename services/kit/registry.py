"""What several rooms ask of the views that `members` publishes, now and not from copies.

What only one room asks, it asks in its own `registry.py`. The columns are in `contracts/registry.py`.
"""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import text

from services.kit.unit import Unit

USUAL_ZONE = "Europe/Paris"

_HOMES = """
SELECT o.id AS occupancy, o.dwelling, d.residence, d.ref, d.zone
FROM registry.resident r
JOIN registry.occupancy o ON o.id = r.occupancy
JOIN registry.dwelling d ON d.id = o.dwelling
JOIN registry.coop c ON c.slug = o.coop
CROSS JOIN LATERAL (
  SELECT (coalesce(c.business_now, CAST(:wall AS timestamptz)) AT TIME ZONE d.zone)::date AS day) today
WHERE r.person = :person
  AND (r.since_on <= today.day OR (CAST(:coming AS boolean) AND o.moved_in_on > today.day))
  AND (r.until_on IS NULL OR r.until_on >= today.day)
ORDER BY o.ends_at IS NOT NULL, o.moved_in_on DESC, o.id
"""


@dataclass(frozen=True, slots=True)
class OwnHome:
    """A household a person belongs to, and its dwelling."""

    occupancy: str
    dwelling: str
    residence: str
    ref: str
    zone: str
    """IANA zone of its civil days."""


@dataclass(frozen=True, slots=True)
class Staff:
    """A person of the cooperative whom a household may be told to call."""

    id: str
    name: str
    phone: str | None
    role: str
    team: str | None


async def homes_of(unit: Unit, person: str, *, coming: bool = False) -> list[OwnHome]:
    """The households a person belongs to on the home's civil day, the present one first.

    Who has left one before the others sees nothing more of it. With `coming`, also those that are still to
    move in: to prepare the move. Who joins others later sees nothing of how they live there until then.
    """
    rows = await unit.session.execute(text(_HOMES), {"person": person, "wall": unit.wall, "coming": coming})
    return [OwnHome(**row._mapping) for row in rows]


async def lives_there(unit: Unit, occupancy: str, person: str) -> bool:
    """Whether the person belongs to the household today."""
    return any(home.occupancy == occupancy for home in await homes_of(unit, person))


async def staff(unit: Unit, coop: str | None) -> list[Staff]:
    """Everybody of the cooperative who can be named to households."""

    async def ask() -> list[Staff]:
        rows = await unit.session.execute(
            text("SELECT id, name, phone, role, team FROM registry.staff WHERE coop = :coop ORDER BY id"),
            {"coop": coop},
        )
        return [Staff(**row._mapping) for row in rows]

    return await unit.once(("staff", coop), ask)


async def zone_of(unit: Unit) -> ZoneInfo:
    """The civil time of the unit's cooperative."""

    async def ask() -> ZoneInfo:
        zone = await unit.session.execute(
            text("SELECT zone FROM registry.coop WHERE slug = :coop"), {"coop": unit.coop}
        )
        return ZoneInfo(zone.scalar_one_or_none() or USUAL_ZONE)

    return await unit.once("zone", ask)


async def local_today(unit: Unit) -> date:
    """The cooperative's civil day, by its own business time."""
    return unit.now.astimezone(await zone_of(unit)).date()
