"""Days to settle again because of what a person decided: one edited day, the days around an exchange."""

from datetime import date

from sqlalchemy import text

from contracts.codes import Kind, Quantity
from services.kit.unit import Unit
from services.metering.days import begin_sql, day_sql
from services.metering.fluids import first_hour_sql
from services.metering.registers import CONTEXT
from services.metering.touching import CHANNEL, SETTLED_BY

_ONE = """
INSERT INTO metering.dirty_day (coop, meter, quantity, day) VALUES (:coop, :meter, :quantity, :day)
"""
_SETTLED_BY = ", ".join(f"('{quantity}', '{target}')" for quantity, target in SETTLED_BY.items())
# Registers are believed by what they say nearby, so the context on either side of the day counts; of other
# kinds of reading only the day itself and its neighbours.
_FIRST_HOUR = first_hour_sql("m")
_AROUND = f"""
INSERT INTO metering.dirty_day (coop, meter, quantity, day)
SELECT DISTINCT g.coop, g.meter, q.target, d.day::date
FROM metering.meter_register g
JOIN registry.meter m ON m.id = g.meter
JOIN (VALUES {_SETTLED_BY}) AS q(quantity, target) ON q.quantity = g.quantity
CROSS JOIN LATERAL (
    SELECT {begin_sql("CAST(:day AS date)", "m.zone", "0")} AS starts_at,
           {begin_sql("CAST(:day AS date) + 1", "m.zone", "0")} AS ends_at) s
CROSS JOIN LATERAL (
    SELECT min(p.instant) AS low, max(p.instant) AS high FROM (
        (SELECT b.instant FROM metering.reading_row b
         WHERE g.kind = '{Kind.REGISTER}' AND b.meter = g.meter AND b.register = g.register
           AND b.instant < s.starts_at
         ORDER BY b.instant DESC LIMIT {CONTEXT})
        UNION ALL
        (SELECT a.instant FROM metering.reading_row a
         WHERE g.kind = '{Kind.REGISTER}' AND a.meter = g.meter AND a.register = g.register
           AND a.instant >= s.ends_at
         ORDER BY a.instant LIMIT {CONTEXT})) p) near
CROSS JOIN LATERAL generate_series(
    least({day_sql("near.low", "m.zone", _FIRST_HOUR)}, CAST(:day AS date) - 1),
    greatest({day_sql("near.high", "m.zone", _FIRST_HOUR)}, CAST(:day AS date) + 1), interval '1 day') d(day)
WHERE g.meter = :meter
"""  # noqa: S608 - only constants are formatted in


async def one(unit: Unit, coop: str, meter: str, quantity: Quantity, day: date) -> None:
    """Settle one day again, whether or not anything was ever measured on it."""
    values = {"coop": coop, "meter": meter, "quantity": quantity.value, "day": day}
    await unit.session.execute(text(_ONE), values)
    await unit.session.execute(text(f"NOTIFY {CHANNEL}"))


async def around(unit: Unit, meter: str, day: date) -> None:
    """Settle again what an exchange on that civil day may change."""
    await unit.session.execute(text(_AROUND), {"meter": meter, "day": day})
    await unit.session.execute(text(f"NOTIFY {CHANNEL}"))
