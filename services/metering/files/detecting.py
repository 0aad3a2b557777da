"""What a file is, told from its beginning and by what it says of itself, never by a guess."""

import re
from dataclasses import replace

from contracts.codes import FileReason
from services.metering.files.formats import FORMATS
from services.metering.files.head import Head, head_of
from services.metering.files.points import quoted
from services.metering.files.values import Found, Unreadable

WORKBOOKS = (".xlsx", ".xlsm")
_NO_WORKBOOK = (FileReason.ARCHIVE, FileReason.NOT_TEXT, FileReason.UNKNOWN_FORMAT)
"""What a workbook seems to be when its beginning is damaged."""
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")


def detect(head: bytes, filename: str | None = None) -> Found:
    """What a file that begins with `head` is; `HEAD_BYTES` of it are enough.

    Unreadable when it is no format that can be read; its detail quotes how the file begins.
    """
    try:
        return _recognised(head_of(head, filename))
    except Unreadable as error:
        is_text = error.reason is FileReason.UNKNOWN_FORMAT and not _CONTROL.search(head)
        if (filename or "").lower().endswith(WORKBOOKS) and error.reason in _NO_WORKBOOK and not is_text:
            raise Unreadable(FileReason.BROKEN_FILE, "XLSX") from None
        raise


def _recognised(seen: Head) -> Found:
    for reader in FORMATS.values():
        if (found := reader.recognise(seen)) is not None:
            return replace(found, is_compressed=seen.is_compressed)
    raise Unreadable(FileReason.UNKNOWN_FORMAT, quoted(seen.lines[0] if seen.lines else ""))
