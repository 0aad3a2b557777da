"""What only advice asks of `members`, now and not from copies: consent, and the home with its contract."""

from datetime import date

from sqlalchemy import text

from contracts.codes import Heating, Purpose, TariffKind
from services.advice.tip import Home
from services.kit.unit import Unit


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
                " LEFT JOIN LATERAL (SELECT tariff, offpeak, subscribed_kva, prices"
                " FROM registry.contract WHERE meter = m.id"
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
