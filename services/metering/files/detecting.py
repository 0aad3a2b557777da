"""What a file is, told from its beginning and by what it says of itself, never by a guess."""

from dataclasses import replace

from contracts.codes import FileReason
from services.metering.files.formats import FORMATS
from services.metering.files.head import head_of
from services.metering.files.points import quoted
from services.metering.files.values import Found, Unreadable


def detect(head: bytes, filename: str | None = None) -> Found:
    """What a file that begins with `head` is; `HEAD_BYTES` of it are enough.

    Unreadable when it is no format that can be read; its detail quotes how the file begins.
    """
    seen = head_of(head, filename)
    for reader in FORMATS.values():
        if (found := reader.recognise(seen)) is not None:
            return replace(found, is_compressed=seen.is_compressed)
    raise Unreadable(FileReason.UNKNOWN_FORMAT, quoted(seen.lines[0] if seen.lines else ""))
