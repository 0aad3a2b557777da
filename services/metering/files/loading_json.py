"""JSON as text and nothing but: numbers stay the strings they were, and neither size nor depth can hurt.

A streaming parser would need less memory, but ijson 3.6 crashes the process on a number of 6,000 digits and
takes all memory on deep nesting; the standard one refuses both.
"""

import json
from collections.abc import Callable
from typing import Any, BinaryIO

from contracts.codes import FileReason
from services.metering.files.text import decoded
from services.metering.files.values import Unreadable

LARGEST_JSON_BYTES = 32 * 1024 * 1024
"""Six years of the ten-minute curve."""
MOST_PARTS = 4_000_000
"""Objects, lists and members: six years of that curve have half as many. Small ones weigh twenty times what
they take in the file."""


def loaded(source: BinaryIO, hook: Callable[[dict[str, Any]], Any] | None = None) -> Any:
    """The document; `hook` may make something smaller of each object. Unreadable when it is no JSON."""
    parts, size = [], 0
    while block := source.read(1 << 20):
        parts.append(block)
        size += len(block)
        if size > LARGEST_JSON_BYTES:
            raise Unreadable(FileReason.TOO_LARGE, f"> {LARGEST_JSON_BYTES // 1024 // 1024} MiB JSON")
    if sum(part.count(sign) for part in parts for sign in (b",", b"[", b"{")) > MOST_PARTS:
        raise Unreadable(FileReason.TOO_LARGE, f"> {MOST_PARTS:,} JSON".replace(",", " "))
    text = decoded(b"".join(parts).removeprefix(b"\xef\xbb\xbf"))
    if text is None:
        raise Unreadable(FileReason.NOT_TEXT)
    try:
        return json.loads(text, object_hook=hook, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        raise Unreadable(FileReason.BROKEN_FILE, "JSON") from None
