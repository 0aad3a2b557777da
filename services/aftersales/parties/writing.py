"""Makes the e-mail of one letter to a party: plain text and HTML, with what is attached."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.aftersales.notices.enclosing import File
from services.aftersales.parties.model import Letter, Party

_TEMPLATES = Path(__file__).parents[1] / "templates" / "aftersales"
WORDS: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "open": "Ouvrir la page",
        "bundle": "{number} messages de {coop}",
        "colon": "\N{NO-BREAK SPACE}: ",
        "quote": "Référence à rappeler",
        "secret": "Ce lien vous est personnel\N{NO-BREAK SPACE}: ne le transmettez qu’à qui intervient.",
    },
    "en": {
        "open": "Open the page",
        "bundle": "{number} messages from {coop}",
        "colon": ": ",
        "quote": "Reference to quote",
        "secret": "This link is personal: pass it on only to the person who does the work.",
    },
}


def compose(
    letter: Letter,
    party: Party,
    *,
    coop: str,
    at: datetime,
    public_url: str,
    link: str | None,
    others: Sequence[tuple[Letter, str | None]] = (),
    files: Sequence[File] = (),
) -> EmailMessage:
    """The message as handed over; the same letter always has the same Message-ID. `others` leave with it,
    each with its own link, told one below the other; `files` go with what is attached."""
    domain = urlsplit(public_url).hostname or "localhost"
    words = WORDS[letter.language]
    subject = letter.subject
    if others:
        subject = words["bundle"].format(number=len(others) + 1, coop=coop)
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = Address(coop, "noreply", domain)
    message["To"] = Address(party.name, addr_spec=party.email)
    message["Date"] = at
    message["Message-ID"] = f"<{letter.id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = letter.language
    shown: dict[str, Any] = {
        "language": letter.language,
        "subject": subject,
        "coop": coop,
        "pieces": _pieces([(letter, link), *others], public_url.rstrip("/")),
        "reference": party.reference,
        "is_personal": any(
            one.link and "{token}" in one.link for one in (letter, *(row for row, _ in others))
        ),
        **words,
    }
    message.set_content(_environment("txt").get_template("party_letter.txt").render(shown))
    html = _environment("html").get_template("party_letter.html").render(shown)
    message.add_alternative(html, subtype="html")
    if letter.attachment is not None:
        message.add_attachment(
            letter.attachment,
            maintype="application",
            subtype="pdf",
            filename=letter.attachment_name or "document.pdf",
        )
    for file in files:
        main, _, sub = file.content_type.partition("/")
        message.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
    return message


def _pieces(told: Sequence[tuple[Letter, str | None]], base: str) -> list[dict[str, Any]]:
    """What the message says, piece by piece; of several, what all begin with (the greeting) is said once."""
    urls = [f"{base}{path}" if path else None for _, path in told]
    if len(told) == 1:
        return [{"heading": None, "paragraphs": told[0][0].paragraphs, "url": urls[0]}]
    hello = told[0][0].paragraphs[:1]
    same = all(one.paragraphs[:1] == hello for one, _ in told)
    return [
        *([{"heading": None, "paragraphs": hello, "url": None}] if same else []),
        *(
            {"heading": one.subject, "paragraphs": one.paragraphs[1 if same else 0 :], "url": url}
            for (one, _), url in zip(told, urls, strict=True)
        ),
    ]


@cache
def _environment(form: str) -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=form == "html",  # noqa: S701 - plain text has nothing to escape
    )
