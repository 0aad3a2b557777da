"""The letters of documents: which there are, and their files."""

import unicodedata
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pymupdf_fonts  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]


def printable(text: str) -> str:
    """Without what the letters of the document cannot show, so that no page has holes and no log a name."""
    known = _known_letters()
    flat = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\t", " ")
    return "".join(letter if letter == "\n" or ord(letter) in known else _instead(letter) for letter in flat)


def _instead(letter: str) -> str:
    """A space or nothing for what has no shape; else the sign for an unknown letter."""
    kind = unicodedata.category(letter)
    return " " if kind == "Zs" else "" if kind[0] in "CM" else "�"


@cache
def _known_letters() -> frozenset[int]:
    with TTFont(font_file("")) as font:
        return frozenset(code for code in font.getBestCmap() if code >= 0x20)


@cache
def _font_folder() -> "TemporaryDirectory[str]":
    """fpdf2 reads fonts from files; these are gone with the process."""
    folder = TemporaryDirectory(prefix="palier-fonts-")
    for style, name in (("", "notos"), ("B", "notosbo")):
        (Path(folder.name) / f"noto{style}.ttf").write_bytes(pymupdf_fonts.myfont(name))
    return folder


def font_file(style: str) -> str:
    """Of the regular ("") or bold ("B") letters."""
    return str(Path(_font_folder().name) / f"noto{style}.ttf")
