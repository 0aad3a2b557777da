"""A field that is wrong is named as the caller wrote it."""

from enum import StrEnum
from typing import Annotated, Literal

import httpx
import pytest
from fastapi import FastAPI, Query
from pydantic import BaseModel, field_validator

from services.kit.problems import install


class Colour(StrEnum):
    RED = "red"


class Body(BaseModel):
    sizes: list[int]
    speed: str = "max"

    @field_validator("speed")
    @classmethod
    def known(cls, speed: str) -> str:
        if speed != "max":
            raise ValueError("a number of times real time, or max")
        return speed


app = FastAPI()
install(app)


@app.post("/paint")
def paint(
    body: Body, colour: Colour | Literal["auto"] = "auto", day: Annotated[int, Query()] = 0
) -> None: ...


async def post(path: str, body: dict[str, object]) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://palier") as client:
        return await client.post(path, json=body)


@pytest.mark.parametrize(
    ("query", "body", "pointers"),
    [
        ("?colour=blue", {"sizes": []}, {"/colour"}),
        ("?day=x", {"sizes": []}, {"/day"}),
        ("", {"sizes": [1, "x"]}, {"/sizes/1"}),
        ("", {}, {"/sizes"}),
    ],
)
async def test_the_place_and_the_forms_that_were_tried_are_left_out(
    query: str, body: dict[str, object], pointers: set[str]
) -> None:
    answer = await post("/paint" + query, body)
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json()["errors"]} == pointers


async def test_what_is_wrong_with_the_whole_body_points_at_all_of_it() -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://palier") as client:
        headers = {"content-type": "application/json"}
        answers = [await client.post("/paint", content=body, headers=headers) for body in ("", "{,", "3")]
    assert [[error["pointer"] for error in answer.json()["errors"]] for answer in answers] == [[""]] * 3


async def test_a_message_begins_with_what_is_wrong() -> None:
    answer = await post("/paint", {"sizes": [], "speed": "fast"})
    assert answer.json()["errors"] == [
        {"pointer": "/speed", "code": "value_error", "message": "a number of times real time, or max"}
    ]
