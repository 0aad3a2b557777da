"""What a mail server cannot deliver goes back to an address that says which letter it was."""

import asyncio
from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from services.kit import mail

PATTERN = "returns+{id}@coop.test"


class Box:
    """A mail server that only remembers who a message was from and whom it was for."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, list[str]]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: SimpleNamespace) -> str:  # noqa: N802
        self.seen.append((envelope.mail_from, envelope.rcpt_tos))
        return "250 taken"


@pytest.mark.parametrize(
    ("pattern", "sender"), [(PATTERN, "returns+ltr_7@coop.test"), (None, "noreply@palier.test")]
)
async def test_the_envelope_s_sender_names_the_letter(pattern: str | None, sender: str) -> None:
    box = Box()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, loop=loop), "127.0.0.1", 0)
    try:
        port = server.sockets[0].getsockname()[1]
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "noreply@palier.test", "firm@firm.test", "Essai"
        message.set_content("Bonjour")
        await mail.send(f"smtp://127.0.0.1:{port}", message, mail.return_address(pattern, "ltr_7"))
    finally:
        server.close()
    assert box.seen == [(sender, ["firm@firm.test"])]
