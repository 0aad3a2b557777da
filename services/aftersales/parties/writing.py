"""Makes the e-mail of one letter to a party: plain text and HTML, with what is attached."""

from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.aftersales.parties.model import Letter, Party

_TEMPLATES = Path(__file__).parents[1] / "templates" / "aftersales"
WORDS: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "open": "Ouvrir la page",
        "colon": "\N{NO-BREAK SPACE}: ",
        "quote": "Référence à rappeler",
        "secret": "Ce lien vous est personnel\N{NO-BREAK SPACE}: ne le transmettez qu’à qui intervient.",
    },
    "en": {
        "open": "Open the page",
        "colon": ": ",
        "quote": "Reference to quote",
        "secret": "This link is personal: pass it on only to the person who does the work.",
    },
}


def compose(
    letter: Letter, party: Party, *, coop: str, at: datetime, public_url: str, link: str | None
) -> EmailMessage:
    """The message as handed over; the same letter always has the same Message-ID."""
    domain = urlsplit(public_url).hostname or "localhost"
    message = EmailMessage()
    message["Subject"] = letter.subject
    message["From"] = Address(coop, "noreply", domain)
    message["To"] = Address(party.name, addr_spec=party.email)
    message["Date"] = at
    message["Message-ID"] = f"<{letter.id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = letter.language
    shown: dict[str, Any] = {
        "language": letter.language,
        "subject": letter.subject,
        "coop": coop,
        "paragraphs": letter.paragraphs,
        "reference": party.reference,
        "url": f"{public_url.rstrip('/')}{link}" if link else None,
        "is_personal": bool(letter.link and "{token}" in letter.link),
        **WORDS[letter.language],
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
    return message


@cache
def _environment(form: str) -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=form == "html",  # noqa: S701 - plain text has nothing to escape
    )
