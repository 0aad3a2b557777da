"""What goes with a letter: photos as files and in print, earlier letters; sealed, whatever comes later."""

from __future__ import annotations

import io
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from pypdf import PdfReader
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.aftersales import personal
from services.aftersales.parties import links
from services.aftersales.parties.model import Party
from services.aftersales.tables import load
from tests.integration.aftersales.test_notices import a_firm, a_reserve
from tests.integration.aftersales.test_parties_letters import Post, post
from tests.integration.aftersales.test_parties_pages import desk
from tests.integration.aftersales.test_photos import delete, put
from tests.pictures import photo

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

__all__ = ["post"]

pytestmark = pytest.mark.engines


async def notified(aulnes: Cooperative, ticket: str, **more: Any) -> dict[str, Any]:
    written = await aulnes.post(f"/tickets/{ticket}/notices", more)
    assert written.status_code == 201, written.text
    return dict(written.json())


async def gone_with(aulnes: Cooperative, room_unit: Any, notice: dict[str, Any]) -> list[str]:
    """Which photos and documents went with a letter."""
    async with room_unit("aftersales", aulnes.slug) as unit:
        found = await unit.session.execute(
            text("SELECT source FROM aftersales.notice_annex WHERE notice = :id"), {"id": notice["id"]}
        )
        return list(found.scalars())


async def photographed(aulnes: Cooperative) -> tuple[dict[str, Any], dict[str, str], list[dict[str, Any]]]:
    """A réserve with two photos of its household; who the household is, and its photos."""
    ticket = await a_reserve(aulnes)
    household = aulnes.resident(ticket["moved"]["persons"][0]["id"])
    added = await put(aulnes, ticket["id"], household, photo(), photo("PNG"))
    assert added.status_code == 201, added.text
    return ticket, household, added.json()["photos"]


async def test_a_letter_lists_the_photos_of_its_request_with_fingerprints_and_shows_them(
    aulnes: Cooperative, room_unit: Any
) -> None:
    await a_firm(aulnes, room_unit)
    ticket, household, _ = await photographed(aulnes)
    notice = await notified(aulnes, ticket["id"])
    assert [(one["number"], one["kind"], one["way"]) for one in notice["annexes"]] == [
        (1, "photo", "attached"), (2, "photo", "attached"),
    ]  # fmt: skip
    pdf = PdfReader(io.BytesIO((await aulnes.get(f"/notices/{notice['id']}.pdf")).content))
    words = "\n".join(page.extract_text() for page in pdf.pages)
    assert sum(len(page.images) for page in pdf.pages) >= 1
    for one in notice["annexes"]:
        assert one["sha256"][:16] in words
        assert one["dated_on"] == "2026-11-16"
        file = await aulnes.get(one["url"].removeprefix("/api/v1"), household)
        assert sha256(file.content).hexdigest() == one["sha256"]
    assert (await aulnes.get(f"/notices/{notice['id']}/annexes/3")).status_code == 404


async def test_what_was_sent_stays_whatever_becomes_of_the_photos(
    aulnes: Cooperative, room_unit: Any
) -> None:
    await a_firm(aulnes, room_unit)
    ticket, household, photos = await photographed(aulnes)
    notice = await notified(aulnes, ticket["id"])
    assert await delete(aulnes, ticket["id"], photos[0]["id"], household) == 204
    assert (await put(aulnes, ticket["id"], household, photo("WEBP"))).status_code == 201
    [later] = (await aulnes.get(f"/tickets/{ticket['id']}/notices")).json()["notices"]
    assert later["annexes"] == notice["annexes"]
    assert later["sha256"] == notice["sha256"]
    first = await aulnes.get(f"/notices/{notice['id']}/annexes/1")
    assert sha256(first.content).hexdigest() == notice["annexes"][0]["sha256"]
    async with room_unit("aftersales", aulnes.slug) as unit:
        with pytest.raises(DBAPIError, match="permission denied"):
            await unit.session.execute(
                text("UPDATE aftersales.notice_annex SET sha256 = 'x' WHERE notice = :id"),
                {"id": notice["id"]},
            )
        await unit.session.rollback()


async def test_photos_leave_as_files_of_the_e_mail(aulnes: Cooperative, room_unit: Any, post: Post) -> None:
    await a_firm(aulnes, room_unit)
    ticket, _, _ = await photographed(aulnes)
    notice = await notified(aulnes, ticket["id"])
    message = await mailed(aulnes, room_unit, post, notice["id"])
    files = {
        part.get_filename(): part.get_payload(decode=True) for part in message.walk() if part.get_filename()
    }
    assert list(files) == [f"{notice['id']}.pdf", "annexe-01.jpg", "annexe-02.jpg"]
    for one in notice["annexes"]:
        assert sha256(files[f"annexe-{one['number']:02}.jpg"]).hexdigest() == one["sha256"]
    assert "/contractor/" not in message.as_string(), "nothing is left to be opened by a link"


async def test_what_is_too_large_is_named_and_opened_by_the_firms_personal_link(
    aulnes: Cooperative, room_unit: Any, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(load("notices/letters")["annex_limits"], "mailed_bytes", 0)
    firm = await a_firm(aulnes, room_unit)
    ticket, _, _ = await photographed(aulnes)
    notice = await notified(aulnes, ticket["id"])
    assert {one["way"] for one in notice["annexes"]} == {"linked"}
    assert "lien personnel" in " ".join(notice["paragraphs"])
    message = await mailed(aulnes, room_unit, post, notice["id"])
    body = next(part for part in message.walk() if part.get_content_type() == "text/plain")
    said = bytes(body.get_payload(decode=True)).decode()
    path = said.split("https://palier.test")[1].split()[0]
    page = await aulnes.web.client.get(path, headers={"Accept-Language": "fr"})
    assert page.status_code == 200
    assert notice["annexes"][0]["sha256"][:16] in page.text
    file = await aulnes.web.client.get(f"{path}/annexes/1")
    assert sha256(file.content).hexdigest() == notice["annexes"][0]["sha256"]
    letter = await aulnes.web.client.get(f"{path}/letter.pdf")
    assert sha256(letter.content).hexdigest() == notice["sha256"]
    other = await a_firm(aulnes, room_unit, name="Autre entreprise")
    assert other != firm
    async with room_unit("aftersales", aulnes.slug) as unit:
        token = await links.mint(unit, await unit.session.get_one(Party, other))
    for rest in ("", "/letter.pdf", "/annexes/1"):
        wrong = await aulnes.web.client.get(f"/contractor/{token}/notices/{notice['id']}{rest}")
        assert wrong.status_code == 404, rest


async def test_staff_keep_a_photo_back(aulnes: Cooperative, room_unit: Any) -> None:
    await a_firm(aulnes, room_unit)
    ticket, _, photos = await photographed(aulnes)
    notice = await notified(aulnes, ticket["id"], without_photos=[photos[0]["id"]])
    assert len(notice["annexes"]) == 1


async def test_a_mise_en_demeure_goes_with_a_copy_of_the_notice_it_recalls(
    aulnes: Cooperative, room_unit: Any
) -> None:
    await a_firm(aulnes, room_unit)
    ticket, _, _ = await photographed(aulnes)
    first = await notified(aulnes, ticket["id"])
    formal = await notified(aulnes, ticket["id"], kind="formal")
    [copy] = [one for one in formal["annexes"] if one["kind"] == "letter"]
    assert (copy["sha256"], copy["way"]) == (first["sha256"], "enclosed")
    assert {one["way"] for one in formal["annexes"] if one["kind"] == "photo"} == {"printed"}
    file = await aulnes.get(copy["url"].removeprefix("/api/v1"))
    assert sha256(file.content).hexdigest() == first["sha256"]


async def test_another_household_sees_no_annex_and_a_copy_of_ones_data_has_them(
    aulnes: Cooperative, room_unit: Any
) -> None:
    await a_firm(aulnes, room_unit)
    ticket, _, _ = await photographed(aulnes)
    notice = await notified(aulnes, ticket["id"])
    other = await aulnes.move_in()
    stranger = aulnes.resident(other["persons"][0]["id"])
    assert (await aulnes.get(f"/notices/{notice['id']}/annexes/1", stranger)).status_code == 404
    async with room_unit("aftersales", aulnes.slug) as unit:
        copy = await personal.export(unit, ticket["moved"]["persons"][0]["id"])
    assert [one["sha256"] for one in copy["notice_annexes"]] == [one["sha256"] for one in notice["annexes"]]
    assert all(one["jpeg_base64"] for one in copy["notice_annexes"])


async def test_a_copy_of_ones_data_names_the_annexes_of_what_another_of_the_home_told_without_the_photos(
    aulnes: Cooperative, room_unit: Any
) -> None:
    await a_firm(aulnes, room_unit)
    ticket, _, _ = await photographed(aulnes)
    notice = await notified(aulnes, ticket["id"])
    person = ticket["moved"]["persons"][0]["id"]
    async with room_unit("aftersales", aulnes.slug) as unit:
        for statement in (
            "UPDATE aftersales.photo SET put_by = 'per_flatmate' WHERE ticket = :id",
            "UPDATE aftersales.ticket SET reported_by = 'per_flatmate' WHERE id = :id",
        ):
            await unit.session.execute(text(statement), {"id": ticket["id"]})
        copy = await personal.export(unit, person)
    assert [one["sha256"] for one in copy["notice_annexes"]] == [one["sha256"] for one in notice["annexes"]]
    assert [one["jpeg_base64"] for one in copy["notice_annexes"]] == [None, None]


async def test_a_photo_that_was_put_after_the_form_was_opened_does_not_go(
    aulnes: Cooperative, room_unit: Any
) -> None:
    await a_firm(aulnes, room_unit)
    ticket, household, photos = await photographed(aulnes)
    assert (await put(aulnes, ticket["id"], household, photo("WEBP"))).status_code == 201
    sent = await desk(aulnes).send(f"/desk/{ticket['id']}/notices", kind="notice", photo=photos[1]["id"])
    assert sent.status_code == 303, sent.text
    [notice] = (await aulnes.get(f"/tickets/{ticket['id']}/notices")).json()["notices"]
    assert await gone_with(aulnes, room_unit, notice) == [photos[1]["id"]]


async def test_staff_choose_among_the_photos_of_every_request_in_the_letter(
    aulnes: Cooperative, room_unit: Any
) -> None:
    await a_firm(aulnes, room_unit)
    ticket, household, photos = await photographed(aulnes)
    other = await a_reserve(aulnes, ticket["moved"], element="window")
    (seen,) = (await put(aulnes, other["id"], household, photo("WEBP"))).json()["photos"]
    page = await desk(aulnes).get(f"/desk/{ticket['id']}")
    assert page.text.count('name="photo"') == 3
    assert f'name="photo" value="{seen["id"]}" checked' in page.text
    letter = f"/desk/{ticket['id']}/notices"
    sent = await desk(aulnes).send(letter, kind="notice", also=other["id"], photo=photos[1]["id"])
    assert sent.status_code == 303, sent.text
    [notice] = (await aulnes.get(f"/tickets/{other['id']}/notices")).json()["notices"]
    assert await gone_with(aulnes, room_unit, notice) == [photos[1]["id"]]


async def test_an_electronic_registered_letter_is_stored_then_sent_then_proved(
    aulnes: Cooperative, room_unit: Any
) -> None:
    await a_firm(aulnes, room_unit)
    ticket, _, _ = await photographed(aulnes)
    notice = await notified(aulnes, ticket["id"], sent_by="registered_online")
    assert (notice["level"], notice["sending"]) == ("stored", None)
    proofs = f"/notices/{notice['id']}/proofs"
    unnumbered = await aulnes.post(proofs, {"kind": "registered", "on": "2026-11-16"})
    assert unnumbered.status_code == 422
    for kind, level in (("registered", "sent"), ("delivered", "proved")):
        kept = await aulnes.post(proofs, {"kind": kind, "on": "2026-11-16", "reference": "LRE-1"})
        assert kept.status_code == 201, kept.text
        [shown] = (await aulnes.get(f"/tickets/{ticket['id']}/notices")).json()["notices"]
        assert shown["level"] == level


async def mailed(aulnes: Cooperative, room_unit: Any, post: Post, notice: str) -> Any:
    """The e-mail by which that notice left."""
    await post.all()
    async with room_unit("aftersales", aulnes.slug) as unit:
        found = await unit.session.execute(
            text(
                "SELECT l.message_id FROM aftersales.letter l JOIN aftersales.notice n ON n.letter = l.id"
                " WHERE n.id = :id"
            ),
            {"id": notice},
        )
        [message] = post.received(found.scalar_one())
    return message
