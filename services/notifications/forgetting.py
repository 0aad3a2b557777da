"""The embedded mailbox forgets what was written to a person who was erased."""

import asyncio
import mailbox
from collections.abc import Collection, Iterator
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from pathlib import Path

from sqlalchemy import text

from services.kit.unit import Unit


async def forget(unit: Unit, data_dir: Path, messages: Collection[str]) -> None:
    """Remove the messages with these Message-IDs, and all others to the addresses they went to, unless
    somebody who is still known is reached there. Without an embedded mailbox nothing is done."""
    if not messages:
        return
    addresses = await asyncio.to_thread(_addresses_of, data_dir, set(messages))
    known = await unit.session.execute(
        text(
            "SELECT lower(email) FROM registry.contact WHERE lower(email) = ANY(:asked)"
            " UNION SELECT lower(email) FROM registry.staff_contact WHERE lower(email) = ANY(:asked)"
        ),
        {"asked": sorted(addresses)},
    )
    free = addresses - set(known.scalars())
    await asyncio.to_thread(_remove, data_dir, set(messages), free)


def _addresses_of(data_dir: Path, messages: set[str]) -> set[str]:
    return {address for _, head in _heads(data_dir) if _id(head) in messages for address in _recipients(head)}


def _remove(data_dir: Path, messages: set[str], addresses: set[str]) -> None:
    gone = [key for key, head in _heads(data_dir) if _id(head) in messages or _recipients(head) & addresses]
    if gone:
        box = mailbox.Maildir(data_dir / "mailbox", create=False)
        for key in gone:
            box.discard(key)


def _heads(data_dir: Path) -> Iterator[tuple[str, Message]]:
    folder = data_dir / "mailbox"
    if not folder.is_dir():
        return
    box, parser = mailbox.Maildir(folder, create=False), BytesHeaderParser()
    for key in box.iterkeys():
        try:
            with box.get_file(key) as file:
                yield key, parser.parse(file)  # type: ignore[arg-type]
        except (KeyError, FileNotFoundError):
            continue  # somebody else removed it meanwhile


def _id(head: Message) -> str:
    return str(head.get("Message-ID", "")).strip()


def _recipients(head: Message) -> set[str]:
    fields = [str(value) for name in ("To", "X-Envelope-To") for value in head.get_all(name, [])]
    return {address.lower() for _, address in getaddresses(fields) if address}
