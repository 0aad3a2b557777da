"""Who asks is answered in the language it asks for, errors included; on the real database."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from contracts.codes import Role
from services.kit import principal
from tests.integration.aftersales.test_pages import Browser

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines


async def refused(aulnes: Cooperative, ticket: str, language: str, **body: Any) -> dict[str, Any]:
    answer = await aulnes.post(
        f"/tickets/{ticket}/actions", body, aulnes.staff | {"Accept-Language": language}
    )
    assert answer.status_code in (409, 422), answer.text
    return dict(answer.json())


async def test_a_step_that_is_not_possible_says_so_in_both_languages(aulnes: Cooperative) -> None:
    ticket = (await aulnes.open((await aulnes.move_in())["occupancy"]))["id"]
    french = await refused(aulnes, ticket, "fr", action="finish")
    assert french["title"].startswith("« ")
    assert "n'est pas possible dans l'état « " in french["title"]
    english = await refused(aulnes, ticket, "en", action="finish")
    assert english["title"] == "finish is not possible while submitted."
    assert french["legal_actions"] == english["legal_actions"]
    known = await refused(aulnes, ticket, "fr", action="fly")
    assert known["errors"][0]["message"].startswith("Choisissez parmi : acknowledge, ")


async def test_what_is_missing_is_named_in_both_languages(aulnes: Cooperative) -> None:
    ticket = (await aulnes.open((await aulnes.move_in())["occupancy"]))["id"]
    await aulnes.act(ticket, "acknowledge")
    await aulnes.act(ticket, "qualify")
    for language, words in (("fr", "demande une précision : comment."), ("en", "wait_member needs comment.")):
        wrong = await refused(aulnes, ticket, language, action="wait_member")
        assert (wrong["errors"][0]["pointer"], words in wrong["errors"][0]["message"]) == ("/comment", True)
    changed = await refused(aulnes, ticket, "fr", action="assign", version=1)
    assert changed["title"].startswith("Quelqu'un a modifié cette demande")


async def test_a_picture_that_is_none_is_refused_in_french(aulnes: Cooperative) -> None:
    ticket = (await aulnes.open((await aulnes.move_in())["occupancy"]))["id"]
    said = {}
    for language in ("fr", "en"):
        answer = await aulnes.web.client.post(
            f"/api/v1/tickets/{ticket}/photos",
            files={"file": ("photo.jpg", b"nothing", "image/jpeg")},
            headers=aulnes.staff | {"Accept-Language": language},
        )
        assert answer.status_code == 422
        said[language] = answer.json()["errors"][0]["message"]
    assert said["fr"] != said["en"]


@pytest.mark.parametrize(
    ("header", "label"),
    [("en", "radiator"), ("fr", "radiateur"), ("fr;q=0.2, en;q=0.9", "radiator"), ("de", "radiateur")],
)
async def test_the_header_of_a_token_s_request_comes_before_its_person_s_language(
    aulnes: Cooperative, header: str, label: str
) -> None:
    token = aulnes.web.tokens.token("resident", aulnes.slug)
    known = aulnes.web.tokens.principals
    known[token] = replace(known[token], language="fr")
    me = {"Authorization": f"Bearer {token}", "Accept-Language": header}
    labels = {one["code"]: one["label"] for one in (await aulnes.get("/taxonomy", me)).json()["elements"]}
    assert labels["radiator"].lower().split(",")[0] == label


async def test_a_person_s_pages_keep_its_own_language(aulnes: Cooperative) -> None:
    known = aulnes.web.tokens.principals
    who = replace(known[aulnes.web.tokens.token("staff", aulnes.slug, aulnes.agent)], language="fr")
    aulnes.web.tokens.sessions["mine"] = who
    page = await aulnes.web.client.get(
        "/desk", headers={"Accept-Language": "en", "Cookie": f"{principal.SESSION_COOKIE}=mine"}
    )
    assert '<html lang="fr"' in page.text


async def test_the_desk_in_another_language_has_the_same_filters(aulnes: Cooperative) -> None:
    page = await Browser(aulnes, Role.STAFF, aulnes.agent).get("/desk?state=assigned&team=plumbing")
    assert 'name="next" value="/desk?state=assigned&amp;team=plumbing"' in page.text
