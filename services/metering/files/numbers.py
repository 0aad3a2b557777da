"""Numbers as files write them, to whole millionths, without a float."""

import re

from contracts.codes import FileReason
from services.metering.files.points import MICRO, Refused

NO_VALUE = frozenset(("", "na", "n/a", "nan", "null", "none", "nil", "?", "-", "--", "nd"))
LARGEST = 4 * 10**18
"""In millionths; what a signed 64-bit integer holds, and far beyond any meter."""

_PLAIN = re.compile(r"([+-]?)(\d{1,18})(?:\.(\d{1,30}))?(?:[eE]([+-]?\d{1,2}))?", re.ASCII)
_SPACES = str.maketrans("", "", " \u00a0\u2009\u202f'’")
_GROUPS = re.compile(r"[+-]?\d{1,3}(,\d{3})+")


def micro(cell: str, scale: int = 1, comma: bool = True) -> int:
    """`cell` times `scale` in millionths, rounded to the nearest.

    A lone comma is the decimal mark; where commas part the columns (`comma` false) one before three digits
    could be either and is refused. Refused: no value, not a number, out of range.
    """
    if len(cell) < 13 and cell.isdecimal() and cell.isascii():
        return int(cell) * scale * MICRO
    text = cell.strip()
    if text.lower() in NO_VALUE:
        raise Refused(FileReason.NO_VALUE, cell)
    match = _PLAIN.fullmatch(_with_point(text.translate(_SPACES), cell, comma))
    if match is None:
        raise Refused(FileReason.NOT_A_NUMBER, cell)
    sign, whole, part, exponent = match.groups(default="")
    power = int(exponent or 0) - len(part) + 6
    value: int = int(whole + part) * scale * 10 ** max(power, 0)
    if power < 0:
        value = (2 * value + 10**-power) // (2 * 10**-power)
    if value > LARGEST:
        raise Refused(FileReason.OUT_OF_RANGE, cell)
    return -value if sign == "-" else value


def _with_point(text: str, cell: str, comma: bool) -> str:
    if "," not in text:
        return text
    if "." in text:
        if text.rindex(",") > text.rindex("."):
            return text.replace(".", "").replace(",", ".", 1)
        return text.replace(",", "")
    if text.count(",") > 1 or (not comma and _GROUPS.fullmatch(text)):
        raise Refused(FileReason.NOT_A_NUMBER, cell)
    return text.replace(",", ".")
