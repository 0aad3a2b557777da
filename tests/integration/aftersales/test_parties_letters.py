"""What is written to parties leaves once, is proved by its row, and what does not arrive is told to staff."""

from __future__ import annotations

import mailbox
from collections.abc import Awaitable, Callable
from datetime import timedelta
from email.message import Message
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from services.aftersales.parties import letters, posting
from services.aftersales.parties.model import Party
from services.kit import clock as clocks
from services.kit import mail
from services.kit.ids import new_id
from services.kit.mail import PermanentFailure, TemporaryFailure
from services.kit.settings import Settings

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines


def a_party(coop: str, **more: Any) -> Party:
    facts: dict[str, Any] = {
        "name": "Entreprise 3",
        "email": f"{new_id('x')}@firm.test",
        "kind": "contractor",
    } | more
    return Party(id=new_id("pty"), coop=coop, trades=[], buildings=[], warranties=[], **facts)


class Post:
    """A room that only posts the letters of one cooperative, at an hour that the test decides."""

    def __init__(self, aulnes: Cooperative, folder: Path) -> None:
        self._aulnes = aulnes
        self.folder = folder
        self.later = timedelta()
        self.room = SimpleNamespace(
            settings=Settings(data_dir=folder, public_url="https://palier.test"), unit=self._unit
        )

    def _unit(self) -> object:
        return self._aulnes.room_unit("aftersales", clock=lambda: clocks.system() + self.later)

    async def all(self) -> None:
        while await posting.step(self.room):  # type: ignore[arg-type]
            pass

    def received(self, message_id: str) -> list[Message]:
        box = mailbox.Maildir(self.folder / "mailbox", create=True)
        return [one for one in box if one["Message-ID"] == message_id]


@pytest.fixture
def post(aulnes: Cooperative, tmp_path: Path) -> Post:
    return Post(aulnes, tmp_path)


async def write(aulnes: Cooperative, about: str = "tkt_1", **more: object) -> str:
    party = a_party(aulnes.slug, **more)
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        unit.session.add(party)
        await unit.session.flush()
        return await letters.write_to(
            unit, party, subject="Réserve n° 12", paragraphs=["Bonjour,", "L’évier fuit."], about=about,
            attachment=("notification.pdf", b"%PDF-1.7"), link=letters.PERSONAL_PAGE,
        )  # fmt: skip


async def proof(aulnes: Cooperative, letter: str) -> letters.Proof:
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        return await letters.proof(unit, letter)


async def test_a_letter_leaves_with_its_attachment_and_a_personal_link(
    aulnes: Cooperative, post: Post
) -> None:
    letter = await write(aulnes)
    assert (await proof(aulnes, letter)).state == "queued"
    await post.all()
    shown = await proof(aulnes, letter)
    assert (shown.state, shown.answer) == ("sent", posting.KEPT)
    assert shown.sent_at is not None
    assert shown.attachment_sha256 is not None
    [message] = post.received(str(shown.message_id))
    assert message["X-Palier-Sandbox"] == aulnes.slug
    words = {part.get_content_type(): part.get_payload(decode=True) for part in message.walk()}
    assert "L’évier fuit.".encode() in words["text/plain"]
    assert b"https://palier.test/contractor/" in words["text/html"]
    assert words["application/pdf"] == b"%PDF-1.7"


async def test_the_token_of_a_link_is_kept_as_its_hash_only(aulnes: Cooperative, post: Post) -> None:
    letter = await write(aulnes)
    await post.all()
    [message] = post.received(str((await proof(aulnes, letter)).message_id))
    body = next(part for part in message.walk() if part.get_content_type() == "text/plain")
    said = bytes(body.get_payload(decode=True)).decode()
    secret = said.split("/contractor/")[1].split()[0].split(".")[1]
    assert len(secret) >= 32
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        for table in ("letter", "party_link"):
            rows = await unit.session.execute(text(f"SELECT CAST(t AS text) FROM aftersales.{table} t"))
            assert not any(secret in row for row in rows.scalars())


async def test_a_server_that_refuses_for_a_moment_is_asked_again_and_one_that_refuses_for_good_is_not(
    aulnes: Cooperative, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Callable[[], str]] = [_raise(TemporaryFailure("smtp_451")), lambda: "250 2.0.0 taken"]
    monkeypatch.setattr(mail, "keep", _server(answers))
    letter = await write(aulnes)
    await post.all()
    assert (await proof(aulnes, letter)).state == "queued"
    post.later = timedelta(minutes=1)
    await post.all()
    assert (await proof(aulnes, letter)).state == "sent"
    answers.append(_raise(PermanentFailure("smtp_550")))
    about = new_id("tkt")
    lost = await write(aulnes, about)
    post.later = timedelta(minutes=2)
    await post.all()
    assert (await proof(aulnes, lost)).answer == "smtp_550"
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        assert [one.id for one, _ in await letters.undelivered(unit, about)] == [lost]


async def test_a_letter_whose_end_is_unknown_is_not_sent_twice(
    aulnes: Cooperative, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(*_: object) -> None:
        raise RuntimeError("the process ends here")

    letter = await write(aulnes)
    with monkeypatch.context() as patched:
        patched.setattr(mail, "keep", dies)
        with pytest.raises(RuntimeError):
            await post.all()
    post.later = timedelta(minutes=10)
    await post.all()
    shown = await proof(aulnes, letter)
    assert (shown.state, shown.answer) == ("failed", posting.UNKNOWN_END)
    assert post.received(str(shown.message_id)) == []


async def test_a_party_without_address_gets_a_letter_that_staff_must_post(aulnes: Cooperative) -> None:
    letter = await write(aulnes, email=None)
    assert (await proof(aulnes, letter)).answer == "no_address"


def _raise(error: Exception) -> Callable[[], str]:
    def fail() -> str:
        raise error

    return fail


def _server(answers: list[Callable[[], str]]) -> Callable[..., Awaitable[str]]:
    async def keep(*_: object) -> str:
        return answers.pop(0)()

    return keep
