"""The network operator's own factors of gas days: kept when a file brings them, asked for by day."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import text

from contracts.codes import Quantity
from contracts.units import GasFactor
from services.kit.unit import Unit
from services.metering import registry
from services.metering.fluids import Conversion, conversion
from services.metering.registry import Meter
from services.metering.tariffs import in_force

Key = tuple[str, date]
"""Meter and gas day."""

# Of two files that differ the first counts, as it does for values; the other is kept, should the first be
# taken back. What a day costs may hang on it.
_KEEP = f"""
WITH fresh AS (
    INSERT INTO metering.gas_factor (meter, day, imported_at, coop, wh_per_m3)
    SELECT :meter, w.day, :at, :coop, w.factor
    FROM unnest(CAST(:days AS date[]), CAST(:factors AS int[])) AS w(day, factor)
    ON CONFLICT DO NOTHING RETURNING day)
INSERT INTO metering.dirty_day (coop, meter, quantity, day)
SELECT :coop, :meter, '{Quantity.VOLUME}', day FROM fresh
"""  # noqa: S608 - only a constant is formatted in
_OF = """
SELECT DISTINCT ON (meter, day) meter, day, wh_per_m3 FROM metering.gas_factor
WHERE meter = ANY(:meters) AND day BETWEEN :first AND :last ORDER BY meter, day, imported_at
"""
_TAKE_BACK = f"""
WITH gone AS (DELETE FROM metering.gas_factor WHERE meter = :meter AND imported_at = :at RETURNING day)
INSERT INTO metering.dirty_day (coop, meter, quantity, day)
SELECT :coop, :meter, '{Quantity.VOLUME}', day FROM gone
"""  # noqa: S608 - only a constant is formatted in
_OF_HOUSEHOLD = """
DELETE FROM metering.gas_factor g
USING registry.occupancy o, registry.meter m
WHERE o.id = :occupancy AND m.dwelling = o.dwelling AND g.meter = m.id
  AND g.day >= o.moved_in_on AND (o.moved_out_on IS NULL OR g.day <= o.moved_out_on)
"""


async def keep(unit: Unit, meter: Meter, at: datetime, factors: Mapping[date, int]) -> None:
    """What the file imported at `at` says, in Wh for each m³; those days are settled again."""
    if factors:
        values = {
            "meter": meter.id, "coop": meter.coop, "at": at,
            "days": list(factors), "factors": list(factors.values()),
        }  # fmt: skip
        await unit.session.execute(text(_KEEP), values)


async def of(unit: Unit, keys: Iterable[Key]) -> dict[Key, GasFactor]:
    """The factors of these days, where a file gave them."""
    wanted = set(keys)
    if not wanted:
        return {}
    values = {
        "meters": sorted({meter for meter, _ in wanted}),
        "first": min(day for _, day in wanted),
        "last": max(day for _, day in wanted),
    }
    rows = await unit.session.execute(text(_OF), values)
    return {(row.meter, row.day): GasFactor(row.wh_per_m3) for row in rows if (row.meter, row.day) in wanted}


async def conversions(unit: Unit, meter: str, days: Collection[date]) -> dict[date, Conversion | None]:
    """How each of these gas days is converted, by all that is known now; None where nothing is."""
    if not days:
        return {}
    found = (await registry.meters(unit, [meter], contracts=True))[meter]
    of_network = await of(unit, ((meter, day) for day in days))
    told: dict[date, Conversion | None] = {}
    for day in days:
        contract = in_force(found.contracts, day)
        of_contract = contract.gas_factor if contract else None
        told[day] = conversion(day, of_network.get((meter, day)), of_contract)
    return told


async def take_back(unit: Unit, meter: str, coop: str, at: datetime) -> None:
    """An import is taken back, and its factors with it."""
    await unit.session.execute(text(_TAKE_BACK), {"meter": meter, "coop": coop, "at": at})


async def forget(unit: Unit, occupancy: str) -> None:
    """Delete those of a household's days."""
    await unit.session.execute(text(_OF_HOUSEHOLD), {"occupancy": occupancy})
