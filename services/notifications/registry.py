"""What notifications asks of `members`, when needed: who lives there, how to reach them, who works there."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

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


@dataclass(frozen=True)
class Staff:
    """A named person whom a household may call."""

    id: str
    name: str
    phone: str | None
    role: str
    team: str | None


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


async def coop(unit: Unit, slug: str) -> Coop:
    row = (
        await unit.session.execute(
            text("SELECT slug, name, zone, sandbox AS is_sandbox FROM registry.coop WHERE slug = :slug"),
            {"slug": slug},
        )
    ).one()
    return Coop(**row._mapping)


async def staff(unit: Unit, slug: str, team: str | None = None) -> list[Staff]:
    """Who works for the cooperative, those of `team` first, then who has a direct number."""
    rows = await unit.session.execute(
        text(
            "SELECT id, name, phone, role, team FROM registry.staff"
            " WHERE coop = :coop AND role IN ('staff', 'caretaker')"
            " ORDER BY team IS NOT DISTINCT FROM CAST(:team AS text) DESC, phone IS NULL, role, id"
        ),
        {"coop": slug, "team": team},
    )
    return [Staff(**row._mapping) for row in rows]
