"""The way back from quarantine: a message that was refused is read again, with the codecs of today."""

from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, tzinfo
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from nats.errors import Error as NatsError

from contracts.base import Event
from contracts.readings import ReadingsBatch, Rejected, Retried
from services.intake import metrics
from services.intake.message import Accepted, interpret, rejection, retained_id
from services.intake.points import runs
from services.intake.publishing import largest_batch, publish
from services.kit.room import Room

_TRIES = UUID("7d9f6a52-6c1e-4c55-9d6e-0d3a8f5f2b11")
"""Namespace of the ids of what a try gives."""


class NotTakenYet(ConnectionError):
    """The stream did not take an answer: an outage, so the kit tries for as long as it lasts."""


async def read_again(event: Retried, room: Room) -> None:
    """Make the answer durable; only then is the message acknowledged.

    A repeat gives the same answer with the same ids. Should the stream have forgotten those, a reading's
    natural key and a rejection's id make it change nothing.
    """
    zone = ZoneInfo(room.settings.device_zone)
    answers = list(answer(event, largest_batch(room.nats.max_payload), zone))
    for number, part in enumerate(answers):
        event_id = str(uuid5(_TRIES, f"{event.id} {event.asked_at.isoformat()} {number}"))
        try:
            await publish(room.jetstream, part, event_id, room.clock)
        except (NatsError, TimeoutError) as error:
            raise NotTakenYet(part.stream) from error
    metrics.RETRIED.labels("rejected" if isinstance(answers[-1], Rejected) else "accepted").inc()


def answer(event: Retried, max_readings: int, zone: tzinfo = UTC) -> Iterator[Event]:
    """The message's readings in batches, of which the last says whose quarantine it ends; or the rejection
    that brings it back there, under the same id."""
    payload = b64decode(event.payload_base64)
    is_retained = event.id == retained_id(event.topic, payload)
    outcome = interpret(event.topic.encode(), payload, event.received_at, zone, is_retained)
    if not isinstance(outcome, Accepted):
        refused = rejection(outcome, payload, event.received_at, event.id, len(payload))
        yield refused.model_copy(update={"asked_at": event.asked_at})
        return
    # Of no readings at all one empty batch remains: the message was read, so its quarantine ends.
    for start in range(0, max(1, len(outcome.points)), max_readings):
        is_last = start + max_readings >= len(outcome.points)
        yield ReadingsBatch(
            coop=outcome.coop,
            received_at=event.received_at,
            messages=1,
            runs=runs(outcome.points[start : start + max_readings]),
            rejected=event.id if is_last else None,
        )
