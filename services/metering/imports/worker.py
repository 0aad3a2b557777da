"""Reads and stores the files that wait: in stretches of whole days, each in a transaction of its own.

A worker that dies leaves its lease to run out; the next one reads the file again and goes on where the
counted rows end, for readers yield the same rows every time.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing

import psycopg

from contracts.codes import FileReason, Purpose
from services.kit.outage import is_outage
from services.kit.room import Room
from services.kit.unit import Unit
from services.metering import ledger
from services.metering.days import SLOT_SECONDS, Calendar, day_of
from services.metering.files import BadLine, Row, Unreadable, read
from services.metering.imports import jobs, storing, undoing
from services.metering.imports.jobs import Job, Refusal
from services.metering.imports.states import ImportState, Message, outcome
from services.metering.imports.stretches import Item, Spool
from services.metering.imports.watched import WatchedFile
from services.metering.registry import Meter

_LOG = logging.getLogger(__name__)

_SWEEP_SECONDS = 5.0
_BEAT_SECONDS = 0.5
MOST_READING_SECONDS = 900.0
"""The largest honest file takes a minute or two: what takes longer is made to."""


class Lost(Exception):
    """The import was cancelled, or another worker holds it now."""


class Unfit(Exception):
    """The file is about something that this meter does not measure."""


async def importer(room: Room) -> None:
    """Work through the imports that wait; wait for a NOTIFY when there are none."""
    connection = await psycopg.AsyncConnection.connect(room.database.conninfo, autocommit=True)
    async with connection:
        await connection.execute(f"LISTEN {jobs.CHANNEL}")
        while not room.stopping.is_set():
            if await work_once(room):
                continue
            async for _ in connection.notifies(timeout=_SWEEP_SECONDS, stop_after=1):
                pass


async def work_once(room: Room) -> bool:
    """Take one import and bring it to its end; False when none waits."""
    async with room.unit() as unit:
        job = await jobs.take(unit)
    if job is None:
        return False
    try:
        if job.tries > jobs.MOST_TRIES:
            await _end(room, job, ImportState.FAILED, Message.FAULT)
        elif job.state is ImportState.UNDOING:
            async with room.unit(job.coop) as unit:
                await undoing.undo(unit, job)
        else:
            await _import(room, job)
    except Lost:
        _LOG.info("an import was cancelled or went to another worker")
    except Unfit:
        await _end(room, job, ImportState.FAILED, Message.WRONG_QUANTITY)
    except Unreadable as error:
        await _end(room, job, ImportState.FAILED, error.reason, jobs.masked(error.detail))
    except Exception as error:
        if is_outage(error):
            raise  # the lease runs out, and the import goes on
        _LOG.error("an import failed", extra={"error": type(error).__name__})
        async with room.unit() as unit:
            await jobs.release(unit, job)
    return True


async def _import(room: Room, job: Job) -> None:
    async with room.unit(job.coop) as unit:
        meter = await storing.meter_of(unit, job.meter)
    if meter is None:
        await _end(room, job, ImportState.FAILED, Message.NO_METER)
        return
    with closing(WatchedFile()) as file, closing(Spool()) as spool:
        await _fetch(room, job, file)
        await _read(room, job, file, spool, meter.calendar)
        while stretch := await asyncio.to_thread(spool.next):
            await _keep(room, job, stretch)
    async with room.unit(job.coop) as unit:
        if await jobs.hold(unit, job):
            state, message = outcome(await jobs.counts(unit, job))
            await jobs.end(unit, job, state, message)


async def _fetch(room: Room, job: Job, file: WatchedFile) -> None:
    """The file from the database, a piece at a time."""
    for n in range(2**31):
        async with room.unit(job.coop) as unit:
            piece = await jobs.piece(unit, job.id, n)
        if piece is None:
            return
        file.fill(piece)


async def _keep(room: Room, job: Job, stretch: Sequence[Item]) -> None:
    """Store and count one stretch: both, or neither."""
    async with room.unit(job.coop) as unit:
        if not await jobs.hold(unit, job):
            raise Lost
        meter = await storing.meter_of(unit, job.meter)  # consent holds now, or it does not
        if meter is None:
            raise Lost
        refused = [item for item in stretch if isinstance(item, BadLine)]
        rows = [item for item in stretch if isinstance(item, Row)]
        fits = storing.quantities_of(meter.fluid)
        if any(row.quantity not in fits for row in rows):
            raise Unfit
        kept = await storing.keep(unit, job, meter, rows)
        repeated = sum(line.reason is FileReason.REPEATED_TIME for line in refused)
        kept.counts.update(duplicate=repeated, refused=len(refused) - repeated)
        await _note(unit, job, meter, rows, kept)
        await jobs.add(
            unit, job, rows=len(stretch), counts=kept.counts, accepted_milli=kept.accepted_milli,
            touched=sorted(kept.touched), days=sorted(kept.days),
            refusals=[Refusal(line.line, line.reason, jobs.masked(line.detail)) for line in refused],
        )  # fmt: skip


async def _note(unit: Unit, job: Job, meter: Meter, rows: Sequence[Row], kept: storing.Kept) -> None:
    """What an operator imports, and what comparing a file with a household's values tells an operator, is
    written where the household can read it."""
    if not job.by_operator:
        return
    is_fine = any(row.step_s <= SLOT_SECONDS for row in rows)
    purpose = Purpose.HALF_HOURLY if is_fine else Purpose.DAILY
    today = day_of(meter.business_now or unit.wall, meter.zone)
    brought = set() if job.dry_run else kept.touched
    await ledger.note(
        unit,
        Counter(
            ledger.Use(
                occupancy, today, purpose, job.made_by, job.coop,
                ledger.IMPORTED if occupancy in brought else ledger.QUALITY_CONTROL,
            )
            for occupancy in kept.seen
        ),
    )  # fmt: skip


async def _read(room: Room, job: Job, file: WatchedFile, spool: Spool, calendar: Calendar) -> None:
    """Read the file in a thread, saying how far it is and keeping the lease meanwhile."""

    def fill() -> None:
        items = file.until_stopped(read(file.buffered(), job.found, job.options))
        spool.fill(items, calendar, job.rows)

    task = asyncio.create_task(asyncio.to_thread(fill))
    task.add_done_callback(_heard)
    end = time.monotonic() + MOST_READING_SECONDS
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=_BEAT_SECONDS)
            await _extend(room, job, file.furthest, None)
            if time.monotonic() > end:
                raise Unreadable(FileReason.TOO_LARGE, f"> {MOST_READING_SECONDS / 60:.0f} min")
    finally:
        file.stop()
    task.result()
    await _extend(room, job, job.bytes_total, spool.rows)
    async with room.unit(job.coop) as unit:
        await jobs.tell(unit, job, step_s=spool.step_s, estimated=spool.estimated)


def _heard(task: asyncio.Task[None]) -> None:
    """Whoever gave the reading up does not wait for the thread, which ends with `Stopped`: no fault."""
    if not task.cancelled():
        task.exception()


async def _extend(room: Room, job: Job, bytes_read: int, rows_total: int | None) -> None:
    async with room.unit(job.coop) as unit:
        if not await jobs.extend(unit, job, bytes_read, rows_total):
            raise Lost


async def _end(
    room: Room, job: Job, state: ImportState, message: Message | FileReason, detail: str | None = None
) -> None:
    async with room.unit(job.coop) as unit:
        await jobs.end(unit, job, state, message, detail)
