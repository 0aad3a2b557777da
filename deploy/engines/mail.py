"""An SMTP server on loopback that keeps every message in a Maildir, for the operator to read."""

import logging
import mailbox
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.engines.ports import Ports
from services.kit.mail import SANDBOX_HEADER

_LARGEST_BYTES = 20 * 1024 * 1024


@dataclass(frozen=True)
class Letter:
    """A received message. `received` is UTC; `recipients` are the envelope's."""

    key: str
    received: datetime
    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str
    sandbox: str
    """The simulated cooperative whose message it is; empty for messages to real people."""


class Mail:
    """The embedded mail server. It runs in a thread; an accepted message is on disk."""

    name = "mail"

    def __init__(self, data_dir: Path) -> None:
        self._base = data_dir.absolute()
        self._port = 0
        self._controller: Controller | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int | None:
        return os.getpid() if self._controller is not None else None

    def start(self) -> None:
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # it tells who writes to whom
        box = _open(self._base, create=True)
        self._port = Ports(self._base).take(self.name, self._port or None)
        self._controller = Controller(
            _Keeper(box),
            hostname="127.0.0.1",
            port=self._port,
            data_size_limit=_LARGEST_BYTES,
            decode_data=False,
        )
        self._controller.start()

    def stop(self, patience_seconds: float = 1) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def is_healthy(self) -> bool:
        return self._controller is not None


def letters(data_dir: Path) -> list[Letter]:
    """Everything in the mailbox, newest first; empty when no mail server has run here."""
    try:
        box = _open(data_dir, create=False)
    except mailbox.NoSuchMailboxError:
        return []
    found = [_letter(key, box.get_bytes(key)) for key in box.keys()]  # noqa: SIM118 - a Maildir iterates messages
    return sorted(found, key=lambda letter: (letter.received, letter.key), reverse=True)


def letter(data_dir: Path, key: str) -> Letter:
    """One message; KeyError when it is not there."""
    try:
        box = _open(data_dir, create=False)
    except mailbox.NoSuchMailboxError as error:
        raise KeyError(key) from error
    return _letter(key, box.get_bytes(key))


class _Keeper:
    def __init__(self, box: mailbox.Maildir) -> None:
        self._box = box

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content = (
            envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        )
        trace = f"X-Envelope-From: {envelope.mail_from}\r\n" + "".join(
            f"X-Envelope-To: {recipient}\r\n" for recipient in envelope.rcpt_tos
        )
        self._box.add(trace.encode() + f"X-Received: {datetime.now(UTC).isoformat()}\r\n".encode() + content)
        return "250 Kept"


def _open(data_dir: Path, create: bool) -> mailbox.Maildir:
    return mailbox.Maildir(data_dir / "mailbox", create=create)


def _letter(key: str, raw: bytes) -> Letter:
    message = BytesParser(policy=policy.default).parsebytes(raw)
    return Letter(
        key=key,
        received=_received(message),
        sender=str(message.get("From", message.get("X-Envelope-From", ""))),
        recipients=tuple(str(value) for value in message.get_all("X-Envelope-To", [])),
        subject=str(message.get("Subject", "")),
        text="".join(_parts(message, "plain")),
        html="".join(_parts(message, "html")),
        sandbox=str(message.get(SANDBOX_HEADER, "")),
    )


def _received(message: EmailMessage) -> datetime:
    try:
        return datetime.fromisoformat(str(message["X-Received"]))
    except ValueError:
        return parsedate_to_datetime(str(message["Date"])).astimezone(UTC)


def _parts(message: EmailMessage, subtype: str) -> Iterator[str]:
    for part in message.walk():
        if part.get_content_type() == f"text/{subtype}" and not part.is_attachment():
            yield part.get_content()
