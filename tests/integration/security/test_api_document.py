"""What the OpenAPI document says of refusals, names and closed lists."""

from typing import Any

import pytest

from tests.conftest import Web

pytestmark = pytest.mark.engines


@pytest.fixture
async def document(web: Web) -> dict[str, Any]:
    found: dict[str, Any] = (await web.client.get("/api/v1/openapi.json")).json()
    return found


async def test_an_operation_says_how_it_refuses(document: dict[str, Any]) -> None:
    opening = document["paths"]["/api/v1/tickets"]["post"]["responses"]
    assert {"201", "401", "403", "404", "409", "422", "429"} <= opening.keys()
    for status in ("404", "409", "422"):
        content = opening[status]["content"]
        assert content == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if "anyone" not in operation["x-roles"]:
                assert {"401", "403"} <= operation["responses"].keys(), (method, path)


async def test_every_model_has_a_name_of_its_own_and_is_there(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert [name for name in schemas if "__" in name] == []
    assert {"ValidationError", "HTTPValidationError"}.isdisjoint(schemas)

    def named(part: Any) -> set[str]:
        if isinstance(part, dict):
            own = {part["$ref"].rsplit("/", 1)[1]} if isinstance(part.get("$ref"), str) else set()
            return own.union(*(named(one) for one in part.values()))
        return set().union(*(named(one) for one in part)) if isinstance(part, list) else set()

    assert named(document) <= schemas.keys()


async def test_reasons_and_teams_are_closed_lists(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    step = schemas["AftersalesActionIn"]["properties"]
    for name, code in (("reason", "duplicate"), ("team", "plumbing")):
        assert code in str(step[name]), step[name]
    query = {one["name"]: one for one in document["paths"]["/api/v1/tickets"]["get"]["parameters"]}
    assert "plumbing" in str(query["team"]["schema"])
