"""Sends sign-in links: straight from the web, because a secret never goes over the bus."""

import logging
from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from email.utils import formataddr, formatdate, make_msgid
from pathlib import Path
from urllib.parse import urlsplit

from services.kit import mail
from services.kit.i18n import translations
from services.kit.settings import Settings
from services.members.actions.signing_in import Letter
from services.members.tokens import LINK_LIFETIME

_LOG = logging.getLogger(__name__)
_FOLDER = Path(__file__).parent / "locale"

Send = Callable[[Settings, EmailMessage, bool], Awaitable[None]]
"""(settings, message, is_simulated): hands over one message, or raises."""


async def send(settings: Settings, message: EmailMessage, is_simulated: bool) -> None:
    """To the mail server; for a simulated cooperative into the embedded mailbox, whatever is configured."""
    if is_simulated or settings.smtp_url is None:
        await mail.keep(settings.data_dir, message)
    else:
        await mail.send(settings.smtp_url, message)


async def deliver(send_one: Send, settings: Settings, base_url: str, letters: list[Letter]) -> None:
    """Send each; a failure is logged without the address, and its reader asks for another link."""
    for letter in letters:
        try:
            await send_one(settings, compose(letter, base_url), letter.is_simulated)
        except Exception as error:
            _LOG.warning("a sign-in link could not be sent: %s", type(error).__name__)


def compose(letter: Letter, base_url: str) -> EmailMessage:
    """The message in its reader's language, as plain text: nothing to load, nothing to hide."""
    _ = translations(letter.language, (_FOLDER,)).gettext
    minutes = int(LINK_LIFETIME.total_seconds() // 60)
    address = f"{base_url.rstrip('/')}/sign-in/confirm?token={letter.token}"
    message = EmailMessage()
    host = urlsplit(base_url).hostname or "localhost"
    message["From"] = formataddr((f"{letter.coop_name} – Palier", f"palier@{host}"))
    message["To"] = letter.email
    message["Subject"] = _("Your link to sign in")
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=host)
    message["Auto-Submitted"] = "auto-generated"
    if letter.is_simulated:
        message[mail.SANDBOX_HEADER] = letter.coop
    message.set_content(
        "\n\n".join(
            (
                _("Hello %(name)s,") % {"name": letter.name},
                _("Here is your link to sign in to your home’s pages at %(coop)s:")
                % {"coop": letter.coop_name},
                address,
                _("It works once, for %(minutes)s minutes, in the browser where you asked for it.")
                % {"minutes": minutes},
                _("If you did not ask for it, you have nothing to do: nobody can enter without it."),
            )
        )
        + "\n"
    )
    return message
