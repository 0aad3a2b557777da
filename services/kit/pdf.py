"""A4 documents that people keep: letters, notices, records, with letters of every European language.

The same calls give the same bytes, so that a digest names a document for good. Making one takes about half
a second of computing: call `Document.finish` by `asyncio.to_thread`.
"""

import io
import logging
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import pymupdf_fonts  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from fpdf import FPDF, TextStyle, ViewerPreferences
from PIL import Image

MARGIN_MM, TEXT_MM = 20.0, 170.0
_ROW_LINES = 30
"""Lines of a table's row at most: with its heads they fit on any page."""
_INK, _SOFT, _LINE, _SHADE = (24, 33, 30), (90, 102, 97), (190, 199, 195), (240, 244, 242)
_FAMILY = "Noto Sans"
logging.getLogger("fontTools.subset").setLevel(logging.ERROR)  # it tells of each table it leaves out
_PAGE = {"fr": "Page {page} sur {{nb}}", "en": "Page {page} of {{nb}}"}
_LOCALE = {"fr": "fr-FR", "en": "en-GB"}


@dataclass(frozen=True)
class Signature:
    """Who signed, as what, and when: all as the reader should see it."""

    role: str
    name: str
    when: str
    drawing: bytes | None = None
    """A picture of what was drawn; None where the name was typed."""


@dataclass(frozen=True)
class Picture:
    content: bytes
    """JPEG or PNG."""
    alt: str
    """What it shows, for who does not see it."""


class Document:
    """One document, written from top to bottom; `finish` gives its bytes.

    `language` is `fr` or `en`; `at` is the instant it is dated (kept in its metadata, nothing else of the
    clock is); `reference` stands at the foot of each page.
    """

    def __init__(
        self, title: str, *, language: str, at: datetime, author: str = "", reference: str = ""
    ) -> None:
        self._pdf = _Paper(_PAGE[language], printable(reference))
        self._pdf.set_title(printable(title))
        self._pdf.set_author(printable(author))
        self._pdf.set_creator("Palier")
        self._pdf.set_lang(_LOCALE[language])
        self._pdf.set_creation_date(at)
        self._pdf.add_page()
        self._section(title, 0)

    def heading(self, text: str, level: int = 1) -> None:
        """A section (1) or a part of one (2); also in the reader's outline."""
        self._keep_together(26.0)
        self._pdf.ln(3.0)
        self._section(text, level)

    def paragraph(self, text: str, *, soft: bool = False, bold: bool = False) -> None:
        """Text with its own line breaks kept. `soft` is small and grey."""
        self._font("B" if bold else "", 8.5 if soft else 10.5, _SOFT if soft else _INK)
        self._lines(text, 4.4 if soft else 5.4)
        self._pdf.ln(1.6)

    def bullets(self, rows: Sequence[str]) -> None:
        for row in rows:
            self._font("", 10.5)
            self._pdf.cell(5.0, 5.4, "–")
            self._lines(row, 5.4, TEXT_MM - 5.0)
        self._pdf.ln(1.6)

    def pairs(self, rows: Sequence[tuple[str, str]]) -> None:
        """Names and values, one pair a line."""
        self.table((), rows, (1, 2))

    def table(
        self, heads: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int] | None = None
    ) -> None:
        """Rows of texts; `heads` come again on each page, empty for none. `widths` are relative."""
        if not rows:
            return
        self._font("", 9.5)
        self._pdf.set_draw_color(*_LINE)
        with self._pdf.table(
            width=TEXT_MM,
            col_widths=tuple(widths) if widths else None,
            borders_layout="HORIZONTAL_LINES",
            first_row_as_headings=bool(heads),
            text_align="LEFT",
            line_height=5.0,
            padding=(1.1, 1.5),
            v_align="TOP",
        ) as table:
            if heads:
                table.row([printable(cell) for cell in heads])
            for cells in rows:
                for part in self._parts(cells, widths or (1,) * len(cells)):
                    table.row(part)
        self._pdf.ln(3.0)

    def pictures(self, pictures: Sequence[Picture], across: int = 3, caption: str = "") -> None:
        """Side by side, so many across, each with what it shows in its text for readers. The caption stands
        above the first row, on its page."""
        gap = 4.0
        side = (TEXT_MM - gap * (across - 1)) / across
        for start in range(0, len(pictures), across):
            row = pictures[start : start + across]
            height = max(_height(picture, side) for picture in row)
            self._keep_together(height + 2 + (8.0 if caption and not start else 0.0))
            if caption and not start:
                self.paragraph(caption, soft=True)
            top = self._pdf.get_y()
            for place, picture in enumerate(row):
                self._pdf.image(
                    io.BytesIO(picture.content),
                    x=MARGIN_MM + place * (side + gap),
                    y=top,
                    w=side,
                    h=height,
                    keep_aspect_ratio=True,
                    alt_text=printable(picture.alt),
                )
            self._pdf.set_y(top + height + 2)

    def signatures(self, signatures: Sequence[Signature]) -> None:
        """Two across: role, name, instant, and what was drawn."""
        side = (TEXT_MM - 10.0) / 2
        for start in range(0, len(signatures), 2):
            self._keep_together(48.0)
            top = self._pdf.get_y()
            for place, signature in enumerate(signatures[start : start + 2]):
                self._signature(signature, MARGIN_MM + place * (side + 10.0), top, side)
            self._pdf.set_xy(MARGIN_MM, top + 46.0)

    def finish(self) -> bytes:
        """The PDF. Nothing can be added afterwards."""
        return bytes(self._pdf.output())

    def _signature(self, signature: Signature, left: float, top: float, width: float) -> None:
        self._pdf.set_xy(left, top)
        for style, size, colour, text in (
            ("B", 10.0, _INK, signature.role),
            ("", 10.0, _INK, signature.name),
            ("", 8.5, _SOFT, signature.when),
        ):
            self._font(style, size, colour)
            self._pdf.set_x(left)
            self._pdf.multi_cell(width, 4.8, printable(text), align="L", new_x="LEFT", new_y="NEXT")
        if signature.drawing is not None:
            self._pdf.image(
                io.BytesIO(signature.drawing),
                x=left,
                y=self._pdf.get_y() + 1,
                w=width,
                h=max(8.0, top + 42.0 - self._pdf.get_y()),
                keep_aspect_ratio=True,
                alt_text=printable(f"{signature.role} : {signature.name}"),
            )
        self._pdf.set_draw_color(*_LINE)
        self._pdf.line(left, top + 44.0, left + width, top + 44.0)

    def _section(self, text: str, level: int) -> None:
        self._font("B", (17.0, 13.0, 11.0)[level])
        self._pdf.start_section(printable(text), level)
        self._pdf.ln((4.0, 1.5, 1.0)[level])

    def _font(self, style: str, size: float, colour: tuple[int, int, int] = _INK) -> None:
        self._pdf.set_font(_FAMILY, style, size)
        self._pdf.set_text_color(*colour)

    def _lines(self, text: str, height: float, width: float = TEXT_MM) -> None:
        self._pdf.multi_cell(width, height, printable(text), align="L", new_x="LMARGIN", new_y="NEXT")

    def _parts(self, cells: Sequence[str], widths: Sequence[int]) -> Iterator[list[str]]:
        """A row as one, or as several where a text is longer than a page: a row cannot be broken itself."""
        lines: list[list[str]] = []
        for cell, share in zip(cells, widths, strict=True):
            width = TEXT_MM * share / sum(widths) - 3.0
            broken = self._pdf.multi_cell(
                width, 5.0, printable(cell), align="L", dry_run=True, output="LINES"
            )
            lines.append(cast("list[str]", broken))
        if max(map(len, lines)) <= _ROW_LINES:
            yield [printable(cell) for cell in cells]
            return
        for start in range(0, max(map(len, lines)), _ROW_LINES):
            yield ["\n".join(some[start : start + _ROW_LINES]) for some in lines]

    def _keep_together(self, height: float) -> None:
        if self._pdf.will_page_break(height):
            self._pdf.add_page()


class _Paper(FPDF):
    """A4 with our letters, margins and foot."""

    def __init__(self, page: str, reference: str) -> None:
        super().__init__("portrait", "mm", "A4")
        self._page_words, self._reference = page, reference
        for style in ("", "B"):
            self.add_font(_FAMILY, style, _font_file(style))
        self.set_margins(MARGIN_MM, 18.0, MARGIN_MM)
        self.set_auto_page_break(True, 20.0)
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self.set_section_title_styles(
            *(
                TextStyle(_FAMILY, "B", size, _INK, t_margin=0, l_margin=0, b_margin=after)
                for size, after in ((17, 2), (13, 1), (11, 0.5))
            )
        )

    def footer(self) -> None:
        self.set_y(-14.0)
        self.set_font(_FAMILY, "", 8.0)
        self.set_text_color(*_SOFT)
        self.cell(TEXT_MM * 0.75, 5.0, self._reference)
        words = self._page_words.replace("{page}", str(self.page_no())).replace("{{nb}}", "{nb}")
        self.cell(TEXT_MM * 0.25, 5.0, words, align="R")


def _height(picture: Picture, width: float) -> float:
    """Of the picture at that width, at most a third more than its width."""
    with Image.open(io.BytesIO(picture.content), formats=("JPEG", "PNG")) as image:
        return width * min(4 / 3, image.height / image.width)


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
    with TTFont(_font_file("")) as font:
        return frozenset(code for code in font.getBestCmap() if code >= 0x20)


@cache
def _font_folder() -> "TemporaryDirectory[str]":
    """fpdf2 reads fonts from files; these are gone with the process."""
    folder = TemporaryDirectory(prefix="palier-fonts-")
    for style, name in (("", "notos"), ("B", "notosbo")):
        (Path(folder.name) / f"noto{style}.ttf").write_bytes(pymupdf_fonts.myfont(name))
    return folder


def _font_file(style: str) -> str:
    return str(Path(_font_folder().name) / f"noto{style}.ttf")
