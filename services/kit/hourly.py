"""Hourly duties, a cooperative at a time: one that fails, or takes long, holds up no other.

The tick only writes down that every cooperative's duties are due. Background work of all replicas takes one
cooperative after the other and does its duties in a transaction of their own; what it took is due again when
that fails or its process dies.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Column, DateTime, Integer, String, Table, text
from sqlmodel import SQLModel

from contracts.time import HourPassed
from services.kit.alone import Duty
from services.kit.outage import is_outage
from services.kit.room import Room
from services.kit.unit import Unit

_LOG = logging.getLogger(__name__)

Work = Callable[[Unit], Awaitable[bool]]
"""All duties of a cooperative, as `Duty`, and whether they are done: what is not is tried again."""

LOOK_SECONDS = 2.0
AT_ONCE = 3
"""Cooperatives a replica works for at the same time: a slow one takes one of these places, not all."""
RETRY_MINUTES = (1, 5, 15)
"""Waits after each failure, the last one again and again; the next hour asks at once."""

_TRY = (
    "SELECT pg_try_advisory_xact_lock(hashtextextended('hourly ' || CAST(:room AS text) || ' ' || :coop, 0))"
)
"""Whoever gets it works for that cooperative until its transaction ends."""


def hourly_table(room: str) -> Table:
    """Of each cooperative the hours whose duties are due, in the room's schema: for its model."""
    return Table(
        "hourly",
        SQLModel.metadata,
        Column("coop", String, primary_key=True),
        Column("hour", DateTime(timezone=True), primary_key=True),
        Column("tries", Integer, nullable=False),
        Column("try_at", DateTime(timezone=True), nullable=False),
        schema=room,
    )


async def asked(event: HourPassed, unit: Unit) -> None:
    """The tick's handler: from now on every cooperative's duties are due. It waits for nobody's work."""
    for statement in (
        # Of sandboxes that were dropped.
        "DELETE FROM {room}.hourly WHERE (coop, hour) IN (SELECT coop, hour FROM {room}.hourly"
        " WHERE coop NOT IN (SELECT slug FROM registry.coop) FOR UPDATE SKIP LOCKED)",
        "INSERT INTO {room}.hourly (coop, hour, tries, try_at) SELECT slug, :hour, 0, :wall"
        " FROM registry.coop ORDER BY slug ON CONFLICT (coop, hour) DO NOTHING",
    ):
        await unit.session.execute(
            text(statement.format(room=unit.room)), {"hour": event.hour, "wall": unit.wall}
        )


def each_hour(room: Room, work: Work) -> None:
    """Have the room do the work for every cooperative when an hour has passed."""
    room.on(HourPassed, asked)
    in_background(room, work)


def in_background(room: Room, work: Work) -> None:
    """Only what follows from `asked`, for a room whose own handler of the tick calls that."""
    for number in range(AT_ONCE):
        room.background(f"hourly duties {number + 1}", partial(_for_ever, work=work))


async def do_next(room: Room, work: Work) -> bool:
    """Do the duties of one cooperative that is due; False when none is left that nobody else works for."""
    coop = None
    try:
        async with room.unit() as unit:
            taken = await _take(unit)
            if taken is None:
                return False
            coop, hour, tries = taken
            if not await work(unit):
                await unit.session.execute(
                    text(
                        f"INSERT INTO {unit.room}.hourly (coop, hour, tries, try_at)"  # noqa: S608
                        " VALUES (:coop, :hour, :tries, :try_at)"
                    ),
                    {"coop": coop, "hour": hour, "tries": tries + 1, "try_at": _try_at(unit.wall, tries)},
                )
    except Exception as error:
        if coop is None or is_outage(error):
            raise
        _LOG.exception("a cooperative's hourly duties failed", extra={"cooperative": coop})
        async with room.unit() as unit:
            await _later(unit, coop, tries)
    return True


async def each_alone(unit: Unit, duties: Sequence[Duty]) -> bool:
    """Each duty by itself: one that fails is undone and logged, the others are done. Whether all are."""
    is_done = True
    for duty in duties:
        try:
            async with unit.part():
                await duty(unit)
        except Exception as error:
            if is_outage(error):
                raise
            is_done = False
            _LOG.exception("a duty failed", extra={"duty": duty.__name__, "cooperative": unit.coop})
    return is_done


async def _for_ever(room: Room, work: Work) -> None:
    while not room.stopping.is_set():
        if not await do_next(room, work):
            await asyncio.sleep(LOOK_SECONDS)


async def _take(unit: Unit) -> tuple[str, datetime, int] | None:
    """Enter a cooperative whose duties are due; the latest of its hours and how often that was tried. Those
    that fail come last, and in no fixed order: none is always before the others."""
    rows = await unit.session.execute(
        text(
            f"SELECT h.coop FROM {unit.room}.hourly h JOIN registry.coop c ON c.slug = h.coop"  # noqa: S608
            " WHERE h.try_at <= :wall GROUP BY h.coop ORDER BY max(h.tries), random()"
        ),
        {"wall": unit.wall},
    )
    for coop in rows.scalars().all():
        of = {"room": unit.room, "coop": coop}
        found = await unit.session.execute(text(_TRY), of)
        if not found.scalar_one() or not await unit.may_enter(coop):
            continue
        taken = await unit.session.execute(
            text(f"DELETE FROM {unit.room}.hourly WHERE coop = :coop RETURNING hour, tries"),  # noqa: S608
            {"coop": coop},
        )
        hours = taken.all()
        if hours:  # else somebody did it meanwhile
            last = max(hours, key=lambda row: row.hour)
            return coop, last.hour, last.tries
    return None


async def _later(unit: Unit, coop: str, tries: int) -> None:
    await unit.session.execute(
        text(
            f"UPDATE {unit.room}.hourly SET tries = tries + 1, try_at = :try_at"  # noqa: S608
            " WHERE coop = :coop AND try_at <= :wall"
        ),
        {"coop": coop, "wall": unit.wall, "try_at": _try_at(unit.wall, tries)},
    )


def _try_at(wall: datetime, tries: int) -> datetime:
    return wall + timedelta(minutes=RETRY_MINUTES[min(tries, len(RETRY_MINUTES) - 1)])
