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


def recognise(head: Head) -> Found | None:
    """A zip that begins with a workbook's parts. Unreadable for any other zip, and for one that is
    compressed once more: whoever jumps within it decompresses it from its beginning each time."""
    if not head.raw.startswith(ZIP):
        return None
    if head.is_compressed:
        raise Unreadable(FileReason.ARCHIVE)
    if b"[Content_Types].xml" not in head.raw and b"xl/" not in head.raw and b"_rels/" not in head.raw:
        raise Unreadable(FileReason.ARCHIVE)
    return Found(FileFormat.ENEDIS_XLSX, zone=enedis_table.ZONE, rests_upon=("[Content_Types].xml",))


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
