"""What only after-sales asks of `members`, now and not from copies: homes, households, people to name."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from contracts.codes import Tenure
from services.aftersales.warranty import Dates
from services.kit import registry
from services.kit.registry import Staff, local_today
from services.kit.unit import Unit

OWNERS = (Tenure.BUYER_VEFA, Tenure.CO_OWNER, Tenure.PSLA, Tenure.BRS)


@dataclass(frozen=True)
class Home:
    """Where a request is: a household's dwelling, or a building without household."""

    zone: str
    residence: str
    occupancy: str | None = None
    dwelling: str | None = None
    building: str | None = None
    tenure: Tenure | None = None
    dates: Dates = Dates()  # noqa: RUF009 - frozen and without arguments
    postcode: str | None = None
    is_copropriete: bool = False
    """True when owners live in the building; a setting may say otherwise."""
    ends_at: datetime | None = None
    """When the household has left, or will have."""

    @property
    def abouts(self) -> list[str]:
        """The ids that what is recorded of the home may be about, its own before its building's."""
        return [about for about in (self.occupancy, self.dwelling, self.building) if about is not None]

    def is_left(self, now: datetime) -> bool:
        """Whether the household lives there no more: its own requests stay its own, nothing new begins."""
        return self.ends_at is not None and self.ends_at <= now


async def home_of_occupancy(unit: Unit, occupancy: str) -> Home | None:
    """The household's dwelling, its tenure and its dates; None when `members` knows it not."""
    return await unit.once(("home", occupancy), lambda: _home_of_occupancy(unit, occupancy))


async def _home_of_occupancy(unit: Unit, occupancy: str) -> Home | None:
    rows = await unit.ask(_HOME, {"id": occupancy, "owners": [tenure.value for tenure in OWNERS]})
    return _home_from(rows[0]) if rows else None


async def learn_homes(unit: Unit, occupancies: Collection[str]) -> None:
    """Ask of many households together what `home_of_occupancy` is asked of each."""
    known = dict.fromkeys(occupancies)
    rows = await unit.ask(_HOMES, {"ids": list(known), "owners": [tenure.value for tenure in OWNERS]})
    for occupancy, home in (known | {row.id: _home_from(row) for row in rows}).items():
        unit.learn(("home", occupancy), home)


def _home_from(row: Any) -> Home:
    return Home(
        zone=row.zone,
        residence=row.residence,
        occupancy=row.id,
        dwelling=row.dwelling,
        building=row.building,
        tenure=Tenure(row.tenure),
        dates=Dates(row.reception_on, row.livraison_on, row.moved_in_on, built_on=row.built_on),
        postcode=row.postcode,
        is_copropriete=row.has_owners,
        ends_at=row.ends_at,
    )


async def home_of_building(unit: Unit, building: str) -> Home | None:
    row = (
        await unit.session.execute(
            text(
                "SELECT b.id, b.residence, b.reception_on, c.zone, (SELECT min(d.postcode)"
                " FROM registry.dwelling d WHERE d.building = b.id) AS postcode"
                " FROM registry.building b JOIN registry.coop c ON c.slug = b.coop WHERE b.id = :id"
            ),
            {"id": building},
        )
    ).one_or_none()
    if row is None:
        return None
    return Home(
        zone=row.zone,
        residence=row.residence,
        building=row.id,
        dates=Dates(reception_on=row.reception_on),
        postcode=row.postcode,
        is_copropriete=await _has_owners(unit, row.id),
    )


async def own_occupancies(unit: Unit, person: str) -> list[str]:
    """The households whose requests the person may see and make, the present one first."""
    return [home.occupancy for home in await registry.homes_of(unit, person, coming=True)]


async def staff(unit: Unit) -> dict[str, Staff]:
    """The people of the cooperative who can be named to households, by id."""
    return {one.id: one for one in await registry.staff(unit, unit.coop)}


@dataclass(frozen=True)
class Reachable:
    """A person of a household and how to reach them."""

    name: str
    email: str | None
    mobile: str | None
    right: str


async def household(unit: Unit, occupancy: str) -> list[Reachable]:
    """Who of the household can be called about a request, holders first."""
    rows = await unit.session.execute(
        text(
            'SELECT c.name, c.email, c.mobile, r."right" FROM registry.resident r'
            " JOIN registry.contact c ON c.person = r.person WHERE r.occupancy = :occupancy"
            " AND (r.until_on IS NULL OR r.until_on >= :today)"
            " ORDER BY array_position(ARRAY['holder', 'co_holder'], r.\"right\"), r.since_on, c.person"
        ),
        {"occupancy": occupancy, "today": await local_today(unit)},
    )
    return [Reachable(row.name, row.email, row.mobile, row.right) for row in rows]


async def contact_for(unit: Unit, team: str) -> str | None:
    """Whom to name first for a team: one of its members, else somebody of the cooperative's staff."""
    people = [person for person in (await staff(unit)).values() if person.role in ("staff", "caretaker")]
    people.sort(key=lambda person: (person.team != team, person.role != "staff", person.id))
    return people[0].id if people else None


async def _has_owners(unit: Unit, building: str | None) -> bool:
    if building is None:
        return False
    found = await unit.session.execute(
        text(
            "SELECT 1 FROM registry.occupancy WHERE building = :building AND tenure = ANY(:owners)"
            " AND moved_out_on IS NULL LIMIT 1"
        ),
        {"building": building, "owners": [tenure.value for tenure in OWNERS]},
    )
    return found.first() is not None


_HOME = """
SELECT o.id, o.dwelling, coalesce(o.building, d.building) AS building, o.tenure, o.moved_in_on,
  o.livraison_on, o.ends_at, d.reception_on, d.built_on, d.residence, d.postcode, d.zone,
  EXISTS (SELECT 1 FROM registry.occupancy n WHERE n.building = coalesce(o.building, d.building)
    AND n.tenure = ANY(%(owners)s) AND n.moved_out_on IS NULL) AS has_owners
FROM registry.occupancy o JOIN registry.dwelling d ON d.id = o.dwelling WHERE o.id = %(id)s
"""
_HOMES = _HOME.replace("= %(id)s", "= ANY(%(ids)s)")
