"""What advice asks of `members`, now and not from copies: consent, the home, who may read its tips."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import text

from contracts.codes import Heating, Purpose, TariffKind
from services.advice.tip import Home
from services.kit.unit import Unit


@dataclass(frozen=True)
class Household:
    """A home a person lives in today, as its own page names it."""

    occupancy: str
    residence: str
    ref: str


async def allows(unit: Unit, occupancy: str, purpose: Purpose) -> bool:
    """Whether the household's consent for `purpose` holds at this moment."""
    found = await unit.session.execute(
        text("SELECT 1 FROM registry.consent WHERE occupancy = :occupancy AND purpose = :purpose"),
        {"occupancy": occupancy, "purpose": purpose},
    )
    return found.first() is not None


async def home_of(unit: Unit, meter: str, on: date) -> Home | None:
    """The home behind a meter with the contract in force on the civil day `on`, or the nearest one
    known (history may be older than the contract's record); None for a meter without a dwelling."""
    row = (
        await unit.session.execute(
            text(
                "SELECT d.heating, d.floor_area_m2, c.tariff, c.offpeak, c.subscribed_kva, c.prices"
                " FROM registry.meter m JOIN registry.dwelling d ON d.id = m.dwelling"
                " LEFT JOIN LATERAL (SELECT * FROM registry.contract WHERE meter = m.id"
                " ORDER BY valid_from <= :on DESC, abs(valid_from - :on) LIMIT 1) c ON true"
                " WHERE m.id = :meter"
            ),
            {"meter": meter, "on": on},
        )
    ).one_or_none()
    if row is None:
        return None
    return Home(
        heating=Heating(row.heating),
        floor_area_m2=row.floor_area_m2,
        tariff=TariffKind(row.tariff) if row.tariff else None,
        offpeak=tuple(row.offpeak or ()),
        subscribed_kva=row.subscribed_kva,
        own_prices=row.prices or None,
    )


async def lives_there(unit: Unit, occupancy: str, person: str) -> bool:
    """Whether `person` belongs to the household today; who has left no longer does."""
    found = await unit.session.execute(
        text(
            "SELECT 1 FROM registry.resident WHERE occupancy = :occupancy AND person = :person"
            " AND since_on <= :today AND (until_on IS NULL OR until_on >= :today)"
        ),
        {"occupancy": occupancy, "person": person, "today": await local_today(unit)},
    )
    return found.first() is not None


async def households_of(unit: Unit, person: str) -> list[Household]:
    """The households a person belongs to today, latest first."""
    rows = await unit.session.execute(
        text(
            "SELECT r.occupancy, d.residence, d.ref FROM registry.resident r"
            " JOIN registry.occupancy o ON o.id = r.occupancy"
            " JOIN registry.dwelling d ON d.id = o.dwelling"
            " WHERE r.person = :person AND r.since_on <= :today"
            " AND (r.until_on IS NULL OR r.until_on >= :today) ORDER BY r.since_on DESC, r.occupancy"
        ),
        {"person": person, "today": await local_today(unit)},
    )
    return [Household(**row._mapping) for row in rows]


async def zone_of(unit: Unit) -> str:
    """The IANA zone of the cooperative's civil days."""
    found = await unit.session.execute(
        text("SELECT zone FROM registry.coop WHERE slug = :coop"), {"coop": unit.coop}
    )
    return found.scalar_one_or_none() or "Europe/Paris"


async def is_sandbox_home(unit: Unit, occupancy: str) -> bool:
    """Whether the occupancy exists in a simulated cooperative, where nobody's privacy is at stake."""
    found = await unit.session.execute(
        text(
            "SELECT 1 FROM registry.occupancy o JOIN registry.coop c ON c.slug = o.coop"
            " WHERE o.id = :occupancy AND c.sandbox"
        ),
        {"occupancy": occupancy},
    )
    return found.first() is not None


async def local_today(unit: Unit) -> date:
    """The cooperative's civil day, by its own business time."""
    return unit.now.astimezone(ZoneInfo(await zone_of(unit))).date()
