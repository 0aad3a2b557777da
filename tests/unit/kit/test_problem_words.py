"""Errors of the API are told in the reader's language, by the header or by the person's own choice."""

from typing import Annotated, Any, Literal

import httpx
import pytest
from fastapi import FastAPI, Query, Request
from pydantic import BaseModel, Field

from services.kit.i18n import LANGUAGE_COOKIE
from services.kit.problems import conflict, install, invalid, not_found
from services.kit.uploads import too_large


class Body(BaseModel):
    name: Annotated[str, Field(max_length=3)]
    colour: Literal["red", "blue"] = "red"


app = FastAPI()
install(app)


@app.post("/paint")
def paint(body: Body, coats: Annotated[int, Query(ge=1)] = 1) -> None: ...


@app.get("/{what}")
def raised(what: str, request: Request) -> None:
    raise {
        "absent": not_found(),
        "large": too_large(100_000_000),
        "field": invalid("/cursor", "invalid_cursor", "Use the next_cursor of the previous page."),
        "unheard": conflict("unheard", "A sentence that no catalogue has."),
    }[what]


async def asked(method: str, path: str, language: str | None, **more: Any) -> dict[str, Any]:
    headers = {"accept-language": language} if language else {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://palier") as client:
        answer = await client.request(method, path, headers=headers | more.pop("headers", {}), **more)
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize(
    ("path", "fr", "en"),
    [
        ("/absent", "Il n’y a rien de tel ici.", "There is no such thing here."),
        (
            "/large",
            "Ce fichier dépasse 100 Mo. Découpez-le, par année par exemple.",
            "This file is larger than 100 MB. Split it, by year for instance.",
        ),
        ("/field", "Certains champs ne conviennent pas.", "Some fields are not right."),
        ("/a/b", "Il n’y a rien de tel ici.", "There is no such thing here."),
    ],
)
async def test_titles_are_in_the_reader_s_language(path: str, fr: str, en: str) -> None:
    assert (await asked("GET", path, "fr-FR,fr;q=0.9,en;q=0.5"))["title"] == fr
    assert (await asked("GET", path, "en-GB,en;q=0.9"))["title"] == en
    own_choice = {"cookie": f"{LANGUAGE_COOKIE}=en"}
    assert (await asked("GET", path, "fr", headers=own_choice))["title"] == en


async def test_the_code_is_the_same_in_every_language() -> None:
    told = [await asked("GET", "/absent", language) for language in ("fr", "en")]
    assert {one["code"] for one in told} == {"not_found"}
    assert {one["type"] for one in told} == {"urn:palier:problem:not_found"}


async def test_what_no_catalogue_has_stays_as_it_is() -> None:
    assert (await asked("GET", "/unheard", "fr"))["title"] == "A sentence that no catalogue has."


async def test_each_wrong_field_is_told_in_the_reader_s_language() -> None:
    body = {"name": "long", "colour": "green"}
    french = {e["pointer"]: e["message"] for e in (await _painted(body, "fr", "?coats=0"))["errors"]}
    assert french == {
        "/name": "Il faut au plus 3 caractères",
        "/colour": "Il faut 'red' ou 'blue'",
        "/coats": "Il faut au moins 1",
    }
    english = {e["pointer"]: e["message"] for e in (await _painted(body, "en", "?coats=0"))["errors"]}
    assert english["/colour"] == "Input should be 'red' or 'blue'"
    missing = await _painted({}, "fr", "")
    assert [error["message"] for error in missing["errors"]] == ["Ce champ est obligatoire"]


async def _painted(body: dict[str, object], language: str, query: str) -> dict[str, Any]:
    return await asked("POST", "/paint" + query, language, json=body)
