"""The same calls as `kit.pdf.Document`, written as a page for screen readers, large print, small screens.

Headings, tables with their heads, and pictures with what they show are marked up as such. It stands alone,
brings its own few rules of style, and prints.
"""

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from html import escape

from services.kit.paper_parts import Picture, Signature

__all__ = ["HtmlDocument"]

_STYLE = (
    "body{font:1.0625rem/1.55 system-ui,sans-serif;color:#14302a;background:#fff;max-width:46rem;"
    "margin:0 auto;padding:1rem 1rem 3rem;overflow-wrap:break-word}td,.soft,footer{overflow-wrap:anywhere}"
    "h1{font-size:1.7rem;line-height:1.2}h2{font-size:1.3rem;margin-top:2rem}h3{font-size:1.1rem;"
    "margin-top:1.5rem}p{white-space:pre-line}.soft,footer{color:#4b6058;font-size:.9rem}"
    "table{border-collapse:collapse;width:100%;margin:.5rem 0}th,td{text-align:left;vertical-align:top;"
    "padding:.4rem .6rem .4rem 0;border-bottom:1px solid #bec7c3}th{font-weight:600}"
    "td,th{white-space:pre-line}figure{margin:.75rem 0}img{max-width:100%;height:auto}"
    ".pictures{display:grid;gap:.75rem;grid-template-columns:repeat(auto-fill,minmax(13rem,1fr))}"
    "figcaption{color:#4b6058;font-size:.9rem}.signatures{display:grid;gap:1.5rem;"
    "grid-template-columns:repeat(auto-fill,minmax(15rem,1fr))}section{break-inside:avoid}"
    ".signatures img{max-height:8rem}a{color:#0f5c49}a:focus-visible{outline:3px solid #b2431b}"
    "@view-transition{navigation:auto}"
    "@media print{body{max-width:none;padding:0;font-size:11pt}.screen{display:none}"
    "figure,tr,.signatures section{break-inside:avoid}h2,h3{break-after:avoid}}"
)
POLICY = (
    "default-src 'none'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
)
"""The Content-Security-Policy that such a page is served with: nothing runs in it."""


class HtmlDocument:
    """As `kit.pdf.Document`, without letter heads. A picture that has an `address` is shown from there.

    `links`: (words, address) at its top, on screen only: where the PDF is, and where one came from.
    """

    def __init__(
        self,
        title: str,
        *,
        language: str,
        at: datetime,
        author: str = "",
        reference: str = "",
        links: Sequence[tuple[str, str]] = (),
        lead: str = "",
    ) -> None:
        self._language, self._title, self._author = language, title, author
        self._foot = f'<footer><time datetime="{at.isoformat()}">{escape(reference)}</time></footer>'
        self._parts: list[str] = []
        for words, address in links:
            self._parts.append(f'<p class="screen"><a href="{escape(address)}">{escape(words)}</a></p>')
        if lead:
            self.paragraph(lead, soft=True)
        self._parts.append(f"<h1>{escape(title)}</h1>")

    def heading(self, text: str, level: int = 1, room: float = 0.0) -> None:
        self._parts.append(f"<h{level + 1}>{escape(text)}</h{level + 1}>")

    def paragraph(self, text: str, *, soft: bool = False, bold: bool = False) -> None:
        words = f"<strong>{escape(text)}</strong>" if bold else escape(text)
        tone = ' class="soft"' if soft else ""
        self._parts.append(f"<p{tone}>{words}</p>")

    def bullets(self, rows: Sequence[str]) -> None:
        self._parts.append(f"<ul>{''.join(f'<li>{escape(row)}</li>' for row in rows)}</ul>")

    def pairs(self, rows: Sequence[tuple[str, str]]) -> None:
        """Names and values: a table whose rows have heads."""
        lines = (
            f'<tr><th scope="row">{escape(name)}</th><td>{escape(said)}</td></tr>' for name, said in rows
        )
        self._parts.append(f"<table><tbody>{''.join(lines)}</tbody></table>")

    def table(
        self,
        heads: Sequence[str],
        rows: Sequence[Sequence[str]],
        widths: Sequence[int] | None = None,
        heading: str = "",
        level: int = 1,
    ) -> None:
        if not rows:
            return
        if heading:
            self.heading(heading, level)
        head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
        lines = "".join(f"<tr>{''.join(f'<td>{escape(one)}</td>' for one in row)}</tr>" for row in rows)
        top = f"<thead><tr>{head}</tr></thead>" if head else ""
        self._parts.append(f"<table>{top}<tbody>{lines}</tbody></table>")

    def pictures(self, pictures: Sequence[Picture], across: int = 3, caption: str = "") -> None:
        if not pictures:
            return
        if caption:
            self.paragraph(caption, soft=True)
        shown = "".join(
            f'<figure><img src="{escape(one.address or _data(one.content))}" alt="{escape(one.alt)}"'
            ' loading="lazy"></figure>'
            for one in pictures
        )
        self._parts.append(f'<div class="pictures">{shown}</div>')

    def signatures(self, signatures: Sequence[Signature]) -> None:
        sections = []
        for one in signatures:
            drawn = ""
            if one.drawing is not None:
                alt = f"{one.role} : {one.name}"
                drawn = f'<img src="{_data(one.drawing)}" alt="{escape(alt)}">'
            sections.append(
                f"<section><h3>{escape(one.role)}</h3><p>{escape(one.name)}</p>"
                f'<p class="soft">{escape(one.when)}</p>{drawn}</section>'
            )
        self._parts.append(f'<div class="signatures">{"".join(sections)}</div>')

    def finish(self) -> bytes:
        """The page, in UTF-8."""
        return (
            f'<!doctype html><html lang="{self._language}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<meta name="robots" content="noindex"><meta name="author" content="{escape(self._author)}">'
            f"<title>{escape(self._title)}</title><style>{_STYLE}</style></head>"
            f"<body><main>{''.join(self._parts)}</main>{self._foot}</body></html>"
        ).encode()


def _data(picture: bytes) -> str:
    kind = "png" if picture.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"
