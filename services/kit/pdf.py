"""A4 documents that people keep: letters, notices, records, with letters of every European language.

The same calls give the same bytes, so that a digest names a document for good. Making one takes about half
a second of computing: call `Document.finish` by `asyncio.to_thread`.
"""

import io
import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import cast

from fpdf import FPDF, TextStyle, ViewerPreferences
from PIL import Image

from services.kit.paper_parts import Head, Picture, Signature
from services.kit.pdf_fonts import font_file, printable

__all__ = ["Document", "Head", "Picture", "Signature", "printable"]

MARGIN_MM, TEXT_MM = 20.0, 170.0
_ROW_LINES = 14
"""Lines of a table's row at most: a longer text goes on in the next rows, so that pages fill."""
_INK, _SOFT, _LINE, _SHADE = (24, 33, 30), (90, 102, 97), (190, 199, 195), (240, 244, 242)
_FAMILY = "Noto Sans"
logging.getLogger("fontTools.subset").setLevel(logging.ERROR)  # it tells of each table it leaves out
_PAGE = {"fr": "Page {page} sur {{nb}}", "en": "Page {page} of {{nb}}"}
_LOCALE = {"fr": "fr-FR", "en": "en-GB"}


class Document:
    """One document, written from top to bottom; `finish` gives its bytes.

    `language` is `fr` or `en`; `at` is the instant it is dated (kept in its metadata, nothing else of the
    clock is); `reference` stands at the foot of each page. With a `head` it is a letter: the title comes
    after it, as what the letter is about. `lead` is the first line of all, small: what a screen reader should
    say first.
    """

    def __init__(
        self,
        title: str,
        *,
        language: str,
        at: datetime,
        author: str = "",
        reference: str = "",
        head: Head | None = None,
        lead: str = "",
    ) -> None:
        self._pdf = _Paper(_PAGE[language], printable(reference), 12.5 if head else 17.0)
        self._pdf.set_title(printable(title))
        self._pdf.set_author(printable(author))
        self._pdf.set_creator("Palier")
        self._pdf.set_lang(_LOCALE[language])
        self._pdf.set_creation_date(at)
        self._pdf.add_page()
        if lead:
            self.paragraph(lead, soft=True)
        if head:
            self._letter_head(head)
        self._section(title, 0)

    def heading(self, text: str, level: int = 1, room: float = 26.0) -> None:
        """A section (1) or a part of one (2); also in the reader's outline. `room`: millimetres that must be
        left on the page for it and what begins below it."""
        self._keep_together(room)
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
        self,
        heads: Sequence[str],
        rows: Sequence[Sequence[str]],
        widths: Sequence[int] | None = None,
        heading: str = "",
        level: int = 1,
    ) -> None:
        """Rows of texts; `heads` come again on each page, empty for none. `widths` are relative. A `heading`
        stands on the page of the first row."""
        if not rows:
            return
        self._font("", 9.5)
        if heading:
            lines = map(len, self._broken(rows[0], widths or (1,) * len(rows[0])))
            self.heading(heading, level, 26.0 + 5.0 * min(_ROW_LINES, max(lines)))
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

    def together(self, paragraphs: Sequence[str]) -> None:
        """Paragraphs that stay on one page, such as the end of a letter."""
        self._font("", 10.5)
        height = sum(
            cast("float", self._pdf.multi_cell(TEXT_MM, 5.4, printable(one), dry_run=True, output="HEIGHT"))
            for one in paragraphs
        )
        self._keep_together(min(200.0, height + 1.6 * len(paragraphs)))
        for one in paragraphs:
            self.paragraph(one)

    def pictures(self, pictures: Sequence[Picture], across: int = 3, caption: str = "") -> None:
        """Side by side, so many across, each with what it shows in its text for readers. The caption stands
        above the first row, on its page."""
        gap, below = 4.0, 6.0 if any(one.caption for one in pictures) else 0.0
        side = (TEXT_MM - gap * (across - 1)) / across
        for start in range(0, len(pictures), across):
            row = pictures[start : start + across]
            height = max(_height(picture, side) for picture in row) + below
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
                    h=_height(picture, side),
                    keep_aspect_ratio=True,
                    alt_text=printable(picture.alt),
                )
                if picture.caption:
                    self._font("", 9.0, _SOFT)
                    self._pdf.set_xy(MARGIN_MM + place * (side + gap), top + _height(picture, side) + 0.6)
                    self._pdf.cell(side, 4.6, printable(picture.caption))
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

    def _letter_head(self, head: Head) -> None:
        """Sender on the left, addressee on the right where a window envelope shows it."""
        top, half = self._pdf.get_y(), TEXT_MM / 2
        for number, line in enumerate(head.sender):
            self._font("" if number else "B", 10.0 if number else 11.0, _SOFT if number else _INK)
            self._lines(line, 4.8, half - 6.0)
        self._pdf.set_y(max(top + 27.0, self._pdf.get_y() + 4.0))
        self._font("", 10.5)
        for line in (*head.addressee, "", head.sent, head.dated):
            self._pdf.set_x(MARGIN_MM + half)
            self._pdf.multi_cell(half, 5.2, printable(line) or " ", align="L", new_x="LMARGIN", new_y="NEXT")
        self._pdf.ln(7.0)

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
        lines = self._broken(cells, widths)
        if max(map(len, lines)) <= _ROW_LINES:
            yield [printable(cell) for cell in cells]
            return
        for start in range(0, max(map(len, lines)), _ROW_LINES):
            yield ["\n".join(some[start : start + _ROW_LINES]) for some in lines]

    def _broken(self, cells: Sequence[str], widths: Sequence[int]) -> list[list[str]]:
        """The lines of each cell."""
        found = []
        for cell, share in zip(cells, widths, strict=True):
            width = TEXT_MM * share / sum(widths) - 3.0
            lines = self._pdf.multi_cell(width, 5.0, printable(cell), align="L", dry_run=True, output="LINES")
            found.append(cast("list[str]", lines))
        return found

    def _keep_together(self, height: float) -> None:
        if self._pdf.will_page_break(height):
            self._pdf.add_page()


class _Paper(FPDF):
    """A4 with our letters, margins and foot."""

    def __init__(self, page: str, reference: str, title_size: float) -> None:
        super().__init__("portrait", "mm", "A4")
        self._page_words, self._reference = page, reference
        for style in ("", "B"):
            self.add_font(_FAMILY, style, font_file(style))
        self.set_margins(MARGIN_MM, 18.0, MARGIN_MM)
        self.set_auto_page_break(True, 20.0)
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self.set_section_title_styles(
            *(
                TextStyle(_FAMILY, "B", size, _INK, t_margin=0, l_margin=0, b_margin=after)
                for size, after in ((title_size, 2), (min(13, title_size - 1), 1), (11, 0.5))
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
