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
    assert (shown.state, shown.answer) == ("sent", letters.KEPT)
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


async def news(aulnes: Cooperative, party: Party, words: str, minutes: int | None = 5) -> str:
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        if await unit.session.get(Party, party.id) is None:
            unit.session.add(party)
            await unit.session.flush()
        return await letters.write_to(
            unit, await unit.session.get_one(Party, party.id), subject=f"Intervention {words}",
            paragraphs=["Bonjour,", f"Il y a du nouveau : {words}."], about=f"tkt_{words}",
            link=f"/contractor/{{token}}/jobs/{words}",
            wait=None if minutes is None else timedelta(minutes=minutes),
        )  # fmt: skip


async def test_news_of_a_few_minutes_leave_as_one_e_mail_in_which_each_has_its_link(
    aulnes: Cooperative, post: Post
) -> None:
    firm, other = a_party(aulnes.slug), a_party(aulnes.slug)
    written = [await news(aulnes, firm, words) for words in ("un", "deux", "trois")]
    elsewhere = await news(aulnes, other, "quatre")
    await post.all()
    assert {(await proof(aulnes, one)).state for one in written} == {"queued"}
    post.later = timedelta(minutes=6)
    await post.all()
    proofs = [await proof(aulnes, one) for one in written]
    assert {one.state for one in proofs} == {"sent"}
    [name] = {one.message_id for one in proofs}
    [message] = post.received(str(name))
    assert str(message["Subject"]).startswith("3 messages de ")
    body = next(part for part in message.walk() if part.get_content_type() == "text/plain")
    said = bytes(body.get_payload(decode=True)).decode()
    assert said.count("Bonjour,") == 1
    assert [said.index(f"Intervention {words}") for words in ("un", "deux", "trois")] == sorted(
        said.index(f"Intervention {words}") for words in ("un", "deux", "trois")
    )
    assert all(f"/jobs/{words}" in said for words in ("un", "deux", "trois"))
    assert (await proof(aulnes, elsewhere)).message_id != name


async def test_what_is_dangerous_leaves_alone_and_at_once(aulnes: Cooperative, post: Post) -> None:
    firm = a_party(aulnes.slug)
    usual, danger = await news(aulnes, firm, "un"), await news(aulnes, firm, "danger", None)
    await post.all()
    assert (await proof(aulnes, danger)).state == "sent"
    assert (await proof(aulnes, usual)).state == "queued"
    [message] = post.received(str((await proof(aulnes, danger)).message_id))
    assert message["Subject"] == "Intervention danger"


async def test_a_single_piece_of_news_keeps_its_own_subject(aulnes: Cooperative, post: Post) -> None:
    letter = await news(aulnes, a_party(aulnes.slug), "un")
    post.later = timedelta(minutes=6)
    await post.all()
    [message] = post.received(str((await proof(aulnes, letter)).message_id))
    assert message["Subject"] == "Intervention un"


async def test_news_that_are_refused_together_are_tried_again_together(
    aulnes: Cooperative, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [_raise(TemporaryFailure("smtp_451")), lambda: "250 taken"]
    monkeypatch.setattr(mail, "keep", _server(answers))
    firm = a_party(aulnes.slug)
    written = [await news(aulnes, firm, words) for words in ("un", "deux")]
    for minutes in (6, 8):
        post.later = timedelta(minutes=minutes)
        await post.all()
    assert {(await proof(aulnes, one)).state for one in written} == {"sent"}
    assert answers == []


async def test_what_comes_back_is_undelivered_with_all_that_left_in_the_same_e_mail(
    aulnes: Cooperative, post: Post
) -> None:
    firm = a_party(aulnes.slug)
    written = [await news(aulnes, firm, words) for words in ("un", "deux")]
    early = await aulnes.post(f"/letters/{written[0]}/returned", {})
    assert (early.status_code, early.json()["code"]) == (409, "not_sent")
    post.later = timedelta(minutes=6)
    await post.all()
    done = await aulnes.post(f"/letters/{written[1]}/returned", {"why": "boîte pleine"})
    assert done.status_code == 200, done.text
    shown = [await proof(aulnes, one) for one in written]
    assert {(one.state, one.answer) for one in shown} == {("failed", "returned: boîte pleine")}
    assert all(one.sent_at is not None for one in shown), "that it left stays known"
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        assert {one.id for one, _ in await letters.undelivered(unit)} == set(written)
    again = await aulnes.post(f"/letters/{written[0]}/returned", {})
    assert again.json() == {"letters": []}


async def test_a_mail_server_s_report_is_read_by_the_operator_s_program(
    aulnes: Cooperative, post: Post
) -> None:
    from tests.unit.aftersales.test_returned_letters import LETTER, a_report

    letter = await write(aulnes)
    await post.all()
    operator = aulnes.web.as_("operator", "*")
    report = a_report().decode().replace(LETTER, letter)
    late = {"report": a_report(action="delayed", status="4.4.1").decode(), "letter": letter}
    assert (await aulnes.post("/operations/letters/returned", late, operator)).json() == {"letters": []}
    told = await aulnes.post("/operations/letters/returned", {"report": report}, operator)
    assert told.json() == {"letters": [letter]}, told.text
    assert (await proof(aulnes, letter)).answer == "returned: 5.1.1"
    for body, code in (
        ({"report": "Je reviens lundi"}, 200), ({}, 200), ({"letter": "ltr_none"}, 404),
        ({"report": a_report().decode()}, 404),
    ):  # fmt: skip
        assert (await aulnes.post("/operations/letters/returned", body, operator)).status_code == code


def _raise(error: Exception) -> Callable[[], str]:
    def fail() -> str:
        raise error

    return fail


def _server(answers: list[Callable[[], str]]) -> Callable[..., Awaitable[str]]:
    async def keep(*_: object) -> str:
        return answers.pop(0)()

    return keep
