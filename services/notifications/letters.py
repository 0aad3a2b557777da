"""Turns an intent's facts into words: one source text per template and language, shown as text and HTML."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.dates import format_time
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from contracts.words import labels
from services.kit.everyday import led_bulbs
from services.kit.i18n import LANGUAGES, Formats
from services.kit.registry import Staff

HERE = Path(__file__).parent
_LINK = re.compile(r"^\[(?P<text>.+)\]\((?P<path>/\S*)\)$")


@dataclass(frozen=True)
class Block:
    """A paragraph, a list, or a link to a page of the portal."""

    text: str = ""
    points: tuple[str, ...] = ()
    path: str | None = None
    url: str | None = None


@dataclass(frozen=True)
class Letter:
    subject: str
    blocks: tuple[Block, ...]

    @property
    def text(self) -> str:
        """The words without links, for the application's own list."""
        return "\n\n".join("\n".join(block.points) or block.text for block in self.blocks if not block.path)

    @property
    def path(self) -> str | None:
        """Where it leads: the first link."""
        return next((block.path for block in self.blocks if block.path), None)


@dataclass(frozen=True)
class Reader:
    """Who reads, and whom they may call."""

    name: str
    language: str
    zone: str
    coop: str
    contact: Staff | None = None


def write(
    template: str, about: str, items: Sequence[Mapping[str, Any]], reader: Reader, base_url: str = ""
) -> Letter:
    """The letter of `template` about one or several facts of the same kind (`items`, at least one)."""
    language = reader.language if reader.language in LANGUAGES else LANGUAGES[0]
    text = (
        _letters()
        .get_template(f"{language}/{template}.txt")
        .render(
            name=reader.name,
            coop=reader.coop,
            contact=reader.contact,
            about=about,
            facts=items[0],
            items=items,
            **_helpers(language, reader.zone),
        )
    )
    subject, *paragraphs = (part.strip() for part in re.split(r"\n\s*\n", text.strip()))
    blocks = [block for paragraph in paragraphs for block in _blocks(paragraph, base_url)]
    return Letter(" ".join(subject.split()), tuple(blocks))


def shown(letter: Letter, form: str, language: str, coop: str, footer: Mapping[str, str]) -> str:
    """The letter as `txt` or `html`; only HTML is escaped."""
    return (
        _layouts(form)
        .get_template(f"notifications/letter.{form}")
        .render(subject=letter.subject, blocks=letter.blocks, language=language, coop=coop, **footer)
    )


def _blocks(paragraph: str, base_url: str) -> list[Block]:
    lines = [line.strip() for line in paragraph.splitlines() if line.strip()]
    if lines and all(line.startswith("- ") for line in lines):
        return [Block(points=tuple(line[2:] for line in lines))]
    if len(lines) == 1 and (link := _LINK.match(lines[0])):
        return [Block(text=link["text"], path=link["path"], url=base_url.rstrip("/") + link["path"])]
    return [Block(text=" ".join(lines))] if lines else []


def _helpers(language: str, zone: str) -> dict[str, Callable[..., Any]]:
    formats = Formats(language, zone)

    def moment(instant: str) -> str:
        local = datetime.fromisoformat(instant).astimezone(formats.zone)
        day = formats.day(local.date(), "EEEE d MMMM")
        at = format_time(local, "HH:mm", locale=formats.locale)
        return f"le {day} à {at}" if language == "fr" else f"on {day} at {at}"

    return {
        "day": lambda value: formats.day(date.fromisoformat(value), "long"),
        "moment": moment,
        "euros": formats.whole_euros,
        "number": formats.number,
        "bulbs": led_bulbs,
        "label": lambda group, code: label(group, code, language),
    }


def label(group: str, code: str, language: str) -> str:
    """The code's words; a code newer than this room is shown with spaces rather than not at all."""
    found = labels(group).get(code)
    return found.in_(language) if found else code.replace("_", " ")


@lru_cache(maxsize=1)
def _letters() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE / "letters"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - plain text; the HTML layout escapes
    )


@lru_cache(maxsize=2)
def _layouts(form: str) -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=form == "html",  # noqa: S701 - plain text has nothing to escape
    )
