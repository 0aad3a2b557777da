"""The beginning of a message as a person can look at it: JSON laid out, text, or bytes in hexadecimal."""

import json
from dataclasses import dataclass

SHOWN_BYTES = 4_000
SHOWN_HEX_BYTES = 512
_A_LINE = 16


@dataclass(frozen=True, slots=True)
class Preview:
    kind: str
    """`json`, `text`, `hex` or `empty`."""
    text: str
    size: int
    """Bytes of the whole message."""
    is_cut: bool


def preview(payload: bytes) -> Preview:
    """Never fails, whatever a device sent."""
    if not payload:
        return Preview("empty", "", 0, False)
    shown = payload[:SHOWN_BYTES]
    is_cut = len(payload) > SHOWN_BYTES
    try:
        # A cut may fall within a character: the last three bytes may be dropped for that.
        words = shown.decode("utf-8") if not is_cut else shown.decode("utf-8", "ignore")
    except UnicodeDecodeError:
        return _hex(payload)
    if (is_cut and len(words.encode()) < len(shown) - 3) or "\x00" in words:
        return _hex(payload)
    if not is_cut:
        try:
            laid_out = json.dumps(json.loads(words), indent=2, ensure_ascii=False)
        except (ValueError, RecursionError):
            pass
        else:
            return Preview("json", laid_out, len(payload), False)
    return Preview("text", words, len(payload), is_cut)


def _hex(payload: bytes) -> Preview:
    shown = payload[:SHOWN_HEX_BYTES]
    lines = (shown[at : at + _A_LINE].hex(" ") for at in range(0, len(shown), _A_LINE))
    return Preview("hex", "\n".join(lines), len(payload), len(payload) > len(shown))
