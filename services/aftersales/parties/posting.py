"""The worker that hands letters to the mail server: claim, hand over, record.

`sending` is committed before the hand-over. A letter whose end is not known (the worker died between the
server's word and the record) is not repeated: staff are told, and decide. A formal notice counts once.
"""

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta
from email.errors import MessageError
from email.message import EmailMessage

from sqlalchemy import text
from sqlmodel import col, select

from services.aftersales.notices import enclosing, serving
from services.aftersales.parties import links
from services.aftersales.parties.letters import KEPT
from services.aftersales.parties.model import Letter, Party
from services.aftersales.parties.writing import compose
from services.kit import mail
from services.kit.addresses import public_url
from services.kit.finishing import finish
from services.kit.room import Room
from services.kit.unit import Unit

_LOG = logging.getLogger(__name__)
IDLE_SECONDS = 0.5
DELAYS_SECONDS = (10, 60, 600, 3600, 4 * 3600, 12 * 3600)
"""After each failure that may pass; beyond them the letter is given up."""
LEASE = timedelta(seconds=120)
"""Longer than any hand-over: a letter still `sending` after it was left by a worker that died."""
UNKNOWN_END = "unknown_end"
MOST_TOGETHER = 40
"""Other news in one e-mail."""


@dataclass(frozen=True)
class Claimed:
    """An e-mail to hand over, with the letters that leave in it, the one that names it first."""

    letters: tuple[str, ...]
    message: EmailMessage
    is_sandbox: bool


async def deliver(room: Room) -> None:
    """Work until the room stops. Raises when database or disk fail; the room starts it again."""
    while not room.stopping.is_set():
        if not await finish(step(room)):  # a letter in hand is recorded before the room stops
            await asyncio.sleep(IDLE_SECONDS)


async def step(room: Room) -> bool:
    """Handle one letter; False when none is due."""
    async with room.unit() as unit:
        letter = await _due(unit)
        claimed = await _claim(unit, letter, room) if letter is not None else None
    if claimed is not None:
        said, failure = await _hand_over(room, claimed)
        async with room.unit() as unit:
            await _record(unit, claimed, said, failure)
    return letter is not None


async def _due(unit: Unit) -> Letter | None:
    found = await unit.session.execute(
        select(Letter)
        .where(col(Letter.state).in_(("queued", "sending")), col(Letter.not_before) <= unit.wall)
        .order_by(col(Letter.not_before))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return found.scalar_one_or_none()


async def _claim(unit: Unit, letter: Letter, room: Room) -> Claimed | None:
    """Mark as `sending` before anything leaves; None when nothing is to be handed over."""
    await unit.enter(letter.coop)
    if letter.state == "sending":
        _fail(letter, unit, UNKNOWN_END)
        return None
    party = await unit.session.get_one(Party, letter.party)
    if not party.email:
        _fail(letter, unit, "no_address")
        return None
    base_url = public_url(room.settings)
    coop = (
        await unit.session.execute(
            text("SELECT name, sandbox FROM registry.coop WHERE slug = :slug"), {"slug": letter.coop}
        )
    ).one()
    together = [letter, *await _news_with(unit, letter)]
    token = ""
    if any(one.link and "{token}" in one.link for one in together):
        token = await links.mint(unit, party)
    paths = [one.link.replace("{token}", token) if one.link else None for one in together]
    files = await enclosing.files_of_letter(unit, letter.id)
    for one in together:
        one.attempts += 1
    try:
        message = compose(
            letter,
            party,
            coop=coop.name,
            at=unit.now,
            public_url=base_url,
            link=paths[0],
            others=list(zip(together[1:], paths[1:], strict=True)),
            files=files,
        )
    except Exception as error:  # whatever is wrong with one letter, the others leave
        _LOG.error("a letter to a party cannot be written", exc_info=True, extra={"letter": letter.id})
        for one in together:
            _fail(one, unit, f"unwritable_{type(error).__name__}")
        return None
    if coop.sandbox:
        message[mail.SANDBOX_HEADER] = letter.coop
    for one in together:
        one.state, one.not_before = "sending", unit.wall + LEASE
        one.message_id, one.sent_to = str(message["Message-ID"]), party.email
        one.left_with = None if one is letter else letter.id
    return Claimed(tuple(one.id for one in together), message, bool(coop.sandbox))


async def _news_with(unit: Unit, letter: Letter) -> list[Letter]:
    """Other news of the same party that wait, oldest first: they leave in one e-mail with it."""
    if not letter.news:
        return []
    found = await unit.session.execute(
        select(Letter)
        .where(
            col(Letter.party) == letter.party,
            col(Letter.coop) == letter.coop,
            col(Letter.state) == "queued",
            col(Letter.news).is_(True),
            col(Letter.id) != letter.id,
        )
        .order_by(col(Letter.queued_at), col(Letter.id))
        .limit(MOST_TOGETHER)
        .with_for_update(skip_locked=True)
    )
    return list(found.scalars())


async def _hand_over(room: Room, claimed: Claimed) -> tuple[str, Exception | None]:
    """What is simulated stays in the embedded mailbox, whatever mail server is configured."""
    try:
        if claimed.is_sandbox or not room.settings.smtp_url:
            await mail.keep(room.settings.data_dir, claimed.message)
            return KEPT, None
        sender = mail.return_address(room.settings.mail_return, claimed.letters[0])
        return await mail.send(room.settings.smtp_url, claimed.message, sender), None
    except (mail.TemporaryFailure, mail.PermanentFailure) as error:
        return "", error
    except (ValueError, MessageError) as error:  # a header or an address that no server can be given
        return "", mail.PermanentFailure(f"unwritable_{type(error).__name__}")


async def _record(unit: Unit, claimed: Claimed, said: str, failure: Exception | None) -> None:
    for letter in claimed.letters:
        await _record_one(unit, letter, said, failure)


async def _record_one(unit: Unit, letter_id: str, said: str, failure: Exception | None) -> None:
    letter = await unit.session.get_one(Letter, letter_id, with_for_update=True)
    await unit.enter(letter.coop)
    if letter.state != "sending":
        return
    if failure is None:
        letter.state, letter.answer, letter.sent_at = "sent", said[:500], unit.now
        return
    _LOG.warning("a letter to a party was not taken", extra={"letter": letter.id, "reason": str(failure)})
    if isinstance(failure, mail.PermanentFailure) or letter.attempts > len(DELAYS_SECONDS):
        _fail(letter, unit, str(failure))
        await serving.failed(unit, letter.id, str(failure))
    else:
        letter.state, letter.answer = "queued", str(failure)
        letter.not_before = unit.wall + timedelta(seconds=DELAYS_SECONDS[letter.attempts - 1])


def _fail(letter: Letter, unit: Unit, answer: str) -> None:
    letter.state, letter.answer, letter.failed_at = "failed", answer, unit.now
