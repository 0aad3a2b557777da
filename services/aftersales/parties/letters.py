"""What is written to parties: queued with the caller's change, sent by the room, proved by its row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlmodel import col, func, select

from services.aftersales.parties.model import Letter, Party
from services.kit.ids import new_id
from services.kit.unit import Unit

KEPT = "kept in the embedded mailbox"
"""The answer where no mail server was asked: in a trial, or where none is set."""
PERSONAL_PAGE = "/contractor/{token}"
"""For `link`: the party's own page. Each letter carries a fresh token, made as it leaves."""


@dataclass(frozen=True)
class Proof:
    """What can be shown of a letter: what was written, to whom, when it left and what the server answered."""

    letter: str
    state: str
    """queued, sent or failed."""
    subject: str
    paragraphs: tuple[str, ...]
    queued_at: datetime
    sent_at: datetime | None
    failed_at: datetime | None
    sent_to: str | None
    answer: str | None
    message_id: str | None
    attachment_name: str | None
    attachment_sha256: str | None


async def write_to(
    unit: Unit,
    party: Party,
    *,
    subject: str,
    paragraphs: Sequence[str],
    about: str,
    attachment: tuple[str, bytes] | None = None,
    link: str | None = None,
    wait: timedelta | None = None,
) -> str:
    """Queue a letter in the caller's transaction, in words already in the party's language; its id.

    `attachment` is a name and a PDF. `link` is a path of the portal (`PERSONAL_PAGE` for the party's own).
    It leaves by e-mail within seconds of the commit, at most once; news of a job may `wait` that long for
    more of the same party, and leaves in one e-mail with it. A party without address gets none: the letter is
    kept as failed (`no_address`), for the staff to post.
    """
    name, content = attachment or (None, None)
    letter = Letter(
        id=new_id("ltr"),
        coop=party.coop,
        party=party.id,
        about=about,
        language=party.language,
        subject=" ".join(subject.split()),
        paragraphs=list(paragraphs),
        link=link,
        attachment_name=name,
        attachment=content,
        state="queued" if party.email else "failed",
        attempts=0,
        not_before=unit.wall + (wait or timedelta()),
        news=wait is not None,
        answer=None if party.email else "no_address",
        queued_at=unit.now,
        failed_at=None if party.email else unit.now,
    )
    unit.session.add(letter)
    await unit.session.flush()
    return letter.id


async def proof(unit: Unit, letter: str) -> Proof:
    """What the row tells. Raises LookupError when there is no such letter."""
    row = await unit.session.get(Letter, letter, populate_existing=True)
    if row is None:
        raise LookupError("no such letter")
    return proof_of(row)


def proof_of(row: Letter) -> Proof:
    """The same of a row at hand."""
    return Proof(
        letter=row.id,
        state="queued" if row.state == "sending" else row.state,
        subject=row.subject,
        paragraphs=tuple(row.paragraphs),
        queued_at=row.queued_at,
        sent_at=row.sent_at,
        failed_at=row.failed_at,
        sent_to=row.sent_to,
        answer=row.answer,
        message_id=row.message_id,
        attachment_name=row.attachment_name,
        attachment_sha256=None if row.attachment is None else sha256(row.attachment).hexdigest(),
    )


async def undelivered(unit: Unit, about: str | None = None) -> list[tuple[Letter, Party]]:
    """Letters that did not leave and of which nobody of the staff took note yet, the oldest first."""
    query = (
        select(Letter, Party)
        .join(Party, col(Party.id) == col(Letter.party))
        .where(col(Letter.coop) == unit.coop, col(Letter.state) == "failed", col(Letter.seen_by).is_(None))
        .order_by(col(Letter.queued_at), col(Letter.id))
    )
    if about is not None:
        query = query.where(col(Letter.about) == about)
    return [(letter, party) for letter, party in (await unit.session.execute(query)).all()]


async def undelivered_count(unit: Unit) -> int:
    """How many letters wait for somebody of the staff to take note that they did not leave."""
    found = await unit.session.execute(
        select(func.count())
        .select_from(Letter)
        .where(col(Letter.coop) == unit.coop, col(Letter.state) == "failed", col(Letter.seen_by).is_(None))
    )
    return int(found.scalar_one())


async def written_about(unit: Unit, about: str) -> list[tuple[Letter, Party]]:
    """All letters about something, the latest first."""
    rows = await unit.session.execute(
        select(Letter, Party)
        .join(Party, col(Party.id) == col(Letter.party))
        .where(col(Letter.coop) == unit.coop, col(Letter.about) == about)
        .order_by(col(Letter.queued_at).desc(), col(Letter.id).desc())
    )
    return [(letter, party) for letter, party in rows.all()]
