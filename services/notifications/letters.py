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
    template: str,
    about: str,
    items: Sequence[Mapping[str, Any]],
    reader: Reader,
    at: datetime,
    base_url: str = "",
) -> Letter:
    """The letter of `template` about one or several facts of the same kind (`items`, at least one), as it is
    written at `at`: a day of another year carries its year."""
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
            **_helpers(language, reader.zone, at),
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


def _helpers(language: str, zone: str, at: datetime) -> dict[str, Callable[..., Any]]:
    formats = Formats(language, zone)
    year = at.astimezone(formats.zone).year

    def civil(instant: str) -> tuple[str, str]:
        local = datetime.fromisoformat(instant).astimezone(formats.zone)
        form = "EEEE d MMMM" if local.year == year else "EEEE d MMMM y"
        return formats.day(local.date(), form), format_time(local, "HH:mm", locale=formats.locale)

    def moment(instant: str) -> str:
        day, hour = civil(instant)
        return f"le {day} à {hour}" if language == "fr" else f"on {day} at {hour}"

    def window(starts: str, ends: str | None) -> str:
        """A window is told with both its ends: nobody waits for a minute that was not promised."""
        if ends is None:
            return moment(starts)
        (day, since), (last, until) = civil(starts), civil(ends)
        if day != last:
            between = (
                f"du {day} à {since} au {last} à {until}",
                f"from {day} at {since} to {last} at {until}",
            )
        else:
            between = (f"le {day} entre {since} et {until}", f"on {day} between {since} and {until}")
        return between[language != "fr"]

    return {
        "day": lambda value: formats.day(date.fromisoformat(value), "long"),
        "moment": moment,
        "window": window,
        "euros": formats.whole_euros,
        "number": formats.number,
        "bulbs": led_bulbs,
        "all_alarms": _all_alarms,
        "label": lambda group, code: label(group, code, language),
    }


def _all_alarms(items: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Every threshold that the items tell of: rights first, then by when it is due; of one promise the
    latest."""
    latest: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for item in items:
        for alarm in item.get("alarms") or [item]:
            latest[alarm["number"], alarm["kind"]] = alarm
    return sorted(
        latest.values(), key=lambda one: (one.get("clock") != "legal", one["due_at"], one["number"])
    )


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
