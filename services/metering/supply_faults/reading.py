"""What the rules look at: settled days of a building's meters, means of voltage, outside temperature."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import text

from contracts.codes import UNIT_OF, Fluid, Quality, Quantity
from services.kit.unit import Unit
from services.metering.fluids import calendar_of
from services.metering.packing import unpack
from services.metering.supply_faults.rules import Day, Mean

TRUSTED = (Quality.MEASURED, Quality.EDITED)
"""What a rule may accuse somebody by; never suspect, missing or made-up half-hours."""
KNOWN_SHARE = 0.9
"""So much of a day must be trusted for its total to count."""
LOOKS_AT = {
    Fluid.HEAT: (Quantity.HEAT, Quantity.ENERGY_IMPORT),
    Fluid.WATER: (Quantity.VOLUME,),
    Fluid.HOT_WATER: (Quantity.VOLUME,),
    Fluid.ELECTRICITY: (Quantity.ENERGY_IMPORT,),
}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FRESH = """
SELECT DISTINCT s.meter FROM metering.series s
WHERE s.coop = :coop AND s.last_closed_at > :since AND s.last_closed_at <= :until
"""
_METERS = """
SELECT m.id, m.coop, m.dwelling, m.fluid, m.zone, d.heating, coalesce(d.building, d.residence) AS place
FROM registry.meter m LEFT JOIN registry.dwelling d ON d.id = m.dwelling WHERE m.id = ANY(:meters)
"""
_NEIGHBOURS = """
SELECT m.id FROM registry.dwelling d JOIN registry.meter m ON m.dwelling = d.id
WHERE d.coop = :coop AND coalesce(d.building, d.residence) = :place AND m.fluid = :fluid
  AND d.heating = :heating
ORDER BY m.id LIMIT 500
"""
_DAYS = """
SELECT meter, quantity, day, occupancy, slots, value, quality, packed FROM metering.day
WHERE meter = ANY(:meters) AND quantity = ANY(:quantities) AND day BETWEEN :first AND :last ORDER BY day
"""
_VOLTAGE = """
SELECT r.meter, r.register, date_bin(CAST(:step AS interval), r.instant, 'epoch') AS at,
       round(avg(r.value_milli))::bigint AS milli
FROM metering.reading_row r JOIN metering.meter_register g ON g.meter = r.meter AND g.register = r.register
WHERE g.coop = :coop AND g.quantity = 'voltage' AND r.instant >= :since AND r.instant < :until
GROUP BY r.meter, r.register, at ORDER BY r.meter, r.register, at
"""
_OUTSIDE = """
SELECT (r.instant AT TIME ZONE m.zone)::date AS day, avg(r.value_milli) / 1000.0 AS cel
FROM metering.meter_register g JOIN registry.meter m ON m.id = g.meter
JOIN metering.reading_row r ON r.meter = g.meter AND r.register = g.register
WHERE g.coop = :coop AND g.quantity = 'temperature' AND m.dwelling IS NULL AND r.instant >= :since
GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Watched:
    """A meter as the rules know it. `place` is its dwelling's building or residence."""

    id: str
    coop: str
    dwelling: str | None
    fluid: Fluid
    zone: str
    heating: str | None
    place: str | None


@dataclass(frozen=True, slots=True)
class Settled:
    """A settled day with whose it is."""

    day: Day
    quantity: Quantity
    occupancy: str | None


async def fresh(unit: Unit, coop: str, since: datetime, until: datetime) -> list[str]:
    """The meters of which a day was closed in between, by wall time."""
    rows = await unit.session.execute(text(_FRESH), {"coop": coop, "since": since, "until": until})
    return list(rows.scalars())


async def watched(unit: Unit, meters: Sequence[str]) -> dict[str, Watched]:
    """What is known of these meters; those that are gone are not there."""
    rows = await unit.session.execute(text(_METERS), {"meters": list(meters)})
    return {
        row.id: Watched(row.id, row.coop, row.dwelling, Fluid(row.fluid), row.zone, row.heating, row.place)
        for row in rows
    }


async def neighbours(unit: Unit, meter: Watched) -> list[str]:
    """Meters of the same fluid in homes of its building that are heated alike, itself among them."""
    if meter.place is None or meter.heating is None:
        return []
    rows = await unit.session.execute(
        text(_NEIGHBOURS),
        {
            "coop": meter.coop, "place": meter.place, "fluid": meter.fluid.value,
            "heating": meter.heating,
        },
    )  # fmt: skip
    return list(rows.scalars())


async def days(unit: Unit, meters: dict[str, Watched], first: date, last: date) -> dict[str, list[Settled]]:
    """The closed days of these meters, in order, of the quantity each fluid is looked at by."""
    quantities = {quantity.value for looked in LOOKS_AT.values() for quantity in looked}
    rows = await unit.session.execute(
        text(_DAYS),
        {"meters": list(meters), "quantities": sorted(quantities), "first": first, "last": last},
    )
    found: dict[tuple[str, Quantity], list[Settled]] = defaultdict(list)
    for row in rows:
        meter, quantity = meters[row.meter], Quantity(row.quantity)
        found[row.meter, quantity].append(_settled(meter, quantity, row))
    chosen: dict[str, list[Settled]] = {}
    for id, meter in meters.items():
        for quantity in LOOKS_AT.get(meter.fluid, ()):
            if (id, quantity) in found:
                chosen[id] = found[id, quantity]
                break
    return chosen


async def voltages(
    unit: Unit, coop: str, since: datetime, until: datetime, step_minutes: int
) -> dict[str, list[list[Mean]]]:
    """Means of voltage by meter, one list for each phase; a mean that `since` or `until` would cut is not
    told, because it would be the mean of less."""
    step = timedelta(minutes=step_minutes)
    bounds = {"since": _floor(since, step) + step, "until": _floor(until, step)}
    rows = await unit.session.execute(text(_VOLTAGE), {"coop": coop, "step": step} | bounds)
    phases: dict[tuple[str, str], list[Mean]] = defaultdict(list)
    for row in rows:
        phases[row.meter, row.register].append(Mean(row.at, row.milli))
    found: dict[str, list[list[Mean]]] = defaultdict(list)
    for (meter, _), means in phases.items():
        found[meter].append(means)
    return found


async def outside(unit: Unit, coop: str, since: datetime) -> dict[date, float]:
    """The mean outside temperature of each civil day, where the cooperative has a station."""
    rows = await unit.session.execute(text(_OUTSIDE), {"coop": coop, "since": since})
    return {row.day: float(row.cel) for row in rows}


def unit_of(quantity: Quantity) -> str:
    return UNIT_OF[quantity].value


def _floor(at: datetime, step: timedelta) -> datetime:
    return at - (at - _EPOCH) % step


def _settled(meter: Watched, quantity: Quantity, row: object) -> Settled:
    day: date = row.day  # type: ignore[attr-defined] # a row of _DAYS
    quality: dict[str, int] = row.quality  # type: ignore[attr-defined]
    packed = row.packed  # type: ignore[attr-defined]
    count: int = row.slots  # type: ignore[attr-defined]
    trusted = sum(quality.get(name, 0) for name in TRUSTED)
    slots = None
    if packed is not None:
        slots = tuple(slot.value if slot.quality in TRUSTED else None for slot in unpack(bytes(packed)))
    return Settled(
        Day(
            day,
            calendar_of(meter.fluid, meter.zone).day(day).starts_at,
            meter.zone,
            row.value if trusted >= KNOWN_SHARE * count else None,  # type: ignore[attr-defined]
            slots,
        ),
        quantity,
        row.occupancy,  # type: ignore[attr-defined]
    )
