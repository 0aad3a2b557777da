"""The dry run of a replay: what is in the feed, and what would change at a meter.

The second is worked out by the pipeline itself: codec, store and settling, in a transaction that is given up.
Nothing is written, nothing is told, and no rule has a second version that could disagree with the first.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import text

from contracts.codes import UNIT_OF, Fluid, Quantity, Reason
from contracts.readings import Reading, Run
from deploy.player_beside import Known, beside_other_sources
from deploy.player_scripts import Script, ScriptError, instants
from services.intake.codecs import CODECS, Refusal
from services.kit import clock
from services.kit.database import Database
from services.kit.secrets import Secrets
from services.kit.settings import Settings
from services.kit.unit import Unit
from services.metering.days import instant_of, microseconds
from services.metering.fluids import calendar_of
from services.metering.meter_locks import key_of
from services.metering.replays.problems import Why
from services.metering.settling import settle_these
from services.metering.taking_in import take_in
from simulators.publications import Device, Publication

TOPIC = "dry"
BATCH = 5_000
MOST_ROUNDS = 40
"""Of settling, 400 days each."""

_METER = "SELECT coop, zone, fluid FROM registry.meter WHERE id = :meter"
_KNOWN = """
SELECT register, instant, value_milli FROM metering.reading
WHERE meter = :meter AND register = ANY(:registers) AND instant BETWEEN :first AND :last
"""
_STATE = """
SELECT coalesce(max(stored), 0) AS stored, coalesce(max(duplicate), 0) AS duplicate,
       coalesce(max(discarded_no_consent), 0) AS no_consent,
       coalesce(max(discarded_outside_occupancy), 0) AS outside_occupancy
FROM metering.meter_state WHERE meter = :meter
"""
_DAYS = """
SELECT quantity, day, value, findings FROM metering.day WHERE meter = :meter AND day BETWEEN :first AND :last
UNION ALL
SELECT o.quantity, o.day, o.value, o.findings FROM metering.open_day o
WHERE o.meter = :meter AND o.day BETWEEN :first AND :last AND NOT EXISTS (
    SELECT 1 FROM metering.day d WHERE d.meter = o.meter AND d.quantity = o.quantity AND d.day = o.day)
"""


def what_would_change(
    settings: Settings, secrets: Secrets, script: Script, meter: str | None
) -> dict[str, Any]:
    """The feed's summary and what playing it would be; with a meter, what would become of it there."""
    devices = [Device(meter or part.name, TOPIC, TOPIC, "") for part in script.parts]
    messages = script.messages(devices)
    moments = instants(messages)
    report: dict[str, Any] = {
        **script.summary,
        "messages": len(messages),
        "readings_sent": sum(message.readings for message in messages),
        "seconds_of_life": (moments[-1] - moments[0]).total_seconds() if moments else 0,
    }
    if meter is None:
        return report
    runs, refused = _decoded(messages, meter)
    report["refused_readings"] = dict(refused)
    return report | asyncio.run(_at_meter(settings, secrets, meter, runs))


def _decoded(messages: Iterable[Publication], meter: str) -> tuple[list[Run], Counter[Reason]]:
    """What intake would make of the messages."""
    now = datetime.now(UTC)
    runs: list[Run] = []
    refused: Counter[Reason] = Counter()
    for message in messages:
        codec = message.topic.split("/")[1]
        values = CODECS[codec]("", message.payload, now)
        if isinstance(values, Refusal):
            refused[values.reason] += 1
            continue
        runs += [
            Run.of(
                Reading.model_construct(
                    meter=meter, gateway=None, channel=None, register_=value.register,
                    instant=value.instant, quantity=value.quantity, kind=value.kind, step_s=value.step_s,
                    value_milli=value.value_milli, unit=value.unit, codec=codec,
                )
            )
            for value in values
        ]  # fmt: skip
    return runs, refused


async def _at_meter(settings: Settings, secrets: Secrets, meter: str, runs: Sequence[Run]) -> dict[str, Any]:
    assert settings.database_url
    database = Database(settings.database_url, secrets, "metering_work", pool_size=1)
    try:
        async with database.session() as session:
            unit = Unit(session, "metering", clock.system, None)
            report = await _tried(unit, meter, runs)
            await session.rollback()
            return report
    finally:
        await database.close()


async def _tried(unit: Unit, meter: str, runs: Sequence[Run]) -> dict[str, Any]:
    run = unit.session.execute
    row = (await run(text(_METER), {"meter": meter})).one_or_none()
    if row is None:
        raise ScriptError(Why.METER_GONE)
    await run(text(f"SELECT pg_advisory_xact_lock({key_of(':meter')})"), {"meter": meter})
    await run(text("SET LOCAL statement_timeout = '300s'"))
    if not runs:
        raise ScriptError(Why.NOTHING_DECODED)
    first = instant_of(min(run.at_us[0] for run in runs))
    last = instant_of(max(run.at_us[-1] for run in runs))
    known = await _known(unit, meter, runs, first, last)
    contradicted = known.contradicted(runs)
    span = {
        "meter": meter,
        "first": first.date() - timedelta(days=2),
        "last": last.date() + timedelta(days=2),
    }
    before, counts = await _days(unit, span), (await run(text(_STATE), {"meter": meter})).one()
    rest = iter(runs)
    while batch := list(islice(rest, BATCH)):
        await take_in([(row.coop, unit.wall, one) for one in batch], unit)
    for _ in range(MOST_ROUNDS):
        if not (await settle_these(unit, [meter])).days:
            break
    after, then = await _days(unit, span), (await run(text(_STATE), {"meter": meter})).one()
    changes = [
        {
            "day": day.isoformat(),
            "quantity": quantity,
            "unit": UNIT_OF[Quantity(quantity)].value,
            "before": before.get((quantity, day)),
            "after": after.get((quantity, day)),
        }
        for quantity, day in sorted(set(before) | set(after))
        if before.get((quantity, day)) != after.get((quantity, day))
    ]
    calendar = calendar_of(Fluid(row.fluid), row.zone)
    same, other = beside_other_sources(runs, known, await _findings(unit, span), calendar)
    return {
        "meter": meter,
        "new": max(0, then.stored - counts.stored - same - other),
        "duplicate": then.duplicate - counts.duplicate - contradicted + same,
        "conflict": contradicted + other,
        "no_consent": then.no_consent - counts.no_consent,
        "outside_occupancy": then.outside_occupancy - counts.outside_occupancy,
        "days_new": sum(change["before"] is None for change in changes),
        "days_changed": sum(change["before"] is not None for change in changes),
        "value_before": _sum(before),
        "value_after": _sum(after),
        "changes": changes,
    }


async def _known(unit: Unit, meter: str, runs: Sequence[Run], first: datetime, last: datetime) -> Known:
    """What is stored of the feed's own registers, which stands."""
    rows = await unit.session.execute(
        text(_KNOWN),
        {"meter": meter, "registers": sorted({run.register_ for run in runs}), "first": first, "last": last},
    )
    return Known({(row.register, microseconds(row.instant)): row.value_milli for row in rows})


async def _days(unit: Unit, span: dict[str, Any]) -> dict[tuple[str, date], int]:
    rows = await unit.session.execute(text(_DAYS), span)
    return {(row.quantity, row.day): row.value for row in rows}


async def _findings(unit: Unit, span: dict[str, Any]) -> dict[tuple[str, date], list[dict[str, Any]]]:
    rows = await unit.session.execute(text(_DAYS), span)
    return {(row.quantity, row.day): row.findings for row in rows if row.findings}


def _sum(days: dict[tuple[str, date], int]) -> int | None:
    """None where several quantities are told: Wh and litres do not add up."""
    return sum(days.values()) if len({quantity for quantity, _ in days}) <= 1 else None
