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
from services.metering.files import BadLine, Row, SeveralPoints, Unreadable, read
from services.metering.files.deliveries import is_official
from services.metering.files.values import Stamp
from services.metering.imports import forgetting, jobs, naming, storing, undoing
from services.metering.imports.jobs import Job, Refusal
from services.metering.imports.states import ImportState, Message, outcome
from services.metering.imports.stretches import Item, Spool, counted
from services.metering.imports.watched import WatchedFile
from services.metering.registry import Meter

_LOG = logging.getLogger(__name__)

_SWEEP_SECONDS = 5.0
_BEAT_SECONDS = 0.5
_TIDY_SECONDS = 600.0
MOST_READING_SECONDS = 900.0
"""The largest honest file takes a minute or two: what takes longer is made to."""


class Lost(Exception):
    """The import was cancelled, or another worker holds it now."""


class Asks(Exception):
    """A person has to say something before anything is stored."""

    def __init__(self, message: Message, points: Sequence[str], earlier: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message, self.points, self.earlier = message, points, earlier


class Unfit(Exception):
    """The file is about something that this meter does not measure."""


async def importer(room: Room) -> None:
    """Work through the imports that wait; wait for a NOTIFY when there are none."""
    connection = await psycopg.AsyncConnection.connect(room.database.conninfo, autocommit=True)
    async with connection:
        await connection.execute(f"LISTEN {jobs.CHANNEL}")
        tidy_at = 0.0
        while not room.stopping.is_set():
            if await work_once(room):
                continue
            if time.monotonic() >= tidy_at:
                tidy_at = time.monotonic() + _TIDY_SECONDS
                async with room.unit() as unit:
                    await forgetting.what_is_due(unit)
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
    except Asks as asked:
        async with room.unit(job.coop) as unit:
            await jobs.ask(unit, job, asked.message, asked.points, asked.earlier)
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
        number = await _read(room, job, file, spool, meter.calendar)
        await _recognise(room, job, number)
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


async def _recognise(room: Room, job: Job, number: str) -> None:
    """Whether the file is of the delivery point that earlier ones were of; asks when it is not."""
    is_known_elsewhere = is_official(number)
    found = naming.named(room.secrets, job.coop, number) if is_known_elsewhere else job.named
    if found is None:
        return
    chosen = job.options.point
    if not number and chosen is not None and chosen != found.end:
        raise Unreadable(FileReason.POINT_NOT_IN_FILE, f"…{chosen}")
    async with room.unit(job.coop) as unit:
        before = await naming.earlier(unit, job.meter, job.id)
        if chosen is None and before and found.point not in {one.point for one in before}:
            raise Asks(Message.OTHER_POINT, [found.end], [one.end for one in before])
        await jobs.name(unit, job, found)


async def _keep(room: Room, job: Job, stretch: Sequence[Item]) -> None:
    """Store and count one stretch: both, or neither."""
    async with room.unit(job.coop) as unit:
        await storing.take_turns(unit, job.meter)
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
            unit, job, rows=counted(stretch), items=len(stretch), counts=kept.counts, sums=kept.sums,
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


async def _read(room: Room, job: Job, file: WatchedFile, spool: Spool, calendar: Calendar) -> str:
    """Read the file in a thread, saying how far it is and keeping the lease meanwhile. Returns the delivery
    point that it names, empty where it names none."""
    named: list[str] = []
    stamps: list[Stamp] = []

    def fill() -> None:
        items = file.until_stopped(read(file.buffered(), job.found, job.options, named.append, stamps.append))
        spool.fill(items, calendar, job.items)

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
    try:
        task.result()
    except SeveralPoints as error:
        raise Asks(Message.SEVERAL_POINTS, error.names) from None
    await _extend(room, job, job.bytes_total, spool.rows)
    async with room.unit(job.coop) as unit:
        quantity = next(iter(spool.quantities)) if len(spool.quantities) == 1 else None
        await jobs.tell(
            unit,
            job,
            step_s=spool.step_s,
            estimated=spool.estimated,
            quantity=quantity,
            stamp=stamps[0] if stamps else None,
        )
    return named[0] if named else ""


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
