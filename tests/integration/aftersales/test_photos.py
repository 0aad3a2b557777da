"""Photos of requests: who may add, see and take back; what is kept of them; what is told of what is not."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from PIL import Image
from sqlalchemy import text

from contracts.codes import Role
from services.aftersales import personal
from services.aftersales.photos import keeping
from tests.integration.aftersales.test_pages import CSRF, Browser, at_home
from tests.pictures import HEIC, MAKER, photo

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines
THURSDAY = datetime(2026, 11, 19, 10, tzinfo=UTC)


async def ticket_of(aulnes: Cooperative) -> tuple[str, dict[str, str], str]:
    """A request, its household's headers, and its person."""
    moved = await aulnes.move_in()
    person = moved["persons"][0]["id"]
    return (await aulnes.open(moved["occupancy"]))["id"], aulnes.resident(person), person


async def put(aulnes: Cooperative, ticket: str, who: dict[str, str], *raws: bytes) -> httpx.Response:
    answer: httpx.Response = await aulnes.web.client.post(
        f"/api/v1/tickets/{ticket}/photos",
        files=[("photos", (f"photo-{number}.jpg", raw)) for number, raw in enumerate(raws)],
        headers=who,
    )
    return answer


async def delete(aulnes: Cooperative, ticket: str, photo_id: str, who: dict[str, str]) -> int:
    answer = await aulnes.web.client.delete(f"/api/v1/tickets/{ticket}/photos/{photo_id}", headers=who)
    return int(answer.status_code)


async def test_who_is_signed_out_never_sees_a_photo_not_even_a_kept_one(aulnes: Cooperative) -> None:
    ticket, household, person = await ticket_of(aulnes)
    await put(aulnes, ticket, household, photo())
    [kept] = (await aulnes.get(f"/tickets/{ticket}/photos", household)).json()["photos"]
    home = Browser(aulnes, Role.RESIDENT, person)
    for path in (kept["full"], kept["small"]):
        seen = await home.get(path)
        assert seen.headers["cache-control"] == "private, no-cache"
        tag = {"If-None-Match": seen.headers["etag"]}
        for headers in ({}, tag):
            answer = await aulnes.web.client.get(path, headers=headers)
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/sign-in")
            assert b"JFIF" not in answer.content
        assert (await aulnes.web.client.get(f"/api/v1/tickets/{ticket}{path}")).status_code in (401, 404)


async def test_a_household_adds_photos_and_both_sides_see_them(aulnes: Cooperative) -> None:
    ticket, household, _ = await ticket_of(aulnes)
    added = await put(aulnes, ticket, household, photo(), HEIC)
    assert added.status_code == 201, added.text
    assert [one["width"] for one in added.json()["photos"]] == [96, 64]
    for who in (household, aulnes.staff):
        seen = (await aulnes.get(f"/tickets/{ticket}/photos", who)).json()["photos"]
        assert [one["role"] for one in seen] == ["resident", "resident"]
        file = await aulnes.get(f"/tickets/{ticket}/photos/{seen[0]['id']}", who)
        assert Image.open(io.BytesIO(file.content)).format == "JPEG"
        assert MAKER.encode() not in file.content
    raw = await aulnes.web.client.post(
        f"/api/v1/tickets/{ticket}/photos", content=photo("PNG"), headers=household
    )
    assert raw.status_code == 201


async def test_a_photo_is_served_as_a_picture_and_nothing_else(aulnes: Cooperative) -> None:
    ticket, household, _ = await ticket_of(aulnes)
    one = (await put(aulnes, ticket, household, photo())).json()["photos"][0]
    file = await aulnes.get(f"/tickets/{ticket}/photos/{one['id']}", household)
    assert file.headers["content-type"] == "image/jpeg"
    assert file.headers["x-content-type-options"] == "nosniff"
    assert file.headers["cache-control"].startswith("private")
    assert file.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert file.headers["content-disposition"] == 'inline; filename="photo.jpg"'


async def test_what_is_no_photo_is_told_and_good_ones_stay(aulnes: Cooperative) -> None:
    ticket, household, _ = await ticket_of(aulnes)
    none = await put(aulnes, ticket, household, b"GIF89a")
    assert (none.status_code, none.json()["errors"][0]["code"]) == (422, "gif")
    some = await put(aulnes, ticket, household, b"%PDF-1.4", photo())
    assert some.status_code == 201
    assert some.json()["refused"] == [{"code": "pdf"}]
    assert len((await aulnes.get(f"/tickets/{ticket}/photos", household)).json()["photos"]) == 1


async def test_a_photo_that_is_too_heavy_is_told_before_it_is_read(aulnes: Cooperative) -> None:
    ticket, household, _ = await ticket_of(aulnes)
    for how in ({"content": photo() + bytes(15_000_000)}, {"files": {"photos": photo() + bytes(15_000_000)}}):
        heavy = await aulnes.web.client.post(f"/api/v1/tickets/{ticket}/photos", headers=household, **how)
        assert (heavy.status_code, heavy.json()["errors"][0]["code"]) == (422, "too_large")


async def test_there_is_an_end_to_photos(aulnes: Cooperative, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_OF_TICKET", 3)
    ticket, household, _ = await ticket_of(aulnes)
    assert (await put(aulnes, ticket, household, photo(), photo())).status_code == 201
    too_many = await put(aulnes, ticket, household, photo(), photo())
    assert (too_many.status_code, too_many.json()["code"]) == (409, "too_many_photos")
    assert len((await aulnes.get(f"/tickets/{ticket}/photos", household)).json()["photos"]) == 2


async def test_only_who_put_it_takes_it_back_and_only_while_it_is_fresh(aulnes: Cooperative) -> None:
    ticket, household, _ = await ticket_of(aulnes)
    first, second = (await put(aulnes, ticket, household, photo(), photo())).json()["photos"]
    assert await delete(aulnes, ticket, first["id"], aulnes.staff) == 409
    assert await delete(aulnes, ticket, first["id"], household) == 204
    assert (await aulnes.get(f"/tickets/{ticket}/photos/{first['id']}", household)).status_code == 404
    await aulnes.now(THURSDAY)
    assert await delete(aulnes, ticket, second["id"], household) == 409


async def test_a_neighbours_photo_does_not_exist(aulnes: Cooperative) -> None:
    ticket, household, _ = await ticket_of(aulnes)
    own, neighbour, _ = await ticket_of(aulnes)
    one = (await put(aulnes, ticket, household, photo())).json()["photos"][0]
    for path in (f"/tickets/{ticket}/photos/{one['id']}", f"/tickets/{own}/photos/{one['id']}"):
        assert (await aulnes.get(path, neighbour)).status_code == 404
    assert await delete(aulnes, ticket, one["id"], neighbour) == 404
    assert (await put(aulnes, ticket, neighbour, photo())).status_code == 404


async def test_the_same_request_sent_twice_adds_its_photos_once(aulnes: Cooperative) -> None:
    ticket, household, _ = await ticket_of(aulnes)
    for _ in range(2):
        again = await put(aulnes, ticket, household | {"Idempotency-Key": "once-more-1"}, photo())
        assert again.status_code == 201
        raw = await aulnes.web.client.post(
            f"/api/v1/tickets/{ticket}/photos",
            content=photo(),
            headers=household | {"Idempotency-Key": "once-more-2"},
        )
        assert raw.status_code == 201
    assert len((await aulnes.get(f"/tickets/{ticket}/photos", household)).json()["photos"]) == 2


async def test_pages_add_show_and_take_back(aulnes: Cooperative) -> None:
    browser, moved = await at_home(aulnes)
    page = f"/tickets/{(await aulnes.open(moved['occupancy']))['id']}"
    sent = await sent_by_form(aulnes, browser, f"{page}/photos", photo())
    assert sent.status_code == 303
    shown = (await browser.get(page)).text
    address = shown.split('src="/photos/')[1].split("/small")[0]
    assert (await browser.get(f"/photos/{address}/small")).headers["content-type"] == "image/jpeg"
    staff = Browser(aulnes, Role.STAFF, aulnes.agent)
    assert f"/photos/{address}" in (await staff.get(f"/desk/{page.split('/')[-1]}")).text
    refused = await sent_by_form(aulnes, browser, f"{page}/photos", b"<svg/>")
    assert refused.status_code == 422
    assert "Un dessin (SVG) n&#39;est pas accepté" in refused.text
    assert (await browser.send(f"/photos/{address}/take-back")).status_code == 303
    assert (await browser.get(f"/photos/{address}")).status_code == 404


async def test_a_form_without_a_file_says_so(aulnes: Cooperative) -> None:
    browser, moved = await at_home(aulnes)
    page = f"/tickets/{(await aulnes.open(moved['occupancy']))['id']}"
    assert (await browser.send(f"{page}/photos")).status_code == 422


async def test_photos_are_handed_out_to_their_person_and_forgotten(aulnes: Cooperative) -> None:
    ticket, household, person = await ticket_of(aulnes)
    await put(aulnes, ticket, household, photo())
    async with aulnes.room_unit("aftersales") as unit:
        handed_out = await personal.export(unit, person)
        assert [one["ticket"] for one in handed_out["photos"]] == [ticket]
        assert handed_out["photos"][0]["jpeg_base64"].startswith("/9j/")
        await personal.erase(unit, person, [])
        left = await unit.session.execute(
            text("SELECT count(*) FROM aftersales.photo_file WHERE coop = :coop"), {"coop": aulnes.slug}
        )
        assert left.scalar_one() == 0


async def sent_by_form(aulnes: Cooperative, browser: Any, path: str, *raws: bytes) -> httpx.Response:
    answer: httpx.Response = await aulnes.web.client.post(
        path,
        data={"csrf_token": CSRF},
        files=[("photos", ("photo.jpg", raw)) for raw in raws],
        headers=browser._headers() | {"Sec-Fetch-Site": "same-origin"},
    )
    return answer
