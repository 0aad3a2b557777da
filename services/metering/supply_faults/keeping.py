"""A fault is raised once with what it was seen in, cleared when readings are well, forgotten on demand."""

import json
from collections import Counter
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from contracts.codes import Purpose
from contracts.metering import SupplyFault, SupplyFaultCleared
from services.kit.ids import new_id
from services.kit.unit import Unit
from services.metering import ledger
from services.metering.supply_faults.reading import Watched
from services.metering.supply_faults.rules import Fault

AFTERSALES = "aftersales"
HANDED_OVER = "supply_fault"
"""Why of the ledger: days were handed to after-sales as evidence of a fault of the supply."""

_RAISE = """
INSERT INTO metering.supply_fault (id, coop, meter, fault, dwelling, occupancy, since, first_day, last_day,
    raised_at, evidence)
VALUES (:id, :coop, :meter, :fault, :dwelling, :occupancy, :since, :first_day, :last_day, :now,
    CAST(:evidence AS jsonb))
ON CONFLICT (meter, fault) WHERE cleared_at IS NULL DO NOTHING RETURNING id, since, first_day
"""
_GO_ON = """
UPDATE metering.supply_fault SET last_day = :last_day, first_day = least(first_day, :first_day),
    since = least(since, :since), evidence = CAST(:evidence AS jsonb)
WHERE meter = :meter AND fault = :fault AND cleared_at IS NULL AND last_day < :last_day
  AND occupancy IS NOT DISTINCT FROM :occupancy
RETURNING id, since, first_day
"""
_CLEAR = """
UPDATE metering.supply_fault SET cleared_at = :now
WHERE meter = :meter AND fault = ANY(:faults) AND cleared_at IS NULL RETURNING id, coop, fault
"""
_FORGET = """
DELETE FROM metering.supply_fault WHERE occupancy = :occupancy
  AND (CAST(:all AS boolean) OR evidence ? 'curve') RETURNING id, coop, meter, fault
"""


async def raised(
    unit: Unit, meter: Watched, occupancy: str | None, fault: Fault, evidence: dict[str, Any]
) -> bool:
    """Keep and tell the fault; one that is raised already is told again for each day that it goes on, with
    what that day adds. The household's ledger says who got what."""
    evidence = {"figures": dict(fault.figures), "fluid": meter.fluid.value, "zone": meter.zone} | evidence
    values = {
        "id": new_id("flt"), "coop": meter.coop, "meter": meter.id, "fault": fault.code,
        "dwelling": meter.dwelling, "occupancy": occupancy, "since": fault.since,
        "first_day": fault.first_day, "last_day": fault.last_day, "now": unit.now,
        "evidence": json.dumps(evidence),
    }  # fmt: skip
    made = (await unit.session.execute(text(_RAISE), values)).one_or_none()
    if made is None:
        made = (await unit.session.execute(text(_GO_ON), values)).one_or_none()
    if made is None:
        return False
    unit.emit(
        SupplyFault(
            coop=meter.coop,
            meter=meter.id,
            dwelling=meter.dwelling,
            fault=fault.code,
            since=made.since,
            id=made.id,
            occupancy=occupancy,
            kind=fault.kind,
            first_day=made.first_day,
            last_day=fault.last_day,
            evidence=dict(fault.figures),
        ),
        about=meter.id,
    )
    if occupancy is not None and ("curve" in evidence or "days" in evidence):
        purpose = Purpose.HALF_HOURLY if "curve" in evidence else Purpose.DAILY
        used_on = unit.now.astimezone(ZoneInfo(meter.zone)).date()
        use = ledger.Use(occupancy, used_on, purpose, AFTERSALES, meter.coop, HANDED_OVER)
        await ledger.note(unit, Counter({use: 1}))
    return True


async def open_faults(unit: Unit, meters: list[str], fault: str) -> dict[str, date]:
    """Of these meters, those of which the fault is raised and not cleared, and its first day."""
    rows = await unit.session.execute(
        text(
            "SELECT meter, first_day FROM metering.supply_fault"
            " WHERE meter = ANY(:meters) AND fault = :fault AND cleared_at IS NULL"
        ),
        {"meters": meters, "fault": fault},
    )
    return {row.meter: row.first_day for row in rows}


async def cleared(unit: Unit, meter: str, faults: tuple[str, ...]) -> None:
    """These are no longer seen; it is told of those that were raised."""
    rows = await unit.session.execute(text(_CLEAR), {"meter": meter, "faults": list(faults), "now": unit.now})
    for row in rows.all():
        unit.emit(
            SupplyFaultCleared(coop=row.coop, meter=meter, id=row.id, fault=row.fault, because="well"),
            about=meter,
        )


async def forget(unit: Unit, occupancy: str, *, is_erased: bool = False) -> None:
    """What the purposes that still hold do not cover goes, here and with whoever was told of it; all of it
    when the household is erased."""
    rows = await unit.session.execute(
        text("SELECT purpose FROM registry.consent WHERE occupancy = :occupancy"), {"occupancy": occupancy}
    )
    holds = set() if is_erased else set(rows.scalars())
    if Purpose.HALF_HOURLY in holds:
        return
    gone = await unit.session.execute(
        text(_FORGET), {"occupancy": occupancy, "all": Purpose.DAILY not in holds}
    )
    for row in gone.all():
        unit.emit(
            SupplyFaultCleared(
                coop=row.coop, meter=row.meter, id=row.id, fault=row.fault, because="no_ground"
            ),
            about=row.meter,
        )
