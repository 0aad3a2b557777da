"""A household's own meters and what is known of each: what its pages begin with."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text

from contracts.codes import Fluid, Purpose
from services.kit.principal import Principal
from services.kit.registry import homes_of
from services.kit.unit import Unit
from services.metering import ledger

_METERS = """
SELECT m.id, m.fluid, m.serial, m.zone, s.watermark, s.silent_since, min(o.moved_in_on) AS first_day,
       array(SELECT DISTINCT g.purpose FROM registry.consent g
             WHERE g.occupancy = ANY(array_agg(o.id))) AS purposes
FROM registry.occupancy o
JOIN registry.meter m ON m.dwelling = o.dwelling
LEFT JOIN metering.meter_state s ON s.meter = m.id
WHERE o.id = ANY(:occupancies)
GROUP BY m.id, m.fluid, m.serial, m.zone, s.watermark, s.silent_since
"""
_ORDER = tuple(Fluid)
_SERVICES = [ledger.SYSTEM, ledger.ADVICE]


@dataclass(frozen=True, slots=True)
class OwnMeter:
    """A meter of the household's dwelling, from the day it moved in."""

    id: str
    fluid: Fluid
    serial: str | None
    zone: str
    first_day: date
    purposes: frozenset[str]
    heard_until: datetime | None
    """The latest instant it reported; None while it never has."""
    silent_since: datetime | None

    @property
    def may_show_days(self) -> bool:
        return bool(self.purposes & {Purpose.DAILY, Purpose.HALF_HOURLY})

    @property
    def may_show_curve(self) -> bool:
        return Purpose.HALF_HOURLY in self.purposes


async def own_meters(unit: Unit, who: Principal) -> list[OwnMeter]:
    """The meters of the homes a resident lives in today, electricity first."""
    occupancies = [home.occupancy for home in await homes_of(unit, who.person)]
    rows = await unit.session.execute(text(_METERS), {"occupancies": occupancies})
    found = [
        OwnMeter(
            row.id, Fluid(row.fluid), row.serial, row.zone, row.first_day, frozenset(row.purposes),
            row.watermark, row.silent_since,
        )
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda meter: (_ORDER.index(meter.fluid), meter.serial or "", meter.id))


async def uses_in_short(unit: Unit, occupancy: str) -> list[Any]:
    """Each user and purpose once, people before services: on how many days, and when last."""
    rows = await unit.session.execute(
        text(
            "SELECT actor, purpose, why, count(*) AS days, max(used_on) AS last_on FROM metering.data_use"
            " WHERE occupancy = :occupancy GROUP BY actor, purpose, why"
            " ORDER BY actor = ANY(:services), max(used_on) DESC, actor, purpose"
        ),
        {"occupancy": occupancy, "services": _SERVICES},
    )
    return list(rows)


async def looks_by_people(unit: Unit, occupancy: str, since: date) -> int:
    """On how many days a person, not a service, used the household's data, from `since` on."""
    row = await unit.session.execute(
        text(
            "SELECT count(DISTINCT used_on) FROM metering.data_use"
            " WHERE occupancy = :occupancy AND used_on >= :since AND actor <> ALL(:services)"
        ),
        {"occupancy": occupancy, "since": since, "services": _SERVICES},
    )
    return int(row.scalar_one())
