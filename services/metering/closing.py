"""Whether a settled day stays open, closes, is told again with a higher revision, or has not changed."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from contracts.codes import UNIT_OF, Purpose, Quality, Quantity
from contracts.metering import DayClosed
from contracts.units import GasFactor
from services.kit.unit import Unit
from services.metering import costing, day_rows, fluids, ledger, metrics, tariffs
from services.metering.curves import Whole
from services.metering.days import CivilDay
from services.metering.packing import pack, pack_whole, quality_counts
from services.metering.registry import Meter, Occupancy
from services.metering.settle import Settled
from services.metering.vee.finding import Finding, as_rows
from services.metering.watermark import is_due

_KEEP_OPEN = """
INSERT INTO metering.open_day (meter, quantity, day, coop, occupancy, ends_at, packed, slots, value, quality,
    findings)
VALUES (:meter, :quantity, :day, :coop, :occupancy, :ends_at, :packed, :slots, :value,
    CAST(:quality AS jsonb), CAST(:findings AS jsonb))
ON CONFLICT (meter, quantity, day) DO UPDATE SET occupancy = excluded.occupancy, packed = excluded.packed,
    value = excluded.value, quality = excluded.quality, findings = excluded.findings
"""
_CLOSE_OPEN = """
DELETE FROM metering.open_day o
USING unnest(CAST(:meters AS text[]), CAST(:quantities AS text[]), CAST(:days AS date[]))
    AS w(meter, quantity, day)
WHERE o.meter = w.meter AND o.quantity = w.quantity AND o.day = w.day
"""
Key = tuple[str, Quantity, date]
"""Meter, quantity, civil day."""


@dataclass(frozen=True, slots=True)
class Told:
    """A closed day as it was last told."""

    revision: int
    digest: bytes
    is_frozen: bool
    value: int
    quality: Mapping[str, int]
    cost_eur: Decimal | None
    peak_va: int | None
    findings: list[dict[str, Any]] | None = None
    closed_at: datetime | None = None


@dataclass(slots=True)
class Work:
    """What one transaction knows and will write."""

    unit: Unit
    states: Mapping[str, tuple[datetime | None, datetime]]
    """Meter to its watermark and when it was last heard."""
    told: Mapping[Key, Told]
    factors: Mapping[tuple[str, date], GasFactor] = field(default_factory=dict)
    """The network's own factors of gas days."""
    opened: list[dict[str, Any]] = field(default_factory=list)
    closed: list[dict[str, Any]] = field(default_factory=list)
    remarked: list[dict[str, Any]] = field(default_factory=list)
    """Closed days as they were told, of which validation has something else to say."""
    emptied: list[dict[str, Any]] = field(default_factory=list)
    """Days of which nothing is known, or no longer."""
    recosted: list[dict[str, Any]] = field(default_factory=list)
    uses: Counter[ledger.Use] = field(default_factory=Counter)


def is_closing(
    work: Work, meter: Meter, quantity: Quantity, civil: CivilDay, settled: Settled | Whole
) -> bool:
    """Whether the day is told now: it was told before, or it is due."""
    watermark, heard_at = work.states.get(meter.id, (None, work.unit.wall))
    return (meter.id, quantity, civil.day) in work.told or is_due(
        is_complete=settled.is_complete,
        ends_at=civil.ends_at,
        watermark=watermark,
        now=meter.business_now or work.unit.wall,
        quiet_for=work.unit.wall - heard_at,
    )


def decide(
    work: Work,
    meter: Meter,
    quantity: Quantity,
    civil: CivilDay,
    occupancy: Occupancy | None,
    settled: Settled | Whole,
    *,
    is_due: bool,
    is_on_record: bool = False,
) -> bool:
    """Keep the day open, close it, tell it again, or find that nothing changed. True when it is told.
    `is_on_record`: readings are gone, so what was found stands."""
    if isinstance(settled, Whole):
        quality, packed = {Quality.MEASURED.value: civil.slots}, pack_whole(settled.values, settled.source)
        slots: Sequence[int | None] = settled.values
        spoken: tuple[Finding, ...] = ()
        peak_va = None
    else:
        quality, packed = quality_counts(settled.slots), pack(settled.slots)
        slots = tuple(slot.value for slot in settled.slots)
        spoken, peak_va = settled.findings, settled.peak_va
    keeps_slots = occupancy is None or occupancy.may_keep_slots
    before = work.told.get((meter.id, quantity, civil.day))
    if is_on_record and before is not None:
        findings = before.findings
    else:
        findings = as_rows(spoken, civil.slots, keeps_slots=keeps_slots)
    row: dict[str, Any] = {
        "meter": meter.id, "quantity": quantity.value, "day": civil.day,
        "coop": meter.coop, "occupancy": occupancy.id if occupancy else None, "slots": civil.slots,
        "value": settled.value, "quality": json.dumps(quality),
        "packed": packed if keeps_slots else None,
        "findings": json.dumps(findings) if findings else None,
    }  # fmt: skip
    if not is_due:
        work.opened.append(row | {"ends_at": civil.ends_at})
        return False
    contract = tariffs.in_force(meter.contracts, civil.day)
    converted = _conversion(work, meter, quantity, civil, contract)
    cost = costing.of_day(meter.fluid, quantity, civil, slots, contract, converted)
    digest = _digest(packed, cost, peak_va)
    row |= {
        "digest": digest, "cost_eur": cost.eur, "cost_reason": cost.reason, "peak_va": peak_va,
        "is_on_record": is_on_record,
    }  # fmt: skip
    if before is not None and before.digest == digest:
        if before.findings != findings:
            work.remarked.append(row | {"revision": before.revision, "closed_at": before.closed_at})
        return False
    revision = before.revision + 1 if before else 1
    work.closed.append(row | {"revision": revision, "closed_at": work.unit.wall})
    told = Told(revision, digest, False, settled.value, quality, cost.eur, peak_va)
    _tell(work, meter, quantity, civil, occupancy, told, slots if keeps_slots else None)
    return True


def recost(
    work: Work, meter: Meter, quantity: Quantity, civil: CivilDay, occupancy: Occupancy | None
) -> None:
    """A day of which only the total is left can still be priced, where one price holds all day."""
    before = work.told[meter.id, quantity, civil.day]
    contract = tariffs.in_force(meter.contracts, civil.day)
    converted = _conversion(work, meter, quantity, civil, contract)
    cost = costing.of_total(meter.fluid, quantity, civil, before.value, contract, converted)
    if cost.eur is None or cost.eur == before.cost_eur:
        return
    told = replace(before, revision=before.revision + 1, cost_eur=cost.eur)
    work.recosted.append(
        {
            "meter": meter.id, "quantity": quantity.value, "day": civil.day, "cost_eur": cost.eur,
            "cost_reason": None, "revision": told.revision, "closed_at": work.unit.wall,
        }
    )  # fmt: skip
    _tell(work, meter, quantity, civil, occupancy, told, None)


async def write(work: Work) -> None:
    """Write the days and the ledger."""
    if work.opened:
        await work.unit.session.execute(text(_KEEP_OPEN), work.opened)
    if gone := [*work.closed, *work.emptied]:
        columns = {f"{name}s": [row[name] for row in gone] for name in ("meter", "day")}
        columns["quantities"] = [row["quantity"] for row in gone]
        await work.unit.session.execute(text(_CLOSE_OPEN), columns)
    await day_rows.keep(work.unit, [*work.closed, *work.remarked])
    await day_rows.recost(work.unit, work.recosted)
    metrics.DAYS_CLOSED.inc(len(work.closed))
    await ledger.note(work.unit, work.uses)


def _tell(
    work: Work,
    meter: Meter,
    quantity: Quantity,
    civil: CivilDay,
    occupancy: Occupancy | None,
    told: Told,
    values: Sequence[int | None] | None,
) -> None:
    work.unit.emit(
        DayClosed(
            coop=meter.coop,
            meter=meter.id,
            dwelling=meter.dwelling,
            occupancy=occupancy.id if occupancy else None,
            fluid=meter.fluid,
            quantity=quantity,
            unit=UNIT_OF[quantity],
            day=civil.day,
            zone=civil.zone,
            starts_at=civil.starts_at,
            revision=told.revision,
            slots=civil.slots,
            value=told.value,
            values=None if values is None else tuple(values),
            quality={Quality(name): count for name, count in told.quality.items()},
            cost_eur=None if told.cost_eur is None else str(told.cost_eur),
            peak_va=told.peak_va,
        ),
        about=meter.id,
    )
    if occupancy is not None:
        _note(work, meter, occupancy, Purpose.HALF_HOURLY if values is not None else Purpose.DAILY)


def _note(work: Work, meter: Meter, occupancy: Occupancy, purpose: Purpose) -> None:
    """Two uses follow from a day being told: the household's own view, and advice where it is wanted."""
    used_on = (meter.business_now or work.unit.wall).astimezone(ZoneInfo(meter.zone)).date()
    uses = [(purpose, ledger.SYSTEM, ledger.SETTLED)]
    if Purpose.ADVICE in occupancy.purposes:
        uses.append((Purpose.ADVICE, ledger.ADVICE, ledger.LOOKED_FOR_TIPS))
    for covered_by, actor, why in uses:
        work.uses[ledger.Use(occupancy.id, used_on, covered_by, actor, meter.coop, why)] += 1


def _conversion(
    work: Work, meter: Meter, quantity: Quantity, civil: CivilDay, contract: tariffs.Contract | None
) -> fluids.Conversion | None:
    if not fluids.is_converted(meter.fluid, quantity):
        return None
    of_network = work.factors.get((meter.id, civil.day))
    return fluids.conversion(civil.day, of_network, contract.gas_factor if contract else None)


def _digest(packed: bytes, cost: tariffs.Cost, peak_va: int | None) -> bytes:
    told = f"{cost.text}|{cost.reason}|{peak_va}".encode()
    return hashlib.sha256(packed + told).digest()[: day_rows.DIGEST_BYTES]
