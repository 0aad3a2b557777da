"""A P1 telegram taken apart: whole and unharmed, or refused. Nothing is read from a half of one."""

import re

from contracts.codes import Reason
from services.intake.codecs.base import Refused, shown
from services.intake.codecs.crc16 import crc16

LONGEST = 16_384
"""Bytes. A telegram of a three-phase meter with four others behind it has about 2,000."""

Objects = dict[str, tuple[str, ...]]
"""By OBIS reduced id, such as `1-0:1.8.1`: the values between the parentheses, in order."""

_END = re.compile(rb"(?:\r\n|\n)!([0-9A-Fa-f]{4})?[\r\n\x00 ]*")
_LINE = re.compile(
    r"(\d{1,3}-\d{1,3}:\d{1,3}\.\d{1,3}\.\d{1,3})(?:[*.]\d{1,3})?((?:\([^()\r\n]*\))*)", re.ASCII
)
_BETWEEN = re.compile(r"\(([^()]*)\)")
_TIME, _VERSION, _VERSION_BELGIUM = "0-0:1.0.0", "1-3:0.2.8", "0-0:96.1.4"
_SAYS_OFTEN = re.compile(r"0-\d+:96\.|1-0:99\.97\.", re.ASCII)
"""Messages and logs, which may come several times."""


def take_apart(payload: bytes) -> Objects:
    """The telegram's objects. Raises `Refused` for what is cut, glued together or damaged.

    The check sum may be missing in the old versions that have none (DSMR 2.2 and 3): then every line must
    be well-formed.
    """
    body, has_sum = _whole(payload.lstrip(b"\r\n\x00 "))
    try:
        text = body.decode("ascii")
    except UnicodeDecodeError as error:
        raise Refused(Reason.NOT_UTF8, f"byte {error.start} of the telegram is not ASCII") from None
    objects: Objects = {}
    for line in _lines(text):
        match = _LINE.fullmatch(line)
        if match is None:
            if has_sum:
                continue  # it is what the meter says, in words of its maker
            raise Refused(Reason.WRONG_SHAPE, f"the line {shown(line)} is damaged, and there is no check sum")
        name, values = match[1], tuple(_BETWEEN.findall(match[2]))
        if objects.setdefault(name, values) != values and not _SAYS_OFTEN.match(name):
            raise Refused(Reason.WRONG_SHAPE, f"{name} is there twice; send each telegram by itself")
    if not has_sum and not objects.keys().isdisjoint({_TIME, _VERSION, _VERSION_BELGIUM}):
        raise Refused(Reason.CHECKSUM, "the check sum after ! is missing, and this version has one")
    return objects


def _whole(payload: bytes) -> tuple[bytes, bool]:
    """From `/` to before `!`, and whether its check sum is right."""
    if not payload:
        raise Refused(Reason.EMPTY, "the message is empty")
    if len(payload) > LONGEST:
        raise Refused(Reason.TOO_LARGE, f"{len(payload)} bytes; a telegram has at most {LONGEST}")
    if payload[:1] != b"/":
        raise Refused(
            Reason.WRONG_SHAPE,
            "no telegram begins here (/): it may be split; send it whole, in one message",
        )
    end = _END.search(payload)
    if end is None:
        raise Refused(
            Reason.WRONG_SHAPE,
            "the telegram's end (! and check sum) is missing: send it whole, in one message",
        )
    if end.end() != len(payload):
        raise Refused(Reason.WRONG_SHAPE, "something follows the telegram's end: send each by itself")
    body = payload[: end.start()]
    if end[1] is None:
        return body, False
    summed = payload[: end.start(1)]
    told = int(end[1], 16)
    # Bridges like to drop the carriage returns; with them back, the sum proves that nothing else is amiss.
    if crc16(summed) != told and (b"\r" in summed or crc16(summed.replace(b"\n", b"\r\n")) != told):
        raise Refused(Reason.CHECKSUM, "the check sum does not fit: damaged on its way from the meter")
    return body, True


def _lines(text: str) -> list[str]:
    """The lines after the meter's identification; a line that begins with ( belongs to the one before it."""
    lines: list[str] = []
    for line in text.replace("\r", "").split("\n")[1:]:
        if line.startswith("(") and lines:
            lines[-1] += line
        elif line.strip():
            lines.append(line)
    return lines
