"""Enedis' customer space as a spreadsheet: days in kWh, or the load curve."""

from typing import BinaryIO

from contracts.codes import FileFormat, FileReason
from services.metering.files import enedis_table
from services.metering.files.head import Head
from services.metering.files.opening import ZIP
from services.metering.files.points import Parsed
from services.metering.files.spreadsheet import sheets
from services.metering.files.times import Clock
from services.metering.files.values import Found, Options, Unreadable

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
    """The points of the first sheet that has any. Unreadable when none has."""
    for rows in sheets(source):
        has_any = False
        clock = Clock(options.zone or found.zone, stamp=options.stamp or "end")
        for one in enedis_table.points(rows, clock, options):
            has_any = True
            yield one
        if has_any:
            return
    raise Unreadable(FileReason.UNKNOWN_FORMAT, "XLSX")
