"""What every codec gives back, and the checks they share: JSON, numbers, units and instants."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from functools import wraps
from typing import Any, NamedTuple, NoReturn

from contracts.codes import Kind, Quantity, Reason, Unit

MAX_PAYLOAD_BYTES = 1 << 20
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD = timedelta(minutes=70)
"""How far ahead of us a device's clock may be: an hour of wrong zone, and some drift."""
LARGEST_MILLI = 10**15
"""Thousandths of a unit, so 1 TWh or 1 TW: beyond it is a fault, and sums must stay far from 64 bits."""


class Value(NamedTuple):
    """One reading as the device said it, before the topic tells whose it is."""

    channel: str | None
    """The device's own name behind a gateway, where it says one."""
    register: str
    instant: datetime
    quantity: Quantity
    kind: Kind
    step_s: int
    value_milli: int
    unit: Unit
    is_aside: bool = False
    """Of another meter behind the same device (gas behind an electricity meter, a second clamp): a gateway's
    message has it, a single meter's leaves it out."""


class Refusal(NamedTuple):
    """Why nothing of a message was taken: a closed code, and words for a person to act on."""

    reason: Reason
    detail: str


Decoded = list[Value]
Decode = Callable[[str, bytes, datetime], Decoded | Refusal]
"""`decode(topic_tail, payload, received_at)`; never raises.

`received_at` is in the zone in which devices tell local time; a value that says no time of its own gets
exactly this instant. No values at all: the message was understood, and holds nothing to store.
"""


class Refused(Exception):
    """Leaves a codec from any depth; `refusing` makes a `Refusal` of it."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.refusal = Refusal(reason, detail)


def refusing(decode: Callable[[str, bytes, datetime], Decoded]) -> Decode:
    """Make `decode` total: a refusal is a value, and a bug is the refusal `decoder_fault`."""

    @wraps(decode)
    def total(topic_tail: str, payload: bytes, received_at: datetime) -> Decoded | Refusal:
        try:
            return decode(topic_tail, payload, received_at)
        except Refused as refused:
            return refused.refusal
        except Exception as fault:  # a device must never be able to stop the flow of its neighbours
            return Refusal(Reason.DECODER_FAULT, f"the decoder failed: {type(fault).__name__}")

    return total


def load_json(payload: bytes) -> Any:
    """The JSON value, floats as exact Decimals. Raises `Refused`."""
    if not payload:
        raise Refused(Reason.EMPTY, "the message is empty")
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise Refused(Reason.TOO_LARGE, f"{len(payload)} bytes; the limit is {MAX_PAYLOAD_BYTES}")
    try:
        text = payload.decode()
    except UnicodeDecodeError as error:
        raise Refused(Reason.NOT_UTF8, f"byte {error.start} is not UTF-8") from None
    if not text.strip():
        raise Refused(Reason.EMPTY, "the message is blank")
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise Refused(Reason.NOT_JSON, f"line {error.lineno} column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise Refused(Reason.WRONG_SHAPE, "nested too deeply") from None
    except (ArithmeticError, ValueError):
        raise Refused(Reason.OUT_OF_RANGE, "a number has too many digits") from None


def number(value: Any, where: str) -> int | Decimal:
    """`value`, when JSON wrote it as a number. Raises `Refused` with `where` in its words."""
    kind = type(value)  # `isinstance` would take true for 1
    if kind is int or kind is Decimal:
        return value  # type: ignore[no-any-return]
    said = {str: "text", bool: "true or false", type(None): "null"}.get(kind, "a list or an object")
    raise Refused(Reason.NOT_A_NUMBER, f"{where} is {said}, not a number")


def add(value: int | Decimal, base: int | Decimal, where: str) -> int | Decimal:
    """The exact sum. Raises `Refused` when a hundred digits cannot hold it."""
    if type(value) is int and type(base) is int:
        return value + base
    try:
        return _EXACT.add(value, base)
    except ArithmeticError:
        raise Refused(Reason.OUT_OF_RANGE, f"{where} is out of range") from None


def to_milli(value: int | Decimal, ratio: tuple[int, int], where: str) -> int:
    """`value` × ratio as a whole number of thousandths, halves to even. Raises `Refused`.

    `ratio` is what one of the device's unit is, in thousandths of ours: kWh → Wh is (1_000_000, 1).
    """
    factor, divisor = ratio
    if type(value) is int and divisor == 1:
        milli = value * factor
    else:
        try:
            scaled = _EXACT.multiply(value, factor)
            if divisor != 1:
                scaled = _DIVIDING.divide(scaled, divisor)
            too_large = scaled.adjusted() > 18  # before `int`, which would write all zeros of 1e999999 out
            milli = LARGEST_MILLI + 1 if too_large else int(scaled.to_integral_value(ROUND_HALF_EVEN))
        except ArithmeticError:
            raise Refused(Reason.OUT_OF_RANGE, f"{where} is out of range") from None
    if not -LARGEST_MILLI <= milli <= LARGEST_MILLI:
        raise Refused(Reason.OUT_OF_RANGE, f"{where} is out of range")
    return milli


def check_instant(instant: datetime, received_at: datetime, where: str) -> None:
    """Raises `Refused` for an instant before 2000 or more than 70 minutes ahead."""
    if instant < EARLIEST:
        raise Refused(Reason.TOO_OLD, f"{where}: the time is before 2000-01-01; check the device's clock")
    if instant > received_at.astimezone(UTC) + AHEAD:  # local times do not add up
        raise Refused(
            Reason.IN_FUTURE, f"{where}: the time is more than 70 minutes ahead; check the device's clock"
        )


def refuse_must_understand(fields: dict[str, Any], where: str) -> None:
    """A field whose name ends with `_` must be understood, and none is (RFC 8428, 4.4)."""
    for name in fields:
        if name[-1:] == "_":
            raise Refused(
                Reason.UNKNOWN_FIELD, f"{where} has the field {shown(name)}, which must be understood"
            )


def shown(text: str) -> str:
    """A name from outside, safe to store and print: at most 40 characters, plain ASCII."""
    return json.dumps(text if len(text) <= 40 else text[:39] + "…")


def _constant(name: str) -> NoReturn:
    raise Refused(Reason.NOT_A_NUMBER, f"{name} is not a number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Refused(Reason.WRONG_SHAPE, "an object has the same field twice")
    return fields


_TRAPS = [InvalidOperation, Overflow, DivisionByZero]
_EXACT = Context(prec=100, rounding=ROUND_HALF_EVEN, traps=[*_TRAPS, Inexact])
_DIVIDING = Context(prec=230, rounding=ROUND_HALF_EVEN, traps=_TRAPS)
_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_constant, object_pairs_hook=_object)
