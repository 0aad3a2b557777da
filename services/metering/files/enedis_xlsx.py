"""Enedis' customer space as a spreadsheet: days in kWh, or the load curve."""

from typing import BinaryIO

from contracts.codes import FileFormat, FileReason
from services.metering.files import enedis_table
from services.metering.files.head import Head
from services.metering.files.opening import ZIP
from services.metering.files.points import Parsed
from services.metering.files.spreadsheet import sheets
from services.metering.files.times import Clock
from services.metering.files.values import BadLine, Found, Options, Unreadable

_PARTS = (b"[Content_Types].xml", b"xl/", b"_rels/", b"docProps/")
"""Names of the files inside a workbook."""


def recognise(head: Head) -> Found | None:
    """A zip that begins with a workbook's parts. Unreadable for any other zip, and for one that is
    compressed once more: whoever jumps within it decompresses it from its beginning each time."""
    if not head.raw.startswith(ZIP):
        return None
    if head.is_compressed:
        raise Unreadable(FileReason.ARCHIVE)
    if not any(part in head.raw for part in _PARTS):
        raise _other(head.raw)
    return Found(FileFormat.ENEDIS_XLSX, zone=enedis_table.ZONE, rests_upon=("[Content_Types].xml",))


def _other(raw: bytes) -> Unreadable:
    """What a zip without a workbook's parts is: another office's document, damaged, or an archive."""
    if raw[30:].startswith(b"mimetypeapplication/vnd.oasis.opendocument"):
        return Unreadable(FileReason.UNKNOWN_FORMAT, "OpenDocument")
    name = raw[30 : 30 + int.from_bytes(raw[26:28], "little")]
    if not name or b"\0" in name or any(byte < 32 for byte in name):
        return Unreadable(FileReason.BROKEN_FILE, "ZIP")
    return Unreadable(FileReason.ARCHIVE)


def points(source: BinaryIO, found: Found, options: Options) -> Parsed:
    """The points of the first sheet that has any of its delivery point. Unreadable when none has."""
    told: set[str] = set()
    for rows in sheets(source):
        clock = Clock(options.zone or found.zone, stamp=options.stamp or "end")
        bad: list[BadLine] = []
        here: set[str] = set()
        for one in _told_by(enedis_table.points(rows, clock, options), is_first=not told):
            if isinstance(one, BadLine):
                bad.append(one)
            elif not here and told and (not one.delivery or {one.delivery, ""} & told):
                bad.clear()  # the same once more: in days beside a curve, for instance
                break
            else:
                here.add(one.delivery)
                yield one
        if bad and (here or not told):
            told.add("")
            yield from bad
        told |= here
    if not told:
        raise Unreadable(FileReason.UNKNOWN_FORMAT, "XLSX")


def _told_by(points: Parsed, *, is_first: bool) -> Parsed:
    """A sheet's points; what cannot be read of a further sheet does not spoil the first."""
    try:
        yield from points
    except Unreadable:
        if is_first:
            raise
