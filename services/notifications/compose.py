"""Makes the e-mail of one or several intents of a kind to one person: both languages, text and HTML."""

from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import urlsplit

from contracts.codes import Category
from services.notifications.letters import Letter, shown

FOOTERS: dict[str, Mapping[str, str]] = {
    "fr": {
        "footer": "Ce message est envoyé automatiquement par votre coopérative.",
        "preferences_label": "Choisir ce que je reçois",
        "colon": "\N{NO-BREAK SPACE}: ",
    },
    "en": {
        "footer": "This message is sent automatically by your cooperative.",
        "preferences_label": "Choose what I receive",
        "colon": ": ",
    },
}


def message_id(unique: str, public_url: str) -> str:
    """Fixed for all hand-overs of one message."""
    return f"<{unique}@{mail_domain(public_url)}>"


def mail_domain(public_url: str) -> str:
    return urlsplit(public_url).hostname or "localhost"


def compose(
    letter: Letter,
    *,
    category: Category,
    language: str,
    coop: str,
    to: str,
    fixed_message_id: str,
    at: datetime,
    public_url: str,
    unsubscribe_url: str,
) -> EmailMessage:
    """The message as handed over. Tips carry one-click unsubscribing (RFC 8058); nothing else may be
    mistaken for advertising, so nothing else does."""
    message = EmailMessage()
    message["Subject"] = letter.subject
    message["From"] = Address(coop, "noreply", mail_domain(public_url))
    message["To"] = Address(addr_spec=to)
    message["Date"] = at
    message["Message-ID"] = fixed_message_id
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = language
    if category == Category.TIPS:
        message["List-Unsubscribe"] = f"<{unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    footer = {**FOOTERS[language], "preferences_url": f"{public_url.rstrip('/')}/preferences"}
    message.set_content(shown(letter, "txt", language, coop, footer))
    message.add_alternative(shown(letter, "html", language, coop, footer), subtype="html")
    return message
