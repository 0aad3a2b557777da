"""Delivery points (PRM, PCE, usage points) as files name them: told apart, shortened, never shown whole."""

import re
from collections.abc import Iterable
from decimal import Decimal

from services.metering.files.head import plain

SHOWN = 4
"""Signs of a number that may be shown."""
_OFFICIAL = re.compile(r"\d{14}|GI\d{6}")
"""A French delivery point of electricity or gas: its number is the same in every file."""
_IN_NAME = re.compile(r"(?<!\d)\d{14}(?!\d)|GI\d{6}(?!\d)")
_BY_A_SPREADSHEET = re.compile(r"\d{1,20}\.0+|\d\.\d{1,20}[eE]\+?1\d", re.ASCII)
COLUMNS = (
    "identifiant prm", "identifiant pce", "prm", "pdl", "pce", "point de livraison", "point reference mesure",
    "usage_point_id", "usage point", "usage point id", "usagepoint", "meter_id", "meter id", "meter",
    "compteur", "numero compteur", "mpan", "ean", "nmi",
)  # fmt: skip
"""Columns of a table that name the delivery point of each row, or its meter."""


def delivery(cell: object) -> str:
    """A delivery point as it is compared: without spaces and quotation marks; empty where nothing is named,
    and where stars stand for the number."""
    if _BY_A_SPREADSHEET.fullmatch(str(cell).strip()):
        cell = int(Decimal(str(cell).strip()))
    name = "".join(sign for sign in str(cell if cell is not None else "") if sign.isalnum())
    is_hidden = not name or set(name.lower()) <= {"x", "0"}
    return "" if is_hidden else name.upper()[:64]


def is_official(name: str) -> bool:
    """Whether another file would name the same point by the same number: others count within one file."""
    return _OFFICIAL.fullmatch(name) is not None


def in_filename(filename: str | None) -> str:
    """The only number of a delivery point in a file's name; empty where there is none, or several."""
    found = {delivery(name) for name in _IN_NAME.findall((filename or "").upper())} - {""}
    return found.pop() if len(found) == 1 else ""


def names_of(deliveries: Iterable[str]) -> dict[str, str]:
    """What each point is called when it is shown, its last four signs; those that end alike are numbered."""
    known = sorted(deliveries)
    ends = [name[-SHOWN:] for name in known]
    return {
        name: end if ends.count(end) == 1 else f"{end}-{ends[: at + 1].count(end)}"
        for at, (name, end) in enumerate(zip(known, ends, strict=True))
    }


def column_of(names: Iterable[str]) -> int | None:
    """Which column of a header names the delivery point."""
    return next((at for at, name in enumerate(names) if plain(name.strip('"')) in COLUMNS), None)
