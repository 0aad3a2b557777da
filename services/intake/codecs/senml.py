"""Codec `senml`: JSON packs of RFC 8428 with absolute times. A pack is taken whole or refused whole."""

import re
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Any

from contracts.codes import Reason
from services.intake.codecs.base import (
    AHEAD,
    Decoded,
    Refused,
    Value,
    add,
    load_json,
    number,
    refuse_must_understand,
    refusing,
    shown,
    to_milli,
)
from services.intake.codecs.quantities import Register, check_sign, find, ratio

VERSION = 10
"""Highest `bver` understood (RFC 8428, 4.4)."""
RELATIVE_BELOW = 2**28
"""Times below are relative to now (RFC 8428, 4.5.3): useless once a message may wait in a queue."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR_2000 = 946_684_800
_AHEAD_SECONDS = AHEAD.total_seconds()
_USUAL_NAME = 200
"""Characters; longer ones are not worth remembering."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-:./_]*", re.ASCII)
_BASE_FIELDS = frozenset({"bn", "bt", "bu", "bv", "bs", "bver"})
_OTHER_VALUES = ("vs", "vb", "vd")


@refusing
def decode(topic_tail: str, payload: bytes, received_at: datetime) -> Decoded:
    """The pack's readings. The channel is the topic tail's first segment, else the part of the resolved
    name before its last `/` or `:`."""
    pack = load_json(payload)
    if type(pack) is not list:
        raise Refused(Reason.WRONG_SHAPE, "a SenML pack is a JSON array of records")
    if not pack:
        raise Refused(Reason.EMPTY, "the pack has no record")
    tail_channel = topic_tail.split("/", 1)[0] or None
    latest = received_at.timestamp() + _AHEAD_SECONDS
    base = _Base()
    values: Decoded = []
    seen: set[tuple[str | None, str, datetime]] = set()
    for position, record in enumerate(pack, start=1):
        where = f"record {position}"
        if type(record) is not dict:
            raise Refused(Reason.WRONG_SHAPE, f"{where} is not an object")
        refuse_must_understand(record, where)
        base.take(record, where)
        if not record.keys() - _BASE_FIELDS:
            continue  # sets bases for what follows, and says nothing itself
        prefix, register = _name(base.name, record.get("n", ""), where)
        amount = _value(base.value, record, where)
        instant = _instant(base.time, record.get("t"), latest, where)
        named = register.named
        unit = record.get("u", base.unit)
        if unit is not None and type(unit) is not str:
            raise Refused(Reason.WRONG_UNIT, f"{where}: u is not text")
        milli = to_milli(amount, ratio(named, unit, where), where)
        check_sign(named, milli, where)
        channel = tail_channel or prefix
        key = (channel, register.register, instant)
        if key in seen:
            raise Refused(Reason.WRONG_SHAPE, f"{where} repeats a name at the same time")
        seen.add(key)
        values.append(
            Value(channel, register.register, instant, named.quantity, register.kind, 0, milli, named.unit)
        )
    if not values:
        raise Refused(Reason.EMPTY, "the pack has no value")
    return values


class _Base:
    """The base fields in force: each holds until a later record says otherwise (RFC 8428, 4.1)."""

    def __init__(self) -> None:
        self.name = ""
        self.time: int | Decimal | None = None
        self.unit: str | None = None
        self.value: int | Decimal | None = None

    def take(self, record: dict[str, Any], where: str) -> None:
        if "bn" in record:
            self.name = _text(record["bn"], f"{where}: bn")
        if "bt" in record:
            self.time = number(record["bt"], f"{where}: bt")
        if "bu" in record:
            self.unit = _text(record["bu"], f"{where}: bu")
        if "bv" in record:
            self.value = number(record["bv"], f"{where}: bv")
        if "bs" in record:
            number(record["bs"], f"{where}: bs")  # a sum is checked, but no quantity here needs one
        if "bver" in record:
            version = record["bver"]
            if type(version) is not int or not 0 < version <= VERSION:
                raise Refused(Reason.WRONG_SHAPE, f"{where}: bver is not {VERSION}, the version understood")


def _text(value: Any, where: str) -> str:
    if type(value) is not str:
        raise Refused(Reason.WRONG_SHAPE, f"{where} is not text")
    return value


def _name(base: str, own: Any, where: str) -> tuple[str | None, Register]:
    """The device's part of the resolved name, if it has one, and the register."""
    if type(own) is str and (known := _known_name(base + own)):
        return known
    name = base + _text(own, f"{where}: n")
    if not _NAME.fullmatch(name):
        detail = (
            f"the name {shown(name)} has other characters than SenML's" if name else "there is no name (n)"
        )
        raise Refused(Reason.WRONG_SHAPE, f"{where}: {detail}")
    cut = max(name.rfind("/"), name.rfind(":"))
    return name[:cut] if cut > 0 else None, find(name[cut + 1 :], where)


@lru_cache(maxsize=4_096)
def _known_name(name: str) -> tuple[str | None, Register] | None:
    """Devices say the same few names for ever; None for one that is long, or wrong in some way."""
    if len(name) > _USUAL_NAME or not _NAME.fullmatch(name):
        return None
    cut = max(name.rfind("/"), name.rfind(":"))
    try:
        return name[:cut] if cut > 0 else None, find(name[cut + 1 :], "")
    except Refused:
        return None


def _value(base: int | Decimal | None, record: dict[str, Any], where: str) -> int | Decimal:
    """v + bv, where either missing counts as zero but not both (RFC 8428, 4.1)."""
    if "s" in record:
        number(record["s"], f"{where}: s")
    if not record.keys().isdisjoint(_OTHER_VALUES):
        others = [name for name in _OTHER_VALUES if name in record]
        raise Refused(
            Reason.NOT_A_NUMBER, f"{where} has its value in {others[0]}; a reading is a number in v"
        )
    own = record.get("v")
    if own is None and "v" not in record:
        if base is None:
            raise Refused(Reason.WRONG_SHAPE, f"{where} has no value (v)")
        return base
    own = number(own, f"{where}: v")
    return own if base is None else add(own, base, where)


def _instant(base: int | Decimal | None, own: Any, latest: float, where: str) -> datetime:
    """t + bt as an instant, to the microsecond."""
    if own is None and base is None:
        raise Refused(Reason.NO_TIME, f"{where} has no time; give bt or t in seconds since 1970")
    seconds: int | Decimal = 0 if own is None else number(own, f"{where}: t")
    if base is not None:
        seconds = add(seconds, base, f"{where}: the time")
    if seconds < RELATIVE_BELOW:
        raise Refused(Reason.RELATIVE_TIME, f"{where} has a relative time; only absolute times are taken")
    if seconds < _YEAR_2000:
        raise Refused(Reason.TOO_OLD, f"{where}: the time is before 2000-01-01; check the device's clock")
    if seconds > latest:
        words = "looks like milliseconds" if seconds > 10**11 else "is more than 70 minutes ahead"
        raise Refused(Reason.IN_FUTURE, f"{where}: the time {words}; check the device's clock")
    if type(seconds) is int:
        return datetime.fromtimestamp(seconds, UTC)
    microseconds = int((Decimal(seconds) * 1_000_000).to_integral_value(ROUND_HALF_EVEN))
    return _EPOCH + timedelta(microseconds=microseconds)
