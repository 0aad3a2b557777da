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


async def staff_contacts(unit: Unit, coop: str) -> dict[str, Contact]:
    """Where the cooperative's staff and caretakers are mailed, by person."""

    async def ask() -> dict[str, Contact]:
        rows = await unit.session.execute(
            text(
                "SELECT person, coop, name, language, email FROM registry.staff_contact WHERE coop = :coop"
                " ORDER BY person"
            ),
            {"coop": coop},
        )
        return {row.person: Contact(**row._mapping) for row in rows}

    return await unit.once(("staff contacts", coop), ask)


async def reader(unit: Unit, person: str, coop: str) -> Contact | None:
    """A resident of the cooperative, or one of its people."""
    return await contact(unit, person) or (await staff_contacts(unit, coop)).get(person)


async def firm(unit: Unit, party: str | None) -> str | None:
    """What a firm is called."""
    if party is None:
        return None
    found = await unit.session.execute(text("SELECT name FROM registry.firm WHERE id = :id"), {"id": party})
    name: str | None = found.scalar_one_or_none()
    return name


async def remark(unit: Unit, ticket: str, place: int | None) -> str | None:
    """What whoever did the work wrote that remains to do."""
    if place is None:
        return None
    found = await unit.session.execute(
        text("SELECT words FROM registry.step_remark WHERE ticket = :ticket AND place = :place"),
        {"ticket": ticket, "place": place},
    )
    words: str | None = found.scalar_one_or_none()
    return words


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
