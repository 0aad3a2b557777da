"""The rows of imports as the worker handles them: taken with a lease, moved on, ended.

Whoever holds the lease may write; a worker that lost it finds that nothing is updated and stops.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text

from contracts.codes import Quantity
from services.kit.ids import new_id
from services.kit.unit import Unit
from services.metering.files import Found, Options
from services.metering.files.values import Stamp
from services.metering.imports.documents import found_of, options_of
from services.metering.imports.naming import Named
from services.metering.imports.states import ImportState, Message

CHANNEL = "metering_import"
"""NOTIFY channel: an import waits."""
LEASE = timedelta(seconds=30)
MOST_TRIES = 5
MOST_REFUSALS = 1_000
COUNTS = ("accepted", "duplicate", "conflict", "refused", "no_consent", "outside_occupancy")

_TAKE = """
UPDATE metering.file_import SET lease = :lease, leased_until = clock_timestamp() + CAST(:for AS interval),
    tries = tries + 1, state = CASE state WHEN 'waiting' THEN 'reading' ELSE state END
WHERE id = (
    SELECT i.id FROM metering.file_import i
    WHERE i.state IN ('waiting', 'reading', 'storing', 'undoing')
      AND (i.leased_until IS NULL OR i.leased_until < clock_timestamp())
    ORDER BY (SELECT count(*) FROM metering.file_import e WHERE e.made_by = i.made_by
              AND e.created_at < i.created_at AND e.created_at > clock_timestamp() - interval '1 hour'),
        i.created_at
    LIMIT 1 FOR UPDATE OF i SKIP LOCKED)
RETURNING *
"""
# Whoever has brought least in the last hour comes first: many files of one person delay that person's own.
_EXTEND = """
UPDATE metering.file_import SET leased_until = clock_timestamp() + CAST(:for AS interval),
    bytes_read = greatest(bytes_read, :bytes_read), rows_total = coalesce(:rows_total, rows_total)
WHERE id = :id AND lease = :lease AND state IN ('reading', 'storing', 'undoing')
"""
_HOLD = """
SELECT 1 FROM metering.file_import
WHERE id = :id AND lease = :lease AND state IN ('reading', 'storing', 'undoing') FOR UPDATE
"""
_ADD = """
UPDATE metering.file_import SET state = 'storing',
    items = coalesce(items, rows) + :items, rows = rows + :rows,
    accepted = accepted + :accepted, duplicate = duplicate + :duplicate, conflict = conflict + :conflict,
    refused = refused + :refused, no_consent = no_consent + :no_consent,
    outside_occupancy = outside_occupancy + :outside_occupancy,
    accepted_milli = accepted_milli + :accepted_milli,
    sums = (SELECT coalesce(jsonb_object_agg(t.quantity, t.milli), '{}'::jsonb) FROM (
        SELECT s.key AS quantity, sum(s.value::bigint) AS milli FROM (
            SELECT * FROM jsonb_each_text(coalesce(sums, '{}'::jsonb))
            UNION ALL SELECT * FROM jsonb_each_text(CAST(:sums AS jsonb))) s GROUP BY s.key) t),
    touched = (SELECT coalesce(jsonb_agg(DISTINCT t.occupancy), '[]'::jsonb) FROM (
        SELECT jsonb_array_elements(touched) UNION ALL SELECT jsonb_array_elements(CAST(:touched AS jsonb))
        ) AS t(occupancy)),
    first_day = least(first_day, CAST(:first_day AS date)),
    last_day = greatest(last_day, CAST(:last_day AS date)),
    refusals = CASE WHEN jsonb_array_length(refusals) < :most
        THEN refusals || CAST(:refusals AS jsonb) ELSE refusals END,
    leased_until = clock_timestamp() + CAST(:for AS interval)
WHERE id = :id AND lease = :lease
RETURNING jsonb_array_length(refusals)
"""
_END = """
UPDATE metering.file_import SET state = :state, message = :message, detail = :detail, lease = NULL,
    leased_until = NULL, ended_at = :at
WHERE id = :id AND lease = :lease
"""
_ASK = """
UPDATE metering.file_import SET state = 'failed', message = :message, question = CAST(:question AS jsonb),
    lease = NULL, leased_until = NULL, ended_at = NULL
WHERE id = :id AND lease = :lease
"""
# It has failed for who does not look at the question: nothing was stored, and nothing will be by itself.
_ANSWER = """
UPDATE metering.file_import SET state = 'waiting', message = NULL, detail = NULL, question = NULL, tries = 0,
    bytes_read = 0, rows_total = NULL, options = jsonb_set(options, '{point}', CAST(:point AS jsonb))
WHERE id = :id
"""
_NAME = """
UPDATE metering.file_import SET point = :point, point_end = :end WHERE id = :id AND lease = :lease
"""
MOST_POINTS = 50
"""Delivery points that a question offers."""
_NUMBER = re.compile(r"\d{11,}|\bGI\d{6}\b")
"""A delivery point (PRM, PCE) or a meter's serial."""


@dataclass(frozen=True, slots=True)
class Refusal:
    line: int
    reason: str
    detail: str


@dataclass(slots=True)
class Job:
    """An import that this worker holds."""

    id: str
    coop: str
    meter: str
    bounds: list[str] | None
    made_by: str
    by_operator: bool
    dry_run: bool
    state: ImportState
    found: Found
    options: Options
    items: int
    """Rows, their parts and bad lines dealt with already, by another worker."""
    named: Named | None
    """The delivery point that the file's name names."""
    bytes_total: int
    tries: int
    lease: str
    stamp: datetime
    """`created_at`: what its readings are recognised by."""

    @property
    def codec(self) -> str:
        return f"file-{self.found.format}"


async def take(unit: Unit) -> Job | None:
    """The next import that waits or whose worker is gone, leased to the caller; people take turns."""
    row = (await unit.session.execute(text(_TAKE), {"lease": new_id("lse"), "for": LEASE})).one_or_none()
    return None if row is None else _job(row)


async def extend(unit: Unit, job: Job, bytes_read: int, rows_total: int | None = None) -> bool:
    """Keep the lease and say how far it is; False when it is lost or the import was cancelled."""
    values = {"id": job.id, "lease": job.lease, "for": LEASE}
    values |= {"bytes_read": bytes_read, "rows_total": rows_total}
    done: Any = await unit.session.execute(text(_EXTEND), values)
    return bool(done.rowcount)


async def tell(
    unit: Unit,
    job: Job,
    *,
    step_s: int | None,
    estimated: int,
    quantity: Quantity | None = None,
    stamp: Stamp | None = None,
) -> None:
    """What is known only once the file has been read: the length of its intervals, what they count and
    which end of them its times name, unless it said so at its beginning, and how many rows it calls
    estimated."""
    known: dict[str, object] = {"estimated": estimated}
    if job.found.step_s is None and step_s is not None:
        known["step_s"] = step_s
    if job.found.quantity is None and quantity is not None:
        known["quantity"] = quantity
    if job.found.stamp is None and stamp is not None:
        known["stamp"] = stamp
    await unit.session.execute(
        text(
            "UPDATE metering.file_import SET found = found || CAST(:known AS jsonb)"
            " WHERE id = :id AND lease = :lease"
        ),
        {"id": job.id, "lease": job.lease, "known": json.dumps(known)},
    )


async def release(unit: Unit, job: Job) -> None:
    """Give the lease up, so that the import is tried again at once."""
    await unit.session.execute(
        text("UPDATE metering.file_import SET leased_until = NULL WHERE id = :id AND lease = :lease"),
        {"id": job.id, "lease": job.lease},
    )


async def hold(unit: Unit, job: Job) -> bool:
    """Lock the import for the rest of this transaction; False when it was cancelled or the lease is lost."""
    found = await unit.session.execute(text(_HOLD), {"id": job.id, "lease": job.lease})
    return found.first() is not None


async def add(
    unit: Unit,
    job: Job,
    *,
    rows: int,
    items: int,
    counts: Counter[str],
    sums: Mapping[Quantity, int],
    touched: Sequence[str],
    days: Sequence[date],
    refusals: Sequence[Refusal],
) -> None:
    """Count a stretch of the file; in the transaction that stored it, so that it is counted once."""
    values = {name: counts[name] for name in COUNTS}
    await unit.session.execute(
        text(_ADD),
        values
        | {
            "id": job.id, "lease": job.lease, "for": LEASE, "rows": rows, "items": items,
            "accepted_milli": sum(sums.values()), "sums": json.dumps(sums),
            "touched": json.dumps(list(touched)),
            "first_day": min(days, default=None), "last_day": max(days, default=None),
            "most": MOST_REFUSALS,
            "refusals": json.dumps([asdict(refusal) for refusal in refusals[:MOST_REFUSALS]]),
        },
    )  # fmt: skip


async def end(
    unit: Unit, job: Job, state: ImportState, message: Message | str | None = None, detail: str | None = None
) -> None:
    """The import is over, and its file is deleted."""
    await unit.session.execute(
        text(_END),
        {
            "id": job.id, "lease": job.lease, "state": state, "message": message, "detail": detail,
            "at": unit.wall,
        },
    )  # fmt: skip
    await delete_file(unit, job.id)


async def ask(unit: Unit, job: Job, message: Message, points: Sequence[str], earlier: Sequence[str]) -> None:
    """The import rests until a person has said which delivery point is meant; so long its file is kept."""
    question = {"points": list(points[:MOST_POINTS]), "earlier": list(earlier[-MOST_POINTS:])}
    values = {"id": job.id, "lease": job.lease, "message": message, "question": json.dumps(question)}
    await unit.session.execute(text(_ASK), values)


async def answer(unit: Unit, id: str, point: str) -> None:
    """The person has said it: the import waits again, to be read from its beginning."""
    await unit.session.execute(text(_ANSWER), {"id": id, "point": json.dumps(point)})
    await unit.session.execute(text(f"NOTIFY {CHANNEL}"))


async def name(unit: Unit, job: Job, found: Named) -> None:
    """Keep which delivery point the file is of."""
    values = {"id": job.id, "lease": job.lease, "point": found.point, "end": found.end}
    await unit.session.execute(text(_NAME), values)


async def counts(unit: Unit, job: Job) -> dict[str, int]:
    """The counts so far, by name."""
    row = await unit.session.execute(
        text("SELECT * FROM metering.file_import WHERE id = :id"), {"id": job.id}
    )
    found = row.mappings().one()
    return {name: found[name] for name in COUNTS}


async def piece(unit: Unit, id: str, n: int) -> bytes | None:
    """The n-th piece of the file; None beyond its end."""
    row = await unit.session.execute(
        text('SELECT data FROM metering.file_chunk WHERE "import" = :id AND n = :n'), {"id": id, "n": n}
    )
    return row.scalar_one_or_none()


async def delete_file(unit: Unit, id: str) -> None:
    await unit.session.execute(text('DELETE FROM metering.file_chunk WHERE "import" = :id'), {"id": id})


def masked(words: str) -> str:
    """A file's own words without what may be the number of somebody's meter."""
    return _NUMBER.sub("…", words)


def _job(row: Any) -> Job:
    return Job(
        id=row.id, coop=row.coop, meter=row.meter, bounds=row.bounds, made_by=row.made_by,
        by_operator=row.by_operator, dry_run=row.dry_run, state=ImportState(row.state),
        found=found_of(row.found), options=options_of(row.options),
        items=row.rows if row.items is None else row.items,
        named=Named(row.point, row.point_end) if row.point else None,
        bytes_total=row.bytes_total, tries=row.tries, lease=row.lease, stamp=row.created_at,
    )  # fmt: skip
