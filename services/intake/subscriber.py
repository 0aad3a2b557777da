"""The MQTT side: one persistent session, driven by the event loop, acknowledged by hand."""

import asyncio
import logging
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from contracts.topics import GATEWAYS_FILTER, METERS_FILTER
from services.intake import metrics
from services.intake.delivery import Delivery
from services.intake.sieve import Published
from services.intake.wire import SiftedClient, Wire
from services.kit import clock as clocks

_LOG = logging.getLogger(__name__)

USER = "intake"
KEEPALIVE_SECONDS = 30
RECONNECT_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Waits between connections; the last one repeats for ever."""
MAX_IN_HAND = 50_000
"""Readings held in memory, not yet durable, above which the socket is left unread."""
_FOR_EVER = 0xFFFFFFFF


class Subscriber:
    """Receives `meters/#` and `gateways/#` at QoS 1 for as long as `run` runs.

    paho has no thread here (see `wire`): its callbacks and the acknowledgements all happen on the loop,
    so a packet id can never be acknowledged on another connection than its own. `receive` decides what
    to do with a message and later passes it to `acknowledge`; not doing so is the back-pressure valve.
    """

    def __init__(
        self,
        url: str,
        client_id: str,
        password: str,
        receive: Callable[[Delivery], None],
        subscribed: Callable[[bool], None],
        clock: clocks.Clock = clocks.system,
    ) -> None:
        """`url`: `mqtt[s]://host:port`, MQTT 3.1.1; `?version=5` asks for MQTT 5, and `?pin=FILE` trusts
        exactly the certificates of that PEM file, whatever host they name. `?version=5&share=GROUP&member=N`
        shares the work with the other members of a group, each with a number of its own for ever: its session
        keeps what was given to it. `subscribed` is told whether the broker still had the session."""
        parts = urlsplit(url)
        port = parts.port or (8883 if parts.scheme == "mqtts" else 1883)
        self._address = (parts.hostname or "localhost", port)
        options = parse_qs(parts.query)
        self._is_v5 = options.get("version") == ["5"]
        self._filters = _filters(options.get("share", [""])[0], self._is_v5)
        self._receive = receive
        self._subscribed = subscribed
        self._clock = clock
        self._lost = asyncio.Event()
        self._roomy = asyncio.Event()
        self._roomy.set()
        self._connection = 0
        self._unacked: dict[int, Delivery] = {}
        self._in_hand = 0
        self._is_paused = False
        self._had_session = False
        self._client = self._make(client_id, password)
        if parts.scheme == "mqtts":
            self._client.tls_set_context(_tls(options.get("pin", [None])[0]))
        self._wire = Wire(self._client, self._on_published, self._lost.set)

    async def run(self) -> None:
        """Stay connected until cancelled; then disconnect, leaving the session at the broker."""
        misses = 0
        try:
            while True:
                await self._roomy.wait()
                connected = self._connection
                try:
                    await self._stay_connected()
                except (OSError, ValueError) as error:
                    _LOG.warning("MQTT broker unreachable", extra={"error": type(error).__name__})
                self._forget_connection()
                misses = 0 if self._connection > connected else misses + 1
                await asyncio.sleep(RECONNECT_SECONDS[min(misses, len(RECONNECT_SECONDS) - 1)])
        finally:
            with suppress(Exception):
                self._client.disconnect()
                self._client.loop_write()
            self._forget_connection()

    def pause(self) -> None:
        """Receive nothing more; acknowledgements still go out."""
        self._is_paused = True
        self._wire.hold()

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """These are durable: tell the broker, if the connection they came by is still up."""
        mids = []
        for delivery in deliveries:
            self._in_hand -= delivery.weight
            if self._unacked.get(delivery.mid) is delivery:
                del self._unacked[delivery.mid]
                mids.append(delivery.mid)
            elif delivery.qos:  # the broker will deliver it again, as a duplicate that changes nothing
                metrics.ACKS.labels("too_late").inc()
        self._wire.acknowledge(mids)
        metrics.SENT.inc(len(mids))
        metrics.IN_HAND.set(len(self._unacked))
        self._regulate()

    def _make(self, client_id: str, password: str) -> SiftedClient:
        client = SiftedClient(
            CallbackAPIVersion.VERSION2,
            client_id,
            clean_session=None if self._is_v5 else False,
            protocol=mqtt.MQTTv5 if self._is_v5 else mqtt.MQTTv311,
        )
        client.suppress_exceptions = True
        client.username_pw_set(USER, password)
        client.connect_timeout = 5.0
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        return client

    async def _stay_connected(self) -> None:
        self._lost.clear()
        host, port = self._address
        if self._is_v5:
            session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            session.SessionExpiryInterval = _FOR_EVER
            self._client.connect_async(host, port, KEEPALIVE_SECONDS, clean_start=False, properties=session)
        else:
            self._client.connect_async(host, port, KEEPALIVE_SECONDS)
        # Name look-up, TCP and TLS block, so they happen on a thread; nothing else touches the client then.
        await asyncio.to_thread(self._client.reconnect)
        while not self._lost.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._lost.wait(), 1.0)
            if self._client.loop_misc() != mqtt.MQTT_ERR_SUCCESS:
                return

    def _forget_connection(self) -> None:
        """Packet ids of the lost connection mean nothing any more: the broker delivers again."""
        self._wire.forget()
        self._unacked.clear()
        metrics.CONNECTED.set(0)

    # paho's callbacks

    def _on_connect(self, client: mqtt.Client, _: Any, flags: Any, reason: Any, __: Any) -> None:
        if reason.is_failure:
            _LOG.error("MQTT broker refuses intake", extra={"reason": str(reason)})
            return
        self._connection += 1
        self._had_session = bool(flags.session_present)
        _LOG.info("MQTT connected", extra={"session_present": self._had_session})
        client.subscribe([(topics, 1) for topics in self._filters])

    def _on_subscribe(self, client: mqtt.Client, _: Any, __: int, reasons: list[Any], ___: Any) -> None:
        if any(reason.is_failure for reason in reasons):
            words = [str(reason) for reason in reasons]
            _LOG.error("MQTT broker refuses the subscription", extra={"reasons": words})
            client.disconnect()
            return
        metrics.CONNECTED.set(1)
        self._subscribed(self._had_session)

    def _on_disconnect(self, _: mqtt.Client, __: Any, ___: Any, reason: Any, ____: Any) -> None:
        _LOG.info("MQTT disconnected", extra={"reason": str(reason)})
        self._lost.set()

    def _on_published(self, messages: Sequence[Published]) -> None:
        received_at, unacked = self._clock(), self._unacked
        for mid, qos, is_retained, topic, payload in messages:
            if is_retained:
                metrics.RETAINED.inc()
            delivery = Delivery(mid, qos, topic, payload, received_at, is_retained)
            if qos:
                standing = unacked.get(mid)
                if standing is not None and standing.says_the_same(delivery):
                    metrics.REPEATED.inc()  # the acknowledgement on its way covers it
                    continue
                unacked[mid] = delivery
            try:
                self._receive(delivery)
            except Exception:
                _LOG.exception("a message could not be taken in; the broker keeps it")
                unacked.pop(mid, None)  # so that its redelivery is tried afresh
                continue
            self._in_hand += delivery.weight
        self._regulate()

    def _regulate(self) -> None:
        """Leave the socket unread while too much is in hand."""
        if self._in_hand >= MAX_IN_HAND:
            if self._roomy.is_set():
                _LOG.warning("too much in hand, not reading", extra={"in_hand": self._in_hand})
                self._roomy.clear()
                self._wire.hold()
        elif self._in_hand < MAX_IN_HAND // 2 and not self._roomy.is_set():
            self._roomy.set()
            if not self._is_paused:
                self._wire.release()


def session_name(url: str, client_id: str) -> str:
    """The client id of this member's session: the given one, unless the URL names a member of a group."""
    member = parse_qs(urlsplit(url).query).get("member", [""])[0]
    return f"{client_id}-{member}" if member else client_id


def _filters(group: str, is_v5: bool) -> list[str]:
    """ValueError for a group without MQTT 5: brokers of 3.1.1 grant it and deliver nothing."""
    if not group:
        return [METERS_FILTER, GATEWAYS_FILTER]
    if not is_v5 or not group.isalnum():
        raise ValueError("share=GROUP needs version=5, and letters and digits only")
    return [f"$share/{group}/{topics}" for topics in (METERS_FILTER, GATEWAYS_FILTER)]


def _tls(pinned: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=pinned)
    if pinned:
        context.check_hostname = False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context
