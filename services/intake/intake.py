"""The chain that never loses a reading: receive, decode, make durable, and only then acknowledge."""

import asyncio
import logging
from collections import Counter
from zoneinfo import ZoneInfo

from nats.js import JetStreamContext

from contracts.base import Event
from services.intake import metrics
from services.intake.batcher import Batcher
from services.intake.codecs import CODECS
from services.intake.delivery import Delivery
from services.intake.message import (
    USUAL_CODEC,
    Accepted,
    interpret_fully,
    rejection,
    retained_id,
    usual,
)
from services.intake.publishing import largest_batch, publish
from services.intake.subscriber import Subscriber, session_name
from services.kit import natsauth, session_flag
from services.kit.clock import Clock
from services.kit.finishing import end
from services.kit.ids import new_id, new_uuid
from services.kit.room import Room

_LOG = logging.getLogger(__name__)

DRAIN_SECONDS = 3.0
"""At the end, how long what is in hand may take to become durable; the broker keeps the rest."""
_MESSAGES = "messages"
_BYTES_A_READING = 250
"""What a reading weighs in memory, to compare a quarantined payload with."""


async def run(room: Room) -> None:
    """Take in until cancelled."""
    assert room.settings.mqtt_url
    await Intake(
        mqtt_url=room.settings.mqtt_url,
        client_id=natsauth.intake_client_id(room.secrets),
        password=natsauth.room_password(room.secrets, "intake"),
        jetstream=room.jetstream,
        max_payload=room.nats.max_payload,
        clock=room.clock,
        device_zone=ZoneInfo(room.settings.device_zone),
    ).run()


class Intake:
    """Ties the subscriber to the batcher."""

    def __init__(
        self,
        mqtt_url: str,
        client_id: str,
        password: str,
        jetstream: JetStreamContext,
        max_payload: int,
        clock: Clock,
        device_zone: ZoneInfo,
    ) -> None:
        """`device_zone`: where devices that say no UTC offset tell their local time."""
        self._zone = device_zone
        # Devices may come once one member of a group listens; each member can lose a session of its own.
        self._sessions = dict.fromkeys((session_name(mqtt_url, client_id), client_id))
        self._jetstream = jetstream
        self._clock = clock
        self._keep_bytes = max_payload // 2  # base64 and the other fields fit in the other half
        self._decoded = {codec: metrics.READINGS.labels(codec) for codec in CODECS}
        self._taken: Counter[str] = Counter()
        """Messages and readings accepted since metrics were last told: telling each one costs as much as
        parsing it."""
        self._usual_taken = 0
        self._marking: asyncio.Task[None] | None = None
        own, *_ = self._sessions
        self._subscriber = Subscriber(mqtt_url, own, password, self._receive, self._subscribed, clock)
        self._batcher = Batcher(
            publish=self._publish,
            durable=self._subscriber.acknowledge,
            clock=clock,
            new_id=lambda: str(new_uuid()),
            max_readings=largest_batch(max_payload),
            max_refused_bytes=self._keep_bytes,
        )

    async def run(self) -> None:
        listening = asyncio.create_task(self._subscriber.run())
        try:
            await asyncio.shield(listening)
        finally:
            # The connection stays up while what is in hand becomes durable and is acknowledged.
            self._subscriber.pause()
            if not await self._batcher.drain(DRAIN_SECONDS):
                _LOG.warning("stopped before all was durable; the broker will deliver it again")
            self._batcher.close()
            if self._marking is not None:
                self._marking.cancel()
            await end([listening])

    def _receive(self, delivery: Delivery) -> None:
        """Everything that can be wrong with a message ends in quarantine; this does not raise."""
        known = usual(delivery.topic, delivery.payload, delivery.received_at)
        if known is not None:
            self._usual_taken += 1
            self._batcher.add_one(*known, delivery)
            return
        now = delivery.received_at
        outcome = interpret_fully(delivery.topic, delivery.payload, now, self._zone, delivery.is_retained)
        if isinstance(outcome, Accepted):
            delivery.weight = len(outcome.points)
            if outcome.points:
                self._taken[_MESSAGES] += 1
                self._taken[outcome.codec] += delivery.weight
            else:  # a device's word about itself: acknowledged, counted, not kept
                metrics.WITHOUT_READING.inc()
            self._batcher.add(outcome.coop, outcome.points, delivery)
            return
        delivery.weight = 1 + len(delivery.payload) // _BYTES_A_READING
        metrics.MESSAGES.labels(outcome.reason.value).inc()
        kept = delivery.payload[: self._keep_bytes]
        id = retained_id(outcome.topic, kept) if delivery.is_retained else new_id("rej")
        self._batcher.reject(rejection(outcome, delivery.payload, now, id, self._keep_bytes), delivery)

    async def _publish(self, event: Event, event_id: str) -> None:
        self._tell_metrics()
        await publish(self._jetstream, event, event_id, self._clock)

    def _tell_metrics(self) -> None:
        if self._usual_taken:  # each with one reading
            self._taken[_MESSAGES] += self._usual_taken
            self._taken[USUAL_CODEC] += self._usual_taken
            self._usual_taken = 0
        metrics.ACCEPTED.inc(self._taken.pop(_MESSAGES, 0))
        for codec, readings in self._taken.items():
            self._decoded[codec].inc(readings)
        self._taken.clear()

    def _subscribed(self, had_session: bool) -> None:
        if self._marking is not None:
            self._marking.cancel()
        self._marking = asyncio.get_running_loop().create_task(self._mark(had_session))

    async def _mark(self, had_session: bool) -> None:
        """Tell, until heard, that devices may now be let in: nothing they publish can be lost any more."""
        while True:
            try:
                own, *_ = self._sessions
                if not had_session and await session_flag.exists(self._jetstream, own):
                    had_session = True  # said once
                    _LOG.error("the broker has lost intake's session: messages it kept for us are gone")
                for session in self._sessions:
                    await session_flag.mark(self._jetstream, session, self._clock)
                return
            except Exception as error:
                _LOG.warning("session not marked yet", extra={"error": type(error).__name__})
                await asyncio.sleep(1.0)
