"""Every 422 names what is wrong by a pointer, in the reader's language; on the real database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import httpx

    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines


def named(answer: httpx.Response) -> tuple[str, str, str]:
    assert answer.status_code == 422, answer.text
    [error] = answer.json()["errors"]
    return answer.json()["code"], error["pointer"], error["message"]


async def test_nine_photos_at_once_are_too_many(aulnes: Cooperative) -> None:
    ticket = (await aulnes.open((await aulnes.move_in())["occupancy"]))["id"]
    answer = await aulnes.web.client.post(
        f"/api/v1/tickets/{ticket}/photos",
        files=[("file", (f"{place}.jpg", b"x", "image/jpeg")) for place in range(9)],
        headers=aulnes.staff,
    )
    assert named(answer) == ("invalid", "/file", "Envoyez 8 fichiers au plus à la fois.")


async def test_a_key_that_is_short_or_used_again_is_named(aulnes: Cooperative) -> None:
    ticket = (await aulnes.open((await aulnes.move_in())["occupancy"]))["id"]
    me = aulnes.staff

    async def write(key: str, body: str) -> httpx.Response:
        headers = me | {"Idempotency-Key": key}
        path = f"/api/v1/tickets/{ticket}/messages"
        answer: httpx.Response = await aulnes.web.client.post(path, json={"body": body}, headers=headers)
        return answer

    assert named(await write("short", "Un."))[:2] == ("invalid_idempotency_key", "/Idempotency-Key")
    assert (await write("a-key-of-mine", "Un.")).status_code == 201
    again = await write("a-key-of-mine", "Deux.")
    assert named(again)[:2] == ("idempotency_key_reused", "/Idempotency-Key")


async def test_what_cannot_be_kept_is_named(aulnes: Cooperative) -> None:
    occupancy = (await aulnes.move_in())["occupancy"]
    ticket = (await aulnes.open(occupancy))["id"]
    answer = await aulnes.post(f"/tickets/{ticket}/messages", {"body": "avant\x00après"})
    assert named(answer)[:2] == ("unfit_value", "/body")
    report = {
        "occupancy": occupancy, "place": "kitchen", "element": "tap", "symptom": "broken",
        "description": "a\x00b", "channel": "phone",
    }  # fmt: skip
    assert named(await aulnes.post("/tickets", report))[:2] == ("unfit_value", "/description")
    finding = {"place": "kitchen", "element": "tap", "symptom": "leak", "note": ""}
    sheet = {
        "kind": "etat_des_lieux",
        "on": "2026-11-10",
        "findings": [finding, finding | {"note": "a\x00b"}],
    }
    answer = await aulnes.post(f"/occupancies/{occupancy}/inspection", sheet)
    assert named(answer)[:2] == ("unfit_value", "/findings/1/note")
    assert named(await aulnes.get("/tickets/a%00b"))[:2] == ("unfit_value", "/ticket")


async def test_an_unknown_reason_is_refused_whatever_the_step(aulnes: Cooperative) -> None:
    ticket = (await aulnes.open((await aulnes.move_in())["occupancy"]))["id"]
    answer = await aulnes.act(ticket, "acknowledge", reason="because")
    assert named(answer)[:2] == ("invalid", "/reason")
