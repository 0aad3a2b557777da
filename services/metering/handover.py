"""Which readings are a household's alone, to be deleted with it: those of its time, less what it shares.

A register read at the very moment one household leaves and the next one comes closes the last half-hour of
the one and opens the first of the other. As in `admission` it belongs to both, so it stays while one of them
may keep it.
"""

from collections.abc import Collection

from contracts.codes import Purpose
from services.metering.fluids import came_sql, left_sql


def is_its_own(is_register: str, purposes: Collection[Purpose]) -> str:
    """SQL condition on a reading `r` of the meter `m` and the household `o`, aliases of `registry.meter` and
    `registry.occupancy`. `is_register`: SQL; `purposes`: for which a neighbour may keep what is shared."""
    allowed = ", ".join(f"'{purpose}'" for purpose in purposes)
    return f"""r.instant >= {came_sql()}
  AND (o.moved_out_on IS NULL OR r.instant < {left_sql()} OR r.instant = {left_sql()} AND {is_register})
  AND NOT (r.instant IN ({came_sql()}, {left_sql()}) AND {is_register} AND EXISTS (
      SELECT 1 FROM registry.occupancy n JOIN registry.consent c ON c.occupancy = n.id
      WHERE n.dwelling = o.dwelling AND n.id <> o.id AND c.purpose IN ({allowed})
        AND r.instant IN ({came_sql("n")}, {left_sql("n")})))"""  # noqa: S608 - only constants
