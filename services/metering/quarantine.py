"""What could not be read or placed: kept whole, shown to operators, retried or discarded by decision."""

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import text

from contracts.codes import Reason
from contracts.readings import Reading, Rejected
from services.kit.unit import Unit
from services.metering.admission import is_reserved


class Status(StrEnum):
    """What became of a quarantined message. `retry`: asked for, about to be done here or by intake."""

    WAITING = "waiting"
    RETRY = "retry"
    RETRIED = "retried"
    DISCARDED = "discarded"


READING_CODEC = "reading"
"""`codec` of rows whose payload is one already decoded reading, as JSON. No other row says so."""

_INSERT = """
INSERT INTO metering.quarantine AS q
    (id, coop, reason, detail, topic, codec, meter, gateway, channel, payload, received_at, status)
VALUES (:id, :coop, :reason, :detail, :topic, :codec, :meter, :gateway, :channel, :payload, :received_at,
        :status)
ON CONFLICT (id)
"""
_UNPLACED = (
    _INSERT + "DO UPDATE SET status = 'waiting', payload = excluded.payload WHERE q.status = 'retried'"
)
_REJECTED = _INSERT + "DO NOTHING"
# Intake may answer a try twice, and what was forgotten meanwhile stays so: only the last try's first answer
# counts, for a row that is still there.
_REJECTED_AGAIN = """
UPDATE metering.quarantine
SET status = :status, reason = :reason, detail = :detail,
    payload = CASE WHEN CAST(:status AS varchar) = 'waiting' THEN payload END
WHERE id = :id AND status = 'retry' AND decided_at = :asked_at
"""


async def keep_unplaced(unit: Unit, unplaced: Iterable[tuple[str, datetime, Reading, Reason]]) -> None:
    """Readings of (cooperative, received at) that have no place here, and why. Their id follows from
    their key, so a repeat changes nothing."""
    rows = [
        {
            "id": _id_of(coop, reading),
            "coop": coop,
            "reason": reason.value,
            "detail": storable(_unplaced_detail(reading, reason)),
            "topic": _topic_of(coop, reading),
            "codec": READING_CODEC,
            "meter": reading.meter,
            "gateway": reading.gateway,
            "channel": reading.channel and storable(reading.channel),
            "payload": reading.model_dump_json(by_alias=True).encode(),
            "received_at": received_at,
            "status": Status.WAITING,
        }
        for coop, received_at, reading, reason in unplaced
    ]
    if rows:
        rows.sort(key=lambda row: str(row["id"]))
        await unit.session.execute(text(_UNPLACED), rows)


async def keep_rejected(unit: Unit, events: Sequence[Rejected], without_ground: Mapping[str, str]) -> None:
    """Messages intake could not read, or not this time either. Of a household that does not consent, the
    payload is not kept: `without_ground` maps the ids of those rejections to why."""
    rows = [
        {
            "id": event.id,
            "coop": event.coop or "",
            "reason": event.reason.value,
            "detail": storable(event.detail),
            "topic": storable(event.topic),
            # A device may call its codec anything: it must not pass for a reading of whom it likes.
            "codec": None if event.codec in (None, READING_CODEC) else storable(event.codec),
            "meter": event.meter,
            "gateway": event.gateway,
            "channel": event.channel and storable(event.channel),
            "payload": None if event.id in without_ground else base64.b64decode(event.payload_base64),
            "received_at": event.received_at,
            "status": Status.DISCARDED if event.id in without_ground else Status.WAITING,
            "asked_at": event.asked_at,
        }
        for event in sorted(events, key=lambda event: event.id)
    ]
    for statement, answers_a_retry in ((_REJECTED, False), (_REJECTED_AGAIN, True)):
        if of_these := [row for row in rows if (row["asked_at"] is not None) == answers_a_retry]:
            await unit.session.execute(text(statement), of_these)


async def end(unit: Unit, ids: Sequence[str]) -> None:
    """Intake could read these messages after all: their readings are here."""
    await unit.session.execute(
        text(
            "UPDATE metering.quarantine SET status = 'retried', decided_at = :now, payload = NULL"
            " WHERE id = ANY(:ids) AND codec IS DISTINCT FROM 'reading' AND status IN ('waiting', 'retry')"
        ),
        {"now": unit.wall, "ids": sorted(ids)},
    )


async def ask_for_retry(unit: Unit, gateway: str, channels: Sequence[str]) -> None:
    """A gateway's channels are mapped now: what waited for them is retried."""
    await unit.session.execute(
        text(
            "UPDATE metering.quarantine SET status = 'retry' WHERE gateway = :gateway"
            " AND channel = ANY(:channels) AND status = 'waiting' AND reason = 'unknown_meter'"
        ),
        {"gateway": gateway, "channels": list(channels)},
    )


async def ask_for_mapped(unit: Unit) -> None:
    """Whatever waits for a channel of the unit's cooperative that is mapped by now: it may have come while
    the mapping was told."""
    await unit.session.execute(
        text(
            "UPDATE metering.quarantine q SET status = 'retry' FROM registry.channel c"
            " WHERE c.gateway = q.gateway AND c.channel = q.channel"
            " AND c.coop = :coop AND q.status = 'waiting' AND q.reason = 'unknown_meter'"
        ),
        {"coop": unit.coop},
    )


async def take_retries(unit: Unit, limit: int = 2_000) -> list[Any]:
    """Readings whose retry was asked for, locked for this transaction."""
    return list(
        await unit.session.execute(
            text(
                "SELECT id, coop, topic, codec, payload, received_at, meter FROM metering.quarantine"
                " WHERE status = 'retry' AND codec = 'reading' ORDER BY received_at, id"
                " LIMIT :limit FOR UPDATE SKIP LOCKED"
            ),
            {"limit": limit},
        )
    )


async def mark_retried(unit: Unit, ids: Sequence[str]) -> None:
    """Record that a retry was made. A value that was placed is not kept twice."""
    if ids:
        await unit.session.execute(
            text(
                "UPDATE metering.quarantine SET status = 'retried', decided_at = :now, payload = NULL"
                " WHERE id = ANY(:ids)"
            ),
            {"now": unit.wall, "ids": list(ids)},
        )


def storable(words: str) -> str:
    """A device chooses its names: what PostgreSQL cannot keep (NUL, half a character) is replaced."""
    return words.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _topic_of(coop: str, reading: Reading) -> str:
    return f"gateways/{coop}/{reading.gateway}" if reading.gateway else f"meters/{coop}/{reading.meter}"


def _unplaced_detail(reading: Reading, reason: Reason) -> str:
    if reason is Reason.UNKNOWN_QUANTITY:
        if not is_reserved(reading.register_, reading.codec):
            return f"A meter of this fluid does not count {reading.quantity}: it is another meter's value."
        return f"The register name {reading.register_} is kept for corrections and validated files."
    if reading.gateway:
        return f"The gateway's channel map has no meter for “{reading.channel}”."
    return "This meter is not known."


_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def _id_of(coop: str, reading: Reading) -> str:
    key = "|".join(
        (coop, reading.meter or "", reading.gateway or "", reading.channel or "", reading.register_,
         reading.instant.isoformat())
    )  # fmt: skip
    number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:17], "big")
    return "rej_" + "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))
