"""What a file is, told from its beginning."""

from contracts.codes import FileReason
from services.metering.files.values import Found, Unreadable


def detect(head: bytes, filename: str | None = None) -> Found:
    """What a file that begins with `head` (`HEAD_BYTES` are enough) is. Unreadable for an unknown one."""
    raise Unreadable(FileReason.UNKNOWN_FORMAT, filename or "")
