"""What only notifications asks of `members`: who lives there, how to reach them, whom to name to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from contracts.codes import Role
from services.kit import registry
from services.kit.registry import Staff
from services.kit.unit import Unit


@dataclass(frozen=True)
class Contact:
    person: str
    coop: str
    name: str
    language: str
    email: str | None = None
    mobile: str | None = None
    postal: str | None = None


@dataclass(frozen=True)
class Coop:
    slug: str
    name: str
    zone: str
    is_sandbox: bool


async def residents(unit: Unit, occupancies: Sequence[str]) -> list[str]:
    """Persons who belong to these households today; who has left hears nothing more."""
    found = await unit.session.execute(
        text(
            "SELECT DISTINCT r.person FROM registry.resident r JOIN registry.coop c ON c.slug = r.coop"
            " WHERE r.occupancy = ANY(:occupancies)"
            " AND (r.until_on IS NULL OR r.until_on >= (CAST(:now AS timestamptz) AT TIME ZONE c.zone)::date)"
            " ORDER BY r.person"
        ),
        {"occupancies": list(occupancies), "now": unit.now},
    )
    return list(found.scalars())


async def contact(unit: Unit, person: str) -> Contact | None:
    row = (
        await unit.session.execute(
            text(
                "SELECT person, coop, name, language, email, mobile, postal FROM registry.contact"
                " WHERE person = :person"
            ),
            {"person": person},
        )
    ).one_or_none()
    return None if row is None else Contact(**row._mapping)


async def incident_news(unit: Unit, news: str | None) -> dict[str, Any] | None:
    """What staff wrote once for every household concerned: `text_fr`, and `text_en` where they did."""
    if news is None:
        return None
    row = (
        await unit.session.execute(
            text("SELECT text_fr, text_en FROM registry.incident_news WHERE id = :id"), {"id": news}
        )
    ).one_or_none()
    return None if row is None else dict(row._mapping)


async def coop(unit: Unit, slug: str) -> Coop:
    row = (
        await unit.session.execute(
            text("SELECT slug, name, zone, sandbox AS is_sandbox FROM registry.coop WHERE slug = :slug"),
            {"slug": slug},
        )
    ).one()
    return Coop(**row._mapping)


async def staff(unit: Unit, coop: str, team: str | None = None) -> list[Staff]:
    """Who works for the cooperative, those of `team` first, then who has a direct number."""
    people = [one for one in await registry.staff(unit, coop) if one.role in (Role.STAFF, Role.CARETAKER)]
    return sorted(people, key=lambda one: (one.team != team, one.phone is None, one.role, one.id))
