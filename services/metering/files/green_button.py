"""Green Button (ESPI): an Atom feed of interval blocks, each bound by links to what its readings measure.

Links may be absent and namespaces misspelt: names are compared without namespace and case. Times are seconds
since 1970 and the start of the interval.
"""

import re
from dataclasses import dataclass, field
from typing import BinaryIO

from contracts.codes import FileFormat, FileReason, Quantity
from services.metering.files.deliveries import delivery
from services.metering.files.head import Head
from services.metering.files.numbers import micro
from services.metering.files.points import Mode, Parsed, Point, Refused, quoted
from services.metering.files.spreadsheet import elements, local
from services.metering.files.times import EARLIEST, LATEST
from services.metering.files.values import Found, Options, Unreadable

_UNITS = {"72": (Mode.AMOUNT, 1), "38": (Mode.POWER, 1), "42": (Mode.AMOUNT, 1_000), "134": (Mode.AMOUNT, 1)}
"""Codes of IEC 61968-9: Wh, W, m³, litre."""
_VOLUMES = ("42", "134")
_CUMULATIVE = ("1", "3", "9")
"""accumulationBehaviour bulk, cumulative and summation: registers, not amounts."""
_REVERSE = "19"
_ESTIMATED = ("8", "9", "12")
"""QualityOfReading: estimated from a reference day, by interpolation, and projected."""
_POINT = re.compile(r"/UsagePoint/([^/?#]+)", re.IGNORECASE)
_MOST_LINKS, _MOST_BLOCKS = 64, 100_000
"""Links of one entry; blocks of one file, of which a year has 365."""
_FIRST, _LAST = ((year - 1970) * 31_556_952 for year in (EARLIEST, LATEST))


@dataclass(slots=True)
class _Type:
    """A ReadingType's own words."""

    said: dict[str, str] = field(default_factory=dict)

    def measured(self) -> tuple[Quantity, Mode, int, int]:
        """Quantity, mode, scale and power of ten. Refused when it is not consumption."""
        uom, power = self.said.get("uom", ""), self.said.get("poweroftenmultiplier", "0") or "0"
        if uom not in _UNITS:
            raise Refused(FileReason.WRONG_UNIT, f"uom {uom}")
        if self.said.get("accumulationbehaviour") in _CUMULATIVE:
            raise Refused(FileReason.NOT_CONSUMPTION, "accumulationBehaviour")
        if power.lstrip("-") not in tuple("0123456789"):
            raise Refused(FileReason.WRONG_UNIT, f"powerOfTenMultiplier {power}")
        mode, scale = _UNITS[uom]
        is_reverse = self.said.get("flowdirection") == _REVERSE
        quantity = Quantity.ENERGY_EXPORT if is_reverse else Quantity.ENERGY_IMPORT
        return Quantity.VOLUME if uom in _VOLUMES else quantity, mode, scale, int(power)


def recognise(head: Head) -> Found | None:
    """An XML file that speaks of ESPI, or of interval readings."""
    text = head.text.lower()
    if not text.lstrip("\ufeff \r\n\t").startswith("<"):
        return None
    word = next((one for one in ("naesb.org/espi", "intervalblock", "intervalreading") if one in text), None)
    if word is None:
        return None
    return Found(FileFormat.GREEN_BUTTON, stamp="start", rests_upon=(word,))


def points(source: BinaryIO, found: Found, options: Options) -> Parsed:
    """The points block by block; the line is the how-manieth reading of the file."""
    blocks = _types_of_blocks(source)
    source.seek(0)
    number = block = 0
    said: dict[str, str] = {}
    for element in elements(source):
        name = local(element).lower()
        if name == "intervalblock":
            block += 1
        elif name == "intervalreading":
            number += 1
            kind, named = blocks[block] if block < len(blocks) else (None, "")
            try:
                yield _point(number, said, kind, options)._replace(delivery=named)
            except Refused as error:
                yield error.at(number)
            said = {}
        elif name in ("interval", "entry"):
            said = {}
        elif name in ("start", "duration", "value"):
            said[name] = (element.text or "").strip()
        elif name in ("quality", "qualityofreading") and (element.text or "").strip() in _ESTIMATED:
            said["estimated"] = name  # of several marks one is enough


def _point(number: int, said: dict[str, str], kind: _Type | None, options: Options) -> Point:
    if kind is None:
        raise Refused(FileReason.WRONG_UNIT, "ReadingType")
    quantity, mode, scale, power = kind.measured()
    start = _whole(said.get("start", ""), FileReason.WRONG_TIME)
    if not _FIRST <= start <= _LAST:
        raise Refused(FileReason.WRONG_TIME, start)
    step_s = _whole(said.get("duration") or kind.said.get("intervallength") or "0", FileReason.IRREGULAR_STEP)
    value = said.get("value", "")
    if not value:
        raise Refused(FileReason.NO_VALUE, said.get("start", ""))
    amount = micro(f"{value}e{power}" if "e" not in value.lower() else value, scale)
    return Point(
        number, start, amount, options.quantity or quantity, mode, "start", step_s, 0, "estimated" in said
    )


def _whole(text: str, reason: FileReason) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 12):
        raise Refused(reason, text)
    return int(text)


def _types_of_blocks(source: BinaryIO) -> list[tuple[_Type | None, str]]:
    """The ReadingType of each block, by its links, else the only one, else the one before it; and the usage
    point that the links name."""
    types: dict[str, _Type] = {}
    meters: dict[str, str] = {}
    blocks: list[tuple[str, _Type | None, str]] = []
    here: list[int] = []
    links: list[tuple[str, str]] = []
    latest: _Type | None = None
    said: dict[str, str] = {}
    count = 0
    holds = ""
    for element in elements(source):
        name = local(element).lower()
        if name == "readingtype":
            latest = _Type(said)
            said, holds, count = {}, "type", count + 1
            if not links:
                types.setdefault(f"#{count}", latest)
        elif name == "meterreading":
            holds = "meter"
        elif name == "intervalblock":
            here.append(len(blocks))
            blocks.append(("", latest, ""))
        elif name == "link" and len(links) < _MOST_LINKS:
            links.append((element.get("rel", ""), element.get("href", "").rstrip("/")))
        elif name == "entry":
            self_link = next((href for rel, href in links if rel == "self"), "")
            if holds == "type" and latest is not None and self_link:
                types[self_link] = latest
            elif holds == "meter":
                meters.update(
                    (self_link, href) for rel, href in links if "ReadingType" in href and rel != "self"
                )
            above = next((href for rel, href in links if rel == "up"), self_link).rpartition(
                "/IntervalBlock"
            )[0]
            named = next((match[1] for _, href in links if (match := _POINT.search(href))), "")
            for at in here:
                blocks[at] = (above, blocks[at][1], delivery(named))
            here, links, holds = [], [], ""
        elif name in (
            "uom",
            "poweroftenmultiplier",
            "flowdirection",
            "accumulationbehaviour",
            "intervallength",
        ):
            said[name] = (element.text or "").strip()
        elif name == "intervalreading":
            said = {}
        if len(types) + len(meters) + len(blocks) > _MOST_BLOCKS:
            raise Unreadable(FileReason.TOO_LARGE, quoted("IntervalBlock"))
    distinct = list({id(kind): kind for kind in types.values()}.values())
    only = distinct[0] if len(distinct) == 1 else None
    return [(types.get(meters.get(above, "")) or only or before, named) for above, before, named in blocks]
