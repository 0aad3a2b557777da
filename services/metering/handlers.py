"""What metering hears: readings and rejections by the batch, and what changes the ground they stand on."""

from sqlalchemy import text

from contracts.codes import Kind
from contracts.members import (
    ChannelsMapped,
    ConsentChanged,
    ContractChanged,
    Erased,
    MeterExchanged,
    MovedOut,
    SandboxDropped,
)
from contracts.readings import Reading, ReadingsBatch, Rejected, Run
from contracts.time import HourPassed
from services.kit import hourly
from services.kit.standing import dropped
from services.kit.unit import Unit
from services.metering import forgetting, marking, quarantine, registry, touching
from services.metering.admission import Verdict, judge
from services.metering.replays import forgetting as forgetting_feeds
from services.metering.supply_faults import keeping
from services.metering.taking_in import take_in


async def readings(events: list[ReadingsBatch], unit: Unit) -> None:
    """Store what may be stored. Repeats change nothing: the natural key takes the place of an inbox."""
    await take_in(
        [(event.coop, event.received_at, run) for event in events for run in event.all_runs()], unit
    )
    if ended := [event.rejected for event in events if event.rejected]:
        await quarantine.end(unit, ended)


async def rejected(events: list[Rejected], unit: Unit) -> None:
    """Into quarantine; without a household's consent only the fact and its reason are kept."""
    events = [one for event in events for one in event.each()]
    if gone := await dropped(await unit.driver(), {event.coop for event in events if event.coop}):
        events = [event for event in events if event.coop not in gone]
    meters = await registry.meters(unit, {event.meter for event in events if event.meter})
    without_ground = {}
    for event in events:
        meter = meters.get(event.meter or "")
        if meter is not None and event.coop:
            verdict = judge(meter.ground, event.coop, Kind.SAMPLE, event.received_at)
            if verdict is not Verdict.ADMITTED:
                without_ground[event.id] = verdict.value
    await quarantine.keep_rejected(unit, events, without_ground)


async def channels_mapped(event: ChannelsMapped, unit: Unit) -> None:
    """What waited for these channels is stored now."""
    await quarantine.ask_for_retry(unit, event.gateway, event.channels)
    await retry(unit)


async def retry(unit: Unit) -> int:
    """Store the quarantined readings whose retry was asked for; returns how many were looked at."""
    rows = await quarantine.take_retries(unit)
    found = [
        (row.coop, row.received_at, Run.of(Reading.model_validate_json(row.payload)))
        for row in rows
        if row.payload
    ]
    # First the rows step aside, so that those still without a meter come back as waiting.
    await quarantine.mark_retried(unit, [row.id for row in rows])
    await take_in(found, unit)
    return len(rows)


async def consent_changed(event: ConsentChanged, unit: Unit) -> None:
    """A withdrawal takes effect at once and deletes what has lost its ground."""
    if not event.granted:
        await forgetting.after_withdrawal(unit, event.occupancy)
        await keeping.forget(unit, event.occupancy)


async def contract_changed(event: ContractChanged, unit: Unit) -> None:
    """Costs from that day on are computed again; days whose cost differs are told again."""
    await touching.mark(
        unit, "d.meter = :meter AND d.day >= :day", {"meter": event.meter, "day": event.valid_from}
    )


async def meter_exchanged(event: MeterExchanged, unit: Unit) -> None:
    """The days between the readings on either side are settled again, with what stands of it now."""
    await marking.around(unit, event.meter, event.on)


async def moved_out(event: MovedOut, unit: Unit) -> None:
    """What was stored after the household left lies outside any occupancy."""
    await forgetting.after_departure(unit, event.occupancy)


async def erased(event: Erased, unit: Unit) -> None:
    for occupancy in event.occupancies:
        await forgetting.all_of(unit, occupancy)
        await keeping.forget(unit, occupancy, is_erased=True)


async def sandbox_dropped(event: SandboxDropped, unit: Unit) -> None:
    """All of it goes; replays into it end, those of other cooperatives' operators too."""
    meters = await forgetting_feeds.meters_of_sandbox(unit, event.coop)
    await forgetting.all_of_sandbox(unit, event.coop)
    await forgetting_feeds.of_sandbox(unit, event.coop, meters)


async def hour_passed(event: HourPassed, unit: Unit) -> None:
    """What is no cooperative's goes by its age; then each cooperative's duties are due."""
    await forgetting_feeds.expired(unit)
    await hourly.asked(event, unit)
    await unit.session.execute(text(f"NOTIFY {touching.CHANNEL}"))


async def an_hour(unit: Unit) -> bool:
    """The hourly duties of the unit's cooperative."""
    return await hourly.each_alone(unit, (forgetting.freeze_daily_only, quarantine.ask_for_mapped))
