"""One MQTT message becomes its readings, or the reason why not: a pure function of topic and bytes."""

import re
from base64 import b64encode
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import NamedTuple

from pydantic import ValidationError

from contracts.codes import Kind, Reason
from contracts.readings import Reading, Rejected
from contracts.topics import DeviceTopic, parse
from services.intake import points, usually
from services.intake.codecs import CODECS, Decoded, Refusal, load_curve
from services.intake.codecs.base import Refused as NotTaken
from services.intake.codecs.base import shown
from services.intake.points import Point
from services.kit.ids import id_of

MAX_CHANNEL = 200
MAX_TOPIC = 1_000
_USUAL_TOPIC = 200
"""Bytes; longer ones are not worth remembering."""

_CURVE = "load-curve"
_ABSOLUTE = frozenset({"senml", _CURVE})
"""Codecs that know no local time, no time of arrival and no second meter: spared these questions."""

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_ANY_COOP = re.compile(r"^(?:meters|gateways)/(?P<coop>[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?)/", re.ASCII)


class Accepted(NamedTuple):
    """The readings of one message, all of one cooperative."""

    coop: str
    codec: str
    points: list[Point]

    @property
    def readings(self) -> list[Reading]:
        """As the contract says them."""
        return list(points.readings(self.points))


class Refused(NamedTuple):
    """A message of which nothing was taken, with what its topic still told."""

    reason: Reason
    detail: str
    topic: str
    coop: str | None
    origin: DeviceTopic | None
    channel: str | None


def interpret(
    topic: bytes, payload: bytes, received_at: datetime, zone: tzinfo = UTC, is_retained: bool = False
) -> Accepted | Refused:
    """Decode one message received at `received_at` (UTC) on `topic`. Never raises.

    `zone`: where devices that say no UTC offset tell their local time. `is_retained`: the broker kept the
    message from earlier, so nothing in it was measured when it came.
    """
    if (known := usual(topic, payload, received_at)) is not None:
        coop, point = known
        return Accepted(coop, point[0].source.codec, [point])
    return interpret_fully(topic, payload, received_at, zone, is_retained)


def interpret_fully(
    topic: bytes, payload: bytes, received_at: datetime, zone: tzinfo = UTC, is_retained: bool = False
) -> Accepted | Refused:
    """The same, with nothing remembered of earlier messages."""
    name, origin = _place(topic) if len(topic) > _USUAL_TOPIC else _known_place(topic)
    if origin is None:
        coop = match["coop"] if (match := _ANY_COOP.match(name)) else None
        words = "the topic is neither meters/{coop}/{meter}/{codec} nor gateways/{coop}/{gateway}/{codec}/…"
        return Refused(Reason.UNKNOWN_TOPIC, words, name, coop, None, None)
    channel = origin.tail.split("/", 1)[0][:MAX_CHANNEL] or None if origin.gateway else None
    try:
        outcome = _decode(origin, payload, received_at, zone, is_retained)
    except Exception as fault:  # the last fence: a message must not be able to stop the flow
        outcome = Refusal(Reason.DECODER_FAULT, f"reading the message failed: {type(fault).__name__}")
    if isinstance(outcome, Refusal):
        return Refused(outcome.reason, outcome.detail[:500], name, origin.coop, origin, channel)
    return Accepted(origin.coop, origin.codec, outcome)


def rejection(refused: Refused, payload: bytes, received_at: datetime, id: str, limit_bytes: int) -> Rejected:
    """The refusal as a message for quarantine, with the payload whole unless it is over `limit_bytes`."""
    detail = refused.detail
    if len(payload) > limit_bytes:
        cut = f"only the first {limit_bytes} of {len(payload)} bytes are kept: "
        payload, detail = payload[:limit_bytes], (cut + detail)[:500]
    origin = refused.origin
    return Rejected(
        coop=refused.coop,
        id=id,
        received_at=received_at,
        topic=refused.topic,
        codec=origin.codec if origin else None,
        meter=origin.meter if origin else None,
        gateway=origin.gateway if origin else None,
        channel=refused.channel,
        reason=refused.reason,
        detail=detail,
        payload_base64=b64encode(payload).decode(),
    )


def retained_id(topic: str, payload: bytes) -> str:
    """The id in quarantine of a message that the broker keeps: it comes again with every connection, and is
    the same message each time."""
    return id_of("rej", b"retained", topic.encode(), payload)


def _place(topic: bytes) -> tuple[str, DeviceTopic | None]:
    """The topic as text that can be stored, and what it names."""
    name = _UNPRINTABLE.sub("\ufffd", topic.decode(errors="replace"))[:MAX_TOPIC]
    return name, parse(name)


_known_place = lru_cache(maxsize=8_192)(_place)  # devices say the same few topics for ever


def _points(topic: bytes, payload: bytes, received_at: datetime) -> tuple[str, list[Point]]:
    outcome = interpret_fully(topic, payload, received_at)
    return (outcome.coop, outcome.points) if isinstance(outcome, Accepted) else ("", [])


usual = usually.reader(_points)
"""Cooperative and point of a message such as most are; None for all others. See `usually`."""
USUAL_CODEC = "senml"
"""The codec of all that `usual` reads."""


def _decode(
    origin: DeviceTopic, payload: bytes, received_at: datetime, zone: tzinfo, is_retained: bool
) -> list[Point] | Refusal:
    codec = CODECS.get(origin.codec)
    if codec is None:
        return Refusal(
            Reason.UNKNOWN_CODEC, f"{shown(origin.codec)} is no codec; known are {', '.join(sorted(CODECS))}"
        )
    if origin.codec == _CURVE and origin.meter is not None:
        return _curve(origin, payload, received_at)
    if origin.codec in _ABSOLUTE:
        decoded = codec(origin.tail, payload, received_at)
        return decoded if isinstance(decoded, Refusal) else _attach(origin, decoded)
    decoded = codec(origin.tail, payload, received_at.astimezone(zone))
    if isinstance(decoded, Refusal):
        return decoded
    values = [value._replace(instant=value.instant.astimezone(UTC)) for value in decoded]
    # Its instant is when it came to us; when it was measured nobody knows.
    if is_retained and any(value.instant == received_at for value in values):
        return Refusal(
            Reason.RETAINED, "kept by the broker from earlier, and without a time of its own: set retain off"
        )
    own = values if origin.gateway else [value for value in values if not value.is_aside]
    # Momentary values, and the index of a clamp that nothing ever flowed through, are nobody's loss.
    if not own and any(value.kind is not Kind.SAMPLE and value.value_milli for value in values):
        return Refusal(
            Reason.WRONG_SHAPE,
            f"this is {shown(values[0].channel or '')} of the device, another meter than the topic's:"
            " register a gateway, and map it there",
        )
    return _attach(origin, own)


def _curve(origin: DeviceTopic, payload: bytes, received_at: datetime) -> list[Point] | Refusal:
    """A meter's load curve without a detour over single values: the same as `_attach` makes of them."""
    try:
        curve = load_curve.read(payload, received_at)
        head = points.head(
            origin.meter, None, None, curve.register, curve.named.quantity, curve.kind, curve.step_s,
            curve.named.unit, origin.codec,
        )  # fmt: skip
    except NotTaken as refused:
        return refused.refusal
    except ValidationError as error:
        return _misfit(error)
    first, step = points.microseconds(curve.start), curve.step_s * 1_000_000
    return [(head, first + position * step, milli) for position, milli in curve.amounts]


def _attach(origin: DeviceTopic, decoded: Decoded) -> list[Point] | Refusal:
    """Say whose the values are: the topic's meter, or the gateway with the device's name behind it."""
    channels = {value.channel for value in decoded}
    if origin.meter is not None:
        if len(channels) > 1:
            return Refusal(Reason.WRONG_SHAPE, "several devices in one meter's message; register a gateway")
    elif None in channels:
        return Refusal(
            Reason.WRONG_SHAPE,
            "a gateway names the device in the topic after the codec, or in the SenML name before / or :",
        )
    elif any(len(channel) > MAX_CHANNEL for channel in channels if channel):
        return Refusal(Reason.WRONG_SHAPE, f"a device's name is longer than {MAX_CHANNEL} characters")
    try:
        return [
            (
                points.head(
                    origin.meter, origin.gateway, value.channel if origin.gateway else None, value.register,
                    value.quantity, value.kind, value.step_s, value.unit, origin.codec,
                ),
                points.microseconds(value.instant),
                value.value_milli,
            )
            for value in decoded
        ]  # fmt: skip
    except ValidationError as error:
        return _misfit(error)


def _misfit(error: ValidationError) -> Refusal:
    where = ".".join(map(str, error.errors(include_url=False, include_input=False)[0]["loc"]))
    return Refusal(Reason.DECODER_FAULT, f"the codec's reading does not fit the contract at {where}")
