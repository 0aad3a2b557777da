"""Looks at what was settled since the last time, by the rules, and raises or clears what they say."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from contracts.codes import Fluid
from services.kit.unit import Unit
from services.metering import registry
from services.metering.supply_faults import keeping, reading, rules
from services.metering.supply_faults.facts import Facts, facts
from services.metering.supply_faults.reading import Settled, Watched
from services.metering.supply_faults.rules import Around, Fault

BEFORE_FIRST_LOOK = timedelta(days=2)
"""On the first look a cooperative's history is not raked up."""
WATER_LOOKS_BACK = timedelta(days=14)
MOST_BACK = timedelta(days=224)
VOLTAGE_EVERY = timedelta(minutes=10)
"""Of the wall's time; where a sandbox's own clock runs, ten minutes may be days: there it is at each look."""
VOLTAGE_LOOKS_BACK = timedelta(hours=26)
_WATER = (Fluid.WATER, Fluid.HOT_WATER)

_LOOK = """
INSERT INTO metering.supply_look AS l (coop, days_until, voltage_until) VALUES (:coop, :from, :from)
ON CONFLICT (coop) DO UPDATE SET coop = excluded.coop RETURNING days_until, voltage_until
"""
_SILENT = """
SELECT s.meter, least(s.silent_since, s.watermark) AS last_heard_at FROM metering.meter_state s
WHERE s.coop = :coop AND s.silent_since IS NOT NULL AND least(s.silent_since, s.watermark) <= :before
  AND NOT EXISTS (SELECT 1 FROM metering.supply_fault f
                  WHERE f.meter = s.meter AND f.fault = 'meter_silent' AND f.cleared_at IS NULL)
"""
_HEARD = """
SELECT f.meter FROM metering.supply_fault f JOIN metering.meter_state s ON s.meter = f.meter
WHERE f.coop = :coop AND f.fault = 'meter_silent' AND f.cleared_at IS NULL AND s.silent_since IS NULL
"""
_TURN = "SELECT pg_try_advisory_xact_lock(hashtextextended('supply faults ' || :coop, 0))"


async def look(unit: Unit) -> None:
    """All of the unit's cooperative that is new; nothing while another worker looks."""
    if not (await unit.session.execute(text(_TURN), {"coop": unit.coop})).scalar_one():
        return
    values = {"coop": unit.coop, "from": unit.wall - BEFORE_FIRST_LOOK}
    seen = (await unit.session.execute(text(_LOOK), values)).one()
    await look_at_days(unit, seen.days_until, unit.wall)
    await look_at_silence(unit)
    voltage_until = seen.voltage_until
    if unit.now != unit.wall or unit.wall - voltage_until >= VOLTAGE_EVERY:
        await look_at_voltage(unit)
        voltage_until = unit.wall
    await unit.session.execute(
        text(
            "UPDATE metering.supply_look SET days_until = :days, voltage_until = :voltage WHERE coop = :coop"
        ),
        {"days": unit.wall, "voltage": voltage_until, "coop": unit.coop},
    )


async def look_at_days(unit: Unit, since: datetime, until: datetime) -> None:
    """Water at night and heating in the cold, of the meters whose days were closed in between."""
    assert unit.coop is not None
    meters = await reading.watched(unit, await reading.fresh(unit, unit.coop, since, until))
    warmed = {id: meter for id, meter in meters.items() if _is_heating(meter) and meter.dwelling}
    for meter in meters.values():
        if meter.fluid in _WATER and meter.dwelling is not None:
            await _water(unit, meter)
    groups: dict[tuple[Any, ...], Watched] = {}
    for meter in warmed.values():
        groups.setdefault((meter.place or meter.id, meter.fluid, meter.heating), meter)
    for meter in groups.values():
        ids = await reading.neighbours(unit, meter) or [meter.id]
        await _heating(unit, await reading.watched(unit, ids))


async def look_at_silence(unit: Unit) -> None:
    """Meters unheard for days, and those that are heard again."""
    today = unit.now.date()
    silent = facts(today).meter_silent
    before = unit.now - timedelta(days=silent.days)
    rows = (await unit.session.execute(text(_SILENT), {"coop": unit.coop, "before": before})).all()
    known = await reading.watched(unit, [row.meter for row in rows])
    homes = await registry.meters(unit, known)
    for row in rows:
        meter = known.get(row.meter)
        if meter is None:
            continue
        fault = rules.meter_silent(row.last_heard_at, unit.now, silent, meter.zone)
        lived_in = homes[meter.id].occupancy_on(fault.last_day) if fault else None
        if fault is not None and (meter.dwelling is None or lived_in is not None):
            await keeping.raised(unit, meter, lived_in.id if lived_in else None, fault, {})
    for meter_id in (await unit.session.execute(text(_HEARD), {"coop": unit.coop})).scalars().all():
        await keeping.cleared(unit, meter_id, ("meter_silent",))


async def look_at_voltage(unit: Unit) -> None:
    """Voltages of the last day: only where half-hours may be kept, or of the building's own meters."""
    assert unit.coop is not None
    table = facts(unit.now.date())
    limits = table.voltage
    step = timedelta(minutes=limits.mean_minutes)
    found = await reading.voltages(
        unit, unit.coop, unit.now - VOLTAGE_LOOKS_BACK, unit.now - step, limits.mean_minutes
    )
    known = await reading.watched(unit, list(found))
    homes = await registry.meters(unit, known)
    for id, meter in known.items():
        lived_in = homes[id].occupancy_on(unit.now.astimezone(ZoneInfo(meter.zone)).date())
        if meter.dwelling is not None and (lived_in is None or not lived_in.may_keep_slots):
            continue
        faults = [rules.voltage(phase, limits, meter.zone) for phase in found[id]]
        worst = max(
            (one for one in faults if one is not None), key=lambda one: one.figures["minutes"], default=None
        )
        if worst is None:
            await keeping.cleared(unit, id, ("overvoltage", "undervoltage"))
            continue
        phase = found[id][faults.index(worst)]
        evidence = {
            "unit": "V",
            "curve": {
                "starts_at": phase[0].at.isoformat(),
                "step_s": int(step.total_seconds()),
                "values": _regular(phase, step),
            },
        }
        await keeping.raised(unit, meter, lived_in.id if lived_in else None, worst, evidence)


async def _water(unit: Unit, meter: Watched) -> None:
    today = unit.now.astimezone(ZoneInfo(meter.zone)).date()
    table = facts(today)
    own, fault, back = [], None, WATER_LOOKS_BACK
    while back <= MOST_BACK:  # a leak that has no beginning there began before
        first = today - back
        found = (await reading.days(unit, {meter.id: meter}, first, today)).get(meter.id, [])
        own = _of_the_last_household(found)
        fault = rules.night_flow([one.day for one in own], table.night_flow)
        if fault is None or fault.first_day > first:
            break
        back *= 2
    if not own:
        return
    if fault is None:
        await keeping.cleared(unit, meter.id, ("night_flow",))
    else:
        await keeping.raised(unit, meter, own[-1].occupancy, fault, _evidence(own, fault, table))


async def _heating(unit: Unit, meters: dict[str, Watched]) -> None:
    """All homes of a building together: whether one alone fell, or many. A home whose day was closed before
    its neighbours' is looked at again with theirs. What is usual is of before the first of them fell."""
    if not meters:
        return
    some = next(iter(meters.values()))
    today = unit.now.astimezone(ZoneInfo(some.zone)).date()
    table = facts(today)
    warm = table.no_heating
    is_raised = await keeping.open_faults(unit, sorted(meters), "no_heating")
    first = min([today, *is_raised.values()]) - timedelta(days=2 * warm.usual_days)
    first = max(first, today - MOST_BACK)
    days = await reading.days(unit, meters, first, today)
    own = {id: _of_the_last_household(found) for id, found in days.items()}
    shares = {id: _shares(found, table) for id, found in own.items()}
    outside = await reading.outside(unit, some.coop, unit.now - (today - first))
    for id in sorted(own):
        if not own[id]:
            continue
        around = {
            one.day.day: Around(
                outside.get(one.day.day),
                tuple(
                    share
                    for other, of_days in shares.items()
                    if other != id and (share := of_days.get(one.day.day)) is not None
                ),
            )
            for one in own[id]
        }
        meter = meters[id]
        is_electric = meter.fluid is Fluid.ELECTRICITY
        fault = rules.no_heating([one.day for one in own[id]], around, warm, is_electric=is_electric)
        if fault is not None:
            await keeping.raised(unit, meter, own[id][-1].occupancy, fault, _evidence(own[id], fault, table))
        elif id in is_raised:
            await keeping.cleared(unit, id, ("no_heating",))


def _is_heating(meter: Watched) -> bool:
    if meter.fluid is Fluid.HEAT:
        return True
    return meter.fluid is Fluid.ELECTRICITY and meter.heating == "electric"


def _shares(days: list[Settled], table: Facts) -> dict[date, float]:
    """What a home used on each day, as a share of what is usual: a day of its upper quarter, which days
    without heat do not move until they are most of all."""
    warm = table.no_heating
    plain = [one.day for one in days]
    totals = sorted(one.total for one in plain if one.total is not None)
    if len(totals) < warm.usual_known_days:
        return {}
    usual = totals[len(totals) * 3 // 4]
    return {one.day: one.total / usual for one in plain if one.total is not None and usual > 0}


def _of_the_last_household(days: list[Settled]) -> list[Settled]:
    """Only days of one household are compared."""
    return [one for one in days if one.occupancy is not None and one.occupancy == days[-1].occupancy]


def _evidence(days: list[Settled], fault: Fault, table: Facts) -> dict[str, Any]:
    """The last days of the fault, and what was before it: half-hours where they may be kept, else totals."""
    before = fault.first_day - timedelta(days=1)
    first = min(before, fault.last_day - timedelta(days=table.evidence_days - 1))
    first = max(first, fault.last_day - timedelta(days=table.evidence_most_days - 1))
    shown = [one for one in days if first <= one.day.day <= fault.last_day]
    evidence: dict[str, Any] = {
        "unit": reading.unit_of(days[-1].quantity),
        "quantity": days[-1].quantity.value,
        "days": [
            {"day": one.day.day.isoformat(), "value": one.day.total}
            for one in days
            if one.day.day <= fault.last_day
        ][-14:],
    }
    if shown and all(one.day.slots is not None for one in shown):
        evidence["curve"] = {
            "starts_at": shown[0].day.starts_at.isoformat(),
            "step_s": 1800,
            "values": [value for one in shown for value in one.day.slots or ()],
        }
    return evidence


def _regular(phase: list[rules.Mean], step: timedelta) -> list[float | None]:
    """One value a step, null where nothing was heard."""
    known = {mean.at: mean.milli / 1_000 for mean in phase}
    count = int((phase[-1].at - phase[0].at) / step) + 1
    return [known.get(phase[0].at + at * step) for at in range(count)]
