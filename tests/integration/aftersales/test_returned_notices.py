"""A notice that comes back is not served: its proof fails, the guard closes again, its staff hear of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from services.aftersales.notices import actions as notices
from tests.integration.aftersales.test_contractor_link import Firm, a_firm, under_warranty
from tests.integration.aftersales.test_parties_letters import Post
from tests.integration.aftersales.test_parties_pages import desk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines


@pytest.fixture
def post(aulnes: Cooperative, tmp_path: Path) -> Post:
    return Post(aulnes, tmp_path)


async def noticed(aulnes: Cooperative, firm: Firm) -> tuple[str, dict[str, Any]]:
    """A buyer's request whose builder was written to by e-mail; the request and the notice."""
    ticket = await under_warranty(aulnes, firm)
    body = {"kind": "notice", "party": firm.party, "sent_by": "email"}
    written = await aulnes.post(f"/tickets/{ticket}/notices", body)
    assert written.status_code == 201, written.text
    return ticket, written.json()


async def letter_of(aulnes: Cooperative, notice: str) -> str:
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        rows = await unit.session.execute(
            text("SELECT letter FROM aftersales.notice WHERE id = :id"), {"id": notice}
        )
        return str(rows.scalar_one())


async def notice_now(aulnes: Cooperative, ticket: str) -> dict[str, Any]:
    shown = (await aulnes.get(f"/tickets/{ticket}/notices")).json()["notices"]
    return dict(shown[0])


async def collected(aulnes: Cooperative) -> None:
    async with aulnes.room_unit("aftersales", aulnes.slug) as unit:
        await notices.collect(unit)


async def test_a_notice_that_comes_back_closes_the_way_to_the_firm_again(
    aulnes: Cooperative, post: Post
) -> None:
    firm = await a_firm(aulnes)
    ticket, notice = await noticed(aulnes, firm)
    await post.all()
    await collected(aulnes)
    assert (await notice_now(aulnes, ticket))["level"] == "kept"
    warned = len(await aulnes.told("aftersales.deadline_near.v1"))
    letter = await letter_of(aulnes, notice["id"])
    assert (await aulnes.post(f"/letters/{letter}/returned", {"why": "5.1.1"})).status_code == 200
    shown = await notice_now(aulnes, ticket)
    assert (shown["level"], shown["is_proved"]) == ("lost", False)
    assert [one["kind"] for one in shown["proofs"]] == ["accepted", "returned"]
    refused = await aulnes.act(ticket, "assign", party=firm.party)
    assert refused.status_code == 409, "it was not served: no firm is sent"
    near = (await aulnes.told("aftersales.deadline_near.v1"))[warned:]
    assert [(one["ticket"], one["clock"]) for one in near] == [(ticket, "legal")]
    told = (await aulnes.told("aftersales.ticket_changed.v1"))[-1]
    assert (told["action"], told["tells_household"]) == ("return_notice", False)
    page = (await desk(aulnes).get(f"/desk/{ticket}")).text
    assert "Lettre revenue" in page
    assert "n’est pas arrivé" in page
    again = await aulnes.post(f"/tickets/{ticket}/notices", {"kind": "notice", "sent_by": "registered"})
    assert again.status_code == 201, again.text
    assert (await aulnes.act(ticket, "assign", party=firm.party)).status_code == 200


async def test_a_notice_that_a_server_never_takes_is_not_served_either(
    aulnes: Cooperative, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    from services.kit import mail

    async def refuse(*_: object) -> None:
        raise mail.PermanentFailure("smtp_550")

    monkeypatch.setattr(mail, "keep", refuse)
    firm = await a_firm(aulnes)
    ticket, _ = await noticed(aulnes, firm)
    await post.all()
    await collected(aulnes)
    shown = await notice_now(aulnes, ticket)
    assert [one["kind"] for one in shown["proofs"]] == ["not_sent"]
    assert (await aulnes.act(ticket, "assign", party=firm.party)).status_code == 409


async def test_a_receipt_is_stronger_than_an_e_mail_that_comes_back(aulnes: Cooperative, post: Post) -> None:
    firm = await a_firm(aulnes)
    ticket, notice = await noticed(aulnes, firm)
    await post.all()
    proof = {"kind": "answer", "on": "2026-11-16", "note": "Nous venons jeudi."}
    kept = await aulnes.post(f"/notices/{notice['id']}/proofs", proof)
    assert kept.status_code == 201, kept.text
    letter = await letter_of(aulnes, notice["id"])
    assert (await aulnes.post(f"/letters/{letter}/returned", {})).status_code == 200
    assert (await notice_now(aulnes, ticket))["is_proved"] is True
    assert (await aulnes.act(ticket, "assign", party=firm.party)).status_code == 200


async def test_nobody_returns_a_notice_by_name(aulnes: Cooperative) -> None:
    firm = await a_firm(aulnes)
    ticket, _ = await noticed(aulnes, firm)
    assert (await aulnes.act(ticket, "return_notice")).status_code in (409, 422)
    assert "return_notice" not in (await aulnes.get(f"/tickets/{ticket}")).json()["legal_actions"]
