"""Codec `esphome`: ESPHome's teleinfo sensors, one number a topic: `sensor/papp/state`."""

from datetime import UTC, datetime

from contracts.codes import Kind, Reason
from services.intake.codecs import tic
from services.intake.codecs.base import MAX_PAYLOAD_BYTES, Decoded, Refused, refusing, shown

_COMPONENTS = frozenset(
    ("binary_sensor", "button", "climate", "cover", "event", "fan", "light", "lock", "number", "select")
) | frozenset(("switch", "text", "text_sensor", "update", "valve"))
"""Components whose states are no numbers of a meter."""
_BY_ID = {name.lower(): label for name, label in tic.LABELS.items()}
_PREFIXES = frozenset(["linky", "teleinfo", "tic", "compteur", "meter", "index", "energy", "edf", "enedis"])
"""What people put before the label in a sensor's name; anything else makes it another sensor."""


@refusing
def decode(topic_tail: str, payload: bytes, received_at: datetime) -> Decoded:
    """The sensor's reading, at its arrival; nothing for other sensors and for what has no state yet."""
    parts = topic_tail.split("/")
    if parts[-1] in ("status", "debug") or (len(parts) > 2 and parts[-3] in _COMPONENTS):
        return []
    if len(parts) < 3 or parts[-3] != "sensor":
        raise Refused(Reason.UNKNOWN_TOPIC, "a sensor's topic ends with sensor/<object id>/state")
    label = _label(parts[-2])
    if label is None or parts[-1] != "state":
        return []
    where = shown(parts[-2])
    found = tic.amount(_text(payload), where)
    if found is None:
        return []
    channel = "/".join(parts[:-3]) or None
    value = tic.reading(channel, *label, found, received_at.astimezone(UTC), where)
    if value is None:
        return []
    if value.kind is Kind.REGISTER and value.value_milli % 1_000:
        raise Refused(
            Reason.WRONG_UNIT,
            f"{where} has decimals, but a teleinfo index is in whole Wh: remove filters and other units",
        )
    return [value]


def _label(object_id: str) -> tic.Label | None:
    *before, last = object_id.lower().split("_")
    return _BY_ID.get(last) if _PREFIXES.issuperset(before) else None


def _text(payload: bytes) -> str:
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise Refused(Reason.TOO_LARGE, f"{len(payload)} bytes; the limit is {MAX_PAYLOAD_BYTES}")
    try:
        return payload.decode()
    except UnicodeDecodeError as error:
        raise Refused(Reason.NOT_UTF8, f"byte {error.start} is not UTF-8") from None
