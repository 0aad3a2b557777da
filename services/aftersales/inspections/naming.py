"""Who and what an inspection is about, in names, asked of `members` when it is shown."""

from dataclasses import dataclass

from sqlalchemy import text

from services.aftersales.words import word
from services.kit.unit import Unit


@dataclass(frozen=True)
class Names:
    """Of a household's home."""

    coop: str
    residence: str
    ref: str
    household: tuple[str, ...]
    """Those who sign: holders and co-holders."""
    language: str
    """In which the household is written to."""
    where: str = ""
    """Staircase, floor and postcode in the household's language, as far as they are known."""


async def names_of(unit: Unit, occupancy: str) -> Names | None:
    """None for a household that is not (any more) known."""
    home = (
        await unit.session.execute(
            text(
                "SELECT c.name, d.residence, d.ref, d.staircase, d.floor, d.postcode"
                " FROM registry.occupancy o JOIN registry.dwelling d ON d.id = o.dwelling"
                " JOIN registry.coop c ON c.slug = o.coop"
                " WHERE o.id = :occupancy"
            ),
            {"occupancy": occupancy},
        )
    ).one_or_none()
    if home is None:
        return None
    people = (
        await unit.session.execute(
            text(
                "SELECT c.name, c.language FROM registry.resident r"
                " JOIN registry.contact c ON c.person = r.person"
                " WHERE r.occupancy = :occupancy AND r.\"right\" IN ('holder', 'co_holder')"
                " ORDER BY r.\"right\" <> 'holder', r.since_on, c.person"
            ),
            {"occupancy": occupancy},
        )
    ).all()
    language = people[0].language if people else "fr"
    where = [
        word("inspection_document", f"in_{name}", language).format(value=value)
        for name, value in (("staircase", home.staircase), ("floor", home.floor))
        if value
    ]
    return Names(
        home.name,
        home.residence,
        home.ref,
        tuple(one.name for one in people),
        language,
        ", ".join(filter(None, (*where, home.postcode))),
    )


async def occupancy_of(unit: Unit, dwelling: str) -> str | None:
    """The household that has not left the dwelling; of two, the one that comes."""
    found = await unit.session.execute(
        text(
            "SELECT id FROM registry.occupancy WHERE dwelling = :dwelling AND moved_out_on IS NULL"
            " ORDER BY moved_in_on DESC, id LIMIT 1"
        ),
        {"dwelling": dwelling},
    )
    return found.scalar_one_or_none()
