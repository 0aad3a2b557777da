"""Makes the documents that signatures ordered: claimed, made outside of any transaction, kept with a digest.

One that fails is tried again, for ever: what it is made from is sealed, so nothing is lost meanwhile.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from sqlmodel import col, select

from services.aftersales import photos
from services.aftersales.inspections import document, guided, locking
from services.aftersales.inspections.document import Act, Shot, Signed
from services.aftersales.inspections.facts import Facts
from services.aftersales.inspections.model import GuidedInspection, InspectionDocument
from services.aftersales.inspections.record import Record
from services.kit.finishing import finish
from services.kit.outage import is_outage
from services.kit.room import Room
from services.kit.unit import Unit

_LOG = logging.getLogger(__name__)
IDLE_SECONDS = 0.5
DELAYS_SECONDS = (2, 10, 60, 600, 3600)
"""After each failure; the last one again and again."""
LEASE = timedelta(minutes=5)
"""Longer than any document takes: what is not kept after it was left by a worker that died."""

OpenUnit = Callable[[], AbstractAsyncContextManager[Unit]]


@dataclass(frozen=True)
class Claimed:
    document: str
    attempts: int


async def prepare(room: Room) -> None:
    """Work until the room stops."""
    while not room.stopping.is_set():
        if not await finish(step(room.unit)):
            await asyncio.sleep(IDLE_SECONDS)


async def step(unit_of: OpenUnit) -> bool:
    """Make one document; False when none is due. `unit_of` opens a unit on the room's work role."""
    async with unit_of() as unit:
        claimed = await _claim(unit)
    if claimed is None:
        return False
    try:
        async with unit_of() as unit:
            make = await _order(unit, claimed.document)
        content = await asyncio.to_thread(make)
        async with unit_of() as unit:
            await _keep(unit, claimed.document, content)
    except Exception as error:
        if is_outage(error):
            raise
        # Not its words: they may quote the record.
        _LOG.error(
            "a document could not be made",
            extra={"document": claimed.document, "error": type(error).__name__, "tries": claimed.attempts},
        )
        async with unit_of() as unit:
            await _later(unit, claimed)
    return True


async def _claim(unit: Unit) -> Claimed | None:
    found = await unit.session.execute(
        select(InspectionDocument)
        .where(col(InspectionDocument.sha256).is_(None), col(InspectionDocument.not_before) <= unit.wall)
        .order_by(col(InspectionDocument.not_before), col(InspectionDocument.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    ordered = found.scalar_one_or_none()
    if ordered is None:
        return None
    ordered.attempts += 1
    ordered.not_before = unit.wall + LEASE
    return Claimed(ordered.id, ordered.attempts)


async def _order(unit: Unit, document_id: str) -> Callable[[], bytes]:
    """Everything it is made from, read; what makes it."""
    ordered = await unit.session.get_one(InspectionDocument, document_id)
    return partial(document.made, await act_of(unit, ordered, with_files=True))


async def act_of(unit: Unit, ordered: InspectionDocument, *, with_files: bool) -> Act:
    """All that a document says, from what was sealed; `with_files` with its photos as files, else with their
    addresses."""
    inspection = await unit.session.get_one(GuidedInspection, ordered.inspection)
    shots: dict[str, list[Shot]] = {}
    for photo in await photos.at(unit, inspection.id):
        is_wanted = (photo.finding == ordered.amendment) if ordered.amendment else photo.finding is not None
        if not is_wanted:
            continue
        content = await photos.content(unit, photo.id) if with_files else b""
        if content is not None:
            address = "" if with_files else f"/photos/{photo.id}"
            shots.setdefault(photo.finding or "", []).append(Shot(content, address))
    signed = await guided.signatures(unit, inspection.id)
    return Act(
        id=inspection.id,
        kind=inspection.kind,
        held_on=inspection.held_on,
        facts=Facts.model_validate(ordered.facts),
        record=Record.model_validate(inspection.record),
        photos=shots,
        signed=tuple(Signed(side, row.name, row.signed_at, row.drawing) for side, row in signed.items()),
    )


async def _keep(unit: Unit, document_id: str, content: bytes) -> None:
    """With its digest, once; of an erased household nothing else stays."""
    ordered = await unit.session.get(InspectionDocument, document_id, with_for_update=True)
    if ordered is None or ordered.sha256 is not None:  # dropped with its sandbox, or another replica's
        return
    await unit.enter(ordered.coop)
    ordered.content, ordered.sha256 = content, hashlib.sha256(content).hexdigest()
    ordered.not_before = None
    inspection = await unit.session.get_one(GuidedInspection, ordered.inspection, with_for_update=True)
    if ordered.amendment is None:
        inspection.sha256 = ordered.sha256
    await unit.session.flush()
    if inspection.kept_until is not None:
        await locking.empty(unit, [inspection.occupancy])


async def _later(unit: Unit, claimed: Claimed) -> None:
    ordered = await unit.session.get(InspectionDocument, claimed.document, with_for_update=True)
    if ordered is not None and ordered.sha256 is None:
        seconds = DELAYS_SECONDS[min(claimed.attempts, len(DELAYS_SECONDS)) - 1]
        ordered.not_before = unit.wall + timedelta(seconds=seconds)
