"""Makes the bus ready: streams and durable consumers, each compared with what stands (drift check)."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from nats.js import JetStreamContext, api
from nats.js.errors import NotFoundError

from contracts.topics import STREAMS, Stream

_LOG = logging.getLogger(__name__)

ACK_WAIT_SECONDS = 12
"""After it, what a process held that died is delivered to another. Who lives says so three times as often."""


class Drift(Exception):
    """What stands on the bus is not what this version needs, and changing it could lose messages."""


async def provision(js: JetStreamContext, replicas: int = 1) -> list[str]:
    """Create missing streams. Returns what was created; raises `Drift` on a dangerous difference."""
    created = []
    for stream in STREAMS:
        wanted = _config(stream, replicas)
        try:
            info = await js.stream_info(stream.name)
        except NotFoundError:
            await js.add_stream(wanted)
            created.append(stream.name)
            continue
        _compare(stream.name, wanted, info.config)
        if set(info.config.subjects or ()) != set(wanted.subjects or ()):
            await js.update_stream(wanted)  # additions only: `_compare` has refused the rest
    return created


@dataclass(frozen=True)
class Consumer:
    """A durable pull consumer of a room."""

    stream: str
    durable: str
    subjects: tuple[str, ...]
    max_ack_pending: int


async def provision_consumers(js: JetStreamContext, consumers: Iterable[Consumer]) -> None:
    """Create or update a room's durable consumers; their position is kept."""
    for consumer in consumers:
        wanted = api.ConsumerConfig(
            durable_name=consumer.durable,
            name=consumer.durable,
            filter_subjects=list(consumer.subjects),
            ack_policy=api.AckPolicy.EXPLICIT,
            deliver_policy=api.DeliverPolicy.ALL,
            ack_wait=ACK_WAIT_SECONDS,
            max_deliver=-1,
            max_ack_pending=consumer.max_ack_pending,
        )
        try:
            info = await js.consumer_info(consumer.stream, consumer.durable)
        except NotFoundError:
            await js.add_consumer(consumer.stream, wanted)
            continue
        standing = info.config
        subjects = set(
            standing.filter_subjects or ([standing.filter_subject] if standing.filter_subject else [])
        )
        if (subjects, standing.max_ack_pending, standing.ack_wait) != (
            set(consumer.subjects),
            consumer.max_ack_pending,
            ACK_WAIT_SECONDS,
        ):
            _LOG.info("consumer updated", extra={"consumer": consumer.durable})
            await js.add_consumer(consumer.stream, wanted)


def _config(stream: Stream, replicas: int) -> api.StreamConfig:
    return api.StreamConfig(
        name=stream.name,
        description=stream.why,
        subjects=list(stream.subjects),
        retention=api.RetentionPolicy.WORK_QUEUE if stream.work_queue else api.RetentionPolicy.LIMITS,
        storage=api.StorageType.FILE,
        discard=api.DiscardPolicy.NEW if stream.work_queue else api.DiscardPolicy.OLD,
        max_age=stream.max_age_days * 86_400 if stream.max_age_days else 0,
        duplicate_window=120,
        num_replicas=replicas,
    )


def _compare(name: str, wanted: api.StreamConfig, standing: api.StreamConfig) -> None:
    differences = [
        field
        for field in ("retention", "storage", "discard", "max_age")
        if (getattr(wanted, field) or 0) != (getattr(standing, field) or 0)
    ]
    lost = set(standing.subjects or ()) - set(wanted.subjects or ())
    if differences or lost:
        raise Drift(
            f"stream {name} differs in {', '.join(differences) or 'subjects ' + ', '.join(sorted(lost))}; "
            "compare with contracts/topics.py and change the stream by hand"
        )
