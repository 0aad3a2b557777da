"""Mail out: one message over one SMTP connection, or into the embedded mailbox; refusals told apart."""

import asyncio
import mailbox
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiosmtplib

TIMEOUT_SECONDS = 30.0
SANDBOX_HEADER = "X-Palier-Sandbox"
"""Names the simulated cooperative of a message in the embedded mailbox: its own operators may read it there.
Messages to real people carry none and are for the platform's operators only."""


class TemporaryFailure(Exception):
    """The message was not taken now; the same message may be tried again. Carries a code, no address."""


class PermanentFailure(Exception):
    """The server will never take this message for this recipient. Carries a code, no address."""


def return_address(pattern: str | None, about: str) -> str | None:
    """Where a server sends back what it cannot deliver (the envelope's sender, RFC 5321): `pattern` with
    `{id}` replaced by what the message is about (VERP), so that whatever comes back says what it was."""
    return pattern.replace("{id}", about) if pattern else None


async def send(smtp_url: str, message: EmailMessage, sender: str | None = None) -> str:
    """Hand `message` (one recipient, `To` and `From` set) to the server at `smtp[s]://[user:password@]host:port`.
    `sender` is the envelope's, where it is not the message's own.

    Returns what the server said when it took responsibility for it. A connection per message: a long-lived
    client can hang on reconnecting. Port 465 or `smtps` is TLS from the start; else STARTTLS is used
    when offered. Raises TemporaryFailure or PermanentFailure.
    """
    parts = urlsplit(smtp_url)
    try:
        refused, said = await aiosmtplib.send(
            message,
            sender=sender,
            hostname=parts.hostname,
            port=parts.port,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            use_tls=parts.scheme == "smtps" or parts.port == 465,
            timeout=TIMEOUT_SECONDS,
        )
    except aiosmtplib.SMTPRecipientsRefused as error:
        raise _failure(max(refusal.code for refusal in error.recipients)) from None
    except aiosmtplib.SMTPResponseException as error:
        raise _failure(error.code) from None
    except (aiosmtplib.SMTPException, OSError) as error:
        raise TemporaryFailure(type(error).__name__) from None
    if refused:
        raise _failure(max(response.code for response in refused.values()))
    return said


async def keep(data_dir: Path, message: EmailMessage) -> None:
    """Put `message` straight into the embedded mailbox (a Maildir), whatever server is configured: what
    is simulated never reaches a mail server."""
    await asyncio.to_thread(_keep, data_dir, message)


def _keep(data_dir: Path, message: EmailMessage) -> None:
    trace = (
        f"X-Envelope-From: {message['From']}\r\n"
        f"X-Envelope-To: {message['To']}\r\n"
        f"X-Received: {datetime.now(UTC).isoformat()}\r\n"
    )
    box = mailbox.Maildir(data_dir / "mailbox", create=True)
    box.add(trace.encode() + message.as_bytes())


def _failure(code: int) -> TemporaryFailure | PermanentFailure:
    """RFC 5321: 4yz may succeed later, 5yz will not."""
    return PermanentFailure(f"smtp_{code}") if code >= 500 else TemporaryFailure(f"smtp_{code}")
