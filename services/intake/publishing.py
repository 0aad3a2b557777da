"""Events into their stream, with the stream's acknowledgement awaited."""

from nats.js import JetStreamContext

from contracts.base import Event
from services.kit.clock import Clock
from services.kit.outbox import cloud_event_headers

TIMEOUT_SECONDS = 5.0
_MOST_READINGS = 500
_LARGEST_READING = 1_600
"""Bytes of JSON of the longest reading the contract allows."""


async def publish(jetstream: JetStreamContext, event: Event, event_id: str, clock: Clock) -> None:
    """Returns once the event is durable; raises when it is not (yet). An `event_id` said again within two
    minutes is dropped by the stream."""
    await jetstream.publish(
        event.subject,
        event.model_dump_json(by_alias=True, exclude_none=True).encode(),
        timeout=TIMEOUT_SECONDS,
        stream=event.stream,
        headers=cloud_event_headers(event_id, event.subject, event.coop or "", clock().isoformat(), "intake"),
    )


def largest_batch(max_payload: int) -> int:
    """Readings that fit in one message of at most `max_payload` bytes."""
    return min(_MOST_READINGS, max(1, max_payload // _LARGEST_READING))
