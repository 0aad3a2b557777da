"""What goes with a letter: each piece under its number, with its date, fingerprint and the way it goes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

PHOTO, LETTER, INSPECTION = "photo", "letter", "inspection"
ATTACHED, LINKED, PRINTED, ENCLOSED, HELD = "attached", "linked", "printed", "enclosed", "held"
FINGERPRINT_LETTERS = 16


@dataclass(frozen=True)
class Piece:
    """A photo or document that belongs to a request on the day of the letter."""

    kind: str
    """`photo`, `letter` (an earlier one about the same request) or `inspection` (the signed document)."""
    source: str
    """Which one: `pho_…`, `ntc_…` or `doc_…`."""
    dated_on: date
    sha256: str
    """Of the file, hexadecimal."""
    size_bytes: int
    says: dict[str, str] = field(default_factory=dict)
    """What its description names, as codes and plain values; see `describing`."""


@dataclass(frozen=True)
class Annex:
    """A piece with its number in one letter, and the way it goes.

    `attached`: as a file of the e-mail; `linked`: on the firm's own page, being too large for it; `printed`:
    in the letter itself; `enclosed`: a copy put into the envelope; `held`: named, and shown on demand only.
    """

    number: int
    way: str
    piece: Piece
    is_printed: bool = False
    """Whether the letter shows the picture."""

    @property
    def fingerprint(self) -> str:
        """The beginning of the digest, enough to tell one file from every other."""
        return self.piece.sha256[:FINGERPRINT_LETTERS]


def numbered(
    pieces: Sequence[Piece], *, is_mailed: bool, most_bytes: int, most_printed: int
) -> tuple[Annex, ...]:
    """All pieces in their order, from 1. Files leave by e-mail as long as all of them together have at most
    `most_bytes`; the first `most_printed` photos are shown in the letter."""
    return tuple(_numbered(pieces, is_mailed, most_bytes, most_printed))


def _numbered(pieces: Sequence[Piece], is_mailed: bool, room: int, most_printed: int) -> Iterator[Annex]:
    printed = 0
    for number, piece in enumerate(pieces, 1):
        shows = piece.kind == PHOTO and printed < most_printed
        printed += shows
        way = _way(piece, is_mailed, piece.size_bytes <= room, shows)
        room -= piece.size_bytes if way == ATTACHED else 0
        yield Annex(number, way, piece, shows)


def _way(piece: Piece, is_mailed: bool, fits: bool, shows: bool) -> str:
    if piece.kind == INSPECTION:  # it names and is signed by the household: nobody else's by itself
        return HELD
    if is_mailed:
        return ATTACHED if fits else LINKED
    if piece.kind == PHOTO:
        return PRINTED if shows else HELD
    return ENCLOSED
