"""Short ways to play a device in a test: what it publishes, and what is made of it."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from contracts.codes import Reason
from services.intake.codecs import CODECS, Refusal, Value
from services.intake.codecs.crc16 import crc16
from services.intake.message import Accepted, interpret

PARIS = ZoneInfo("Europe/Paris")
NOON = datetime(2026, 1, 5, 12, 0, tzinfo=PARIS)
METER, GATEWAY = "mtr_" + "0" * 25 + "1", "gtw_" + "0" * 25 + "2"


def body(said: Any) -> bytes:
    return said if isinstance(said, bytes) else json.dumps(said).encode()


def values(codec: str, tail: str, said: Any, at: datetime = NOON) -> list[Value]:
    outcome = CODECS[codec](tail, body(said), at)
    assert not isinstance(outcome, Refusal), outcome
    return outcome


def refusal(codec: str, tail: str, said: Any, at: datetime = NOON) -> Refusal:
    outcome = CODECS[codec](tail, body(said), at)
    assert isinstance(outcome, Refusal), outcome
    assert outcome.reason != Reason.DECODER_FAULT
    return outcome


def amounts(found: Sequence[Value]) -> dict[str, int]:
    """Thousandths by register."""
    assert len({value.register for value in found}) == len(found), "two values of one register"
    return {value.register: value.value_milli for value in found}


def on_a_meter(tail: str, said: Any, at: datetime = NOON) -> dict[str, int] | Reason:
    """What a meter's topic takes of a message: thousandths by register, or why nothing."""
    outcome = interpret(f"meters/les-lilas/{METER}/{tail}".encode(), body(said), at, PARIS)
    if not isinstance(outcome, Accepted):
        return outcome.reason
    return {reading.register_: reading.value_milli for reading in outcome.readings}


def on_a_gateway(tail: str, said: Any, at: datetime = NOON) -> dict[tuple[str | None, str], int]:
    """What a gateway's topic takes of a message: thousandths by channel and register."""
    outcome = interpret(f"gateways/les-lilas/{GATEWAY}/{tail}".encode(), body(said), at, PARIS)
    assert isinstance(outcome, Accepted), outcome
    return {(reading.channel, reading.register_): reading.value_milli for reading in outcome.readings}


def telegram(*lines: str, time: str | None = "260105115955W", end: str = "\r\n") -> bytes:
    """A P1 telegram with its check sum."""
    stamp = [] if time is None else [f"0-0:1.0.0({time})"]
    whole = end.join(["/ISK5\\2M550T-1012", "", "1-3:0.2.8(50)", *stamp, *lines, "!"]).encode()
    return whole + f"{crc16(whole):04X}{end}".encode()
