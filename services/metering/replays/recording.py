"""An opt-in recording: while it is on, the readings that metering takes in are kept in their order too.

READINGS is a work queue, so the bus refuses a second consumer of the same subject, and a subscription beside
the stream would lose what comes while nobody listens. The one consumer there is therefore keeps the copy, in
the transaction that stores the reading: a recording misses nothing and outlives every restart.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Set
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from contracts.codes import Kind, Purpose
from contracts.readings import Reading
from services.kit.principal import Principal
from services.kit.problems import conflict, invalid
from services.kit.unit import Unit
from services.metering import ledger
from services.metering.admission import is_reserved
from services.metering.registry import Meter
from services.metering.replays import feeds
from services.metering.replays.states import CHANNEL, FeedState, Origin

USUAL_MINUTES = 60
MOST_MINUTES = 7 * 24 * 60

_ON = """
SELECT id, coop FROM metering.feed WHERE state = 'recording' AND records_until > :wall AND coop = ANY(:coops)
"""
_KEEP = """
INSERT INTO metering.feed_reading
    (feed, coop, meter, received_at, register, quantity, kind, step_s, instant, value_milli, codec)
SELECT :feed, :coop, * FROM unnest(
    CAST(:meter AS text[]), CAST(:received_at AS timestamptz[]), CAST(:register AS text[]),
    CAST(:quantity AS text[]), CAST(:kind AS text[]), CAST(:step_s AS int[]), CAST(:instant AS timestamptz[]),
    CAST(:value_milli AS bigint[]), CAST(:codec AS text[]))
"""
_STANDING = "SELECT id FROM metering.feed WHERE coop = :coop AND state = 'recording'"
_END = """
UPDATE metering.feed SET state = 'waiting', records_until = least(records_until, :wall)
WHERE id = :id AND state = 'recording' RETURNING made_by, coop
"""
_RECORDED_HOMES = """
SELECT DISTINCT o.id, m.zone FROM registry.meter m
JOIN registry.occupancy o ON o.dwelling = m.dwelling
WHERE EXISTS (SELECT 1 FROM metering.feed_reading r WHERE r.feed = :id AND r.meter = m.id
              AND r.instant >= o.starts_at AND (o.ends_at IS NULL OR r.instant < o.ends_at))
"""

Arrived = tuple[str, datetime, Reading, str | None]
"""(cooperative, received at, reading, meter where it is known)."""


async def start(unit: Unit, who: Principal, coop: str, minutes: int | None) -> str:
    """Begin to record a cooperative; one recording at a time. Returns the feed's id."""
    minutes = USUAL_MINUTES if minutes is None else minutes
    if not 1 <= minutes <= MOST_MINUTES:
        raise invalid("/minutes", "out_of_range", f"Record for 1 to {MOST_MINUTES} minutes.")
    await unit.enter(coop)
    standing = (await unit.session.execute(text(_STANDING), {"coop": coop})).scalars().first()
    if standing:
        raise conflict("recording", f"{standing} records this cooperative already.", legal_actions=["stop"])
    zone = (
        await unit.session.execute(text("SELECT zone FROM registry.coop WHERE slug = :coop"), {"coop": coop})
    ).scalar_one()
    until = unit.wall + timedelta(minutes=minutes)
    return await feeds.add(
        unit, who, Origin.RECORDING, name=coop, zone=zone, coop=coop, spec={"coop": coop}, records_until=until
    )


async def stop(unit: Unit, id: str) -> None:
    """End a recording, which can then be played; 409 when it has ended."""
    row = await feeds.one(unit, id)
    if row.state != FeedState.RECORDING:
        raise conflict("not_recording", "This is no recording under way.")
    await end(unit, id)


async def end(unit: Unit, id: str) -> None:
    """The recording ends, and each household whose readings it holds can read that in its ledger."""
    ended = (await unit.session.execute(text(_END), {"id": id, "wall": unit.wall})).one_or_none()
    if ended is None:
        return
    await unit.session.execute(text(f"NOTIFY {CHANNEL}"))
    await note_use(unit, id, ended.made_by, ended.coop)


async def note_use(unit: Unit, id: str, actor: str, coop: str) -> None:
    """Each household that a recording holds readings of can read who made or played it."""
    homes = (await unit.session.execute(text(_RECORDED_HOMES), {"id": id})).all()
    await ledger.note(
        unit,
        Counter(
            ledger.Use(
                home.id, unit.wall.astimezone(ZoneInfo(home.zone)).date(), Purpose.HALF_HOURLY, actor, coop,
                ledger.QUALITY_CONTROL,
            )
            for home in homes
        ),
    )  # fmt: skip


async def keep(
    unit: Unit, coops: Set[str], arrived: Callable[[], Iterable[Arrived]], meters: Mapping[str, Meter]
) -> None:
    """Add what `arrived` from these cooperatives to the recordings under way: readings of common parts, and
    of households that allow their half-hours to be used."""
    recordings = (await unit.session.execute(text(_ON), {"wall": unit.wall, "coops": sorted(coops)})).all()
    for recording in recordings:
        chosen = [
            (at, meter, reading)
            for coop, at, reading, meter in arrived()
            if coop == recording.coop and meter and _may_be_recorded(meters.get(meter), coop, reading)
        ]
        if chosen:
            whose = {"feed": recording.id, "coop": recording.coop}
            await unit.session.execute(text(_KEEP), _columns(chosen) | whose)


def _may_be_recorded(meter: Meter | None, coop: str, reading: Reading) -> bool:
    if meter is None or meter.coop != coop or is_reserved(reading.register_, reading.codec):
        return False
    if meter.dwelling is None:
        return True
    return any(
        stay.may_keep_slots
        and stay.starts_at <= reading.instant
        and (
            stay.ends_at is None
            or reading.instant < stay.ends_at
            or (reading.kind is Kind.REGISTER and reading.instant == stay.ends_at)
        )
        for stay in meter.occupancies
    )


def _columns(chosen: list[tuple[datetime, str, Reading]]) -> dict[str, list[Any]]:
    return {
        "meter": [meter for _, meter, _ in chosen],
        "received_at": [at for at, _, _ in chosen],
        "register": [reading.register_ for *_, reading in chosen],
        "quantity": [reading.quantity.value for *_, reading in chosen],
        "kind": [reading.kind.value for *_, reading in chosen],
        "step_s": [reading.step_s for *_, reading in chosen],
        "instant": [reading.instant for *_, reading in chosen],
        "value_milli": [reading.value_milli for *_, reading in chosen],
        "codec": [reading.codec for *_, reading in chosen],
    }
