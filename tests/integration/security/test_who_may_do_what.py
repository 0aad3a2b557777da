"""Deny by default: every route by every role, about an object of one household of one cooperative."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.integration.security.access import ACCESS, CALLERS, NOT_CALLED, parameters
from tests.integration.security.conftest import routes_of

if TYPE_CHECKING:
    from tests.integration.security.conftest import Town

pytestmark = pytest.mark.engines


def test_every_route_says_who_may_call_it(town: Town) -> None:
    served = {key for key, _ in routes_of(town.app.routes)}
    missing = served - set(ACCESS) - set(NOT_CALLED)
    assert not missing, f"say in access.py who may call {sorted(missing)}"
    gone = (set(ACCESS) | set(NOT_CALLED)) - served
    assert not gone, f"nothing answers {sorted(gone)} any more: remove it from access.py"


@pytest.mark.parametrize("key", sorted(ACCESS))
async def test_only_those_who_may_get_through(town: Town, key: str) -> None:
    is_shut = ACCESS[key].is_shut
    found = {caller: outcome(await call(town, key, caller), is_shut) for caller in sorted(CALLERS)}
    assert found == {caller: expected(key, caller) for caller in sorted(CALLERS)}


@pytest.mark.parametrize("key", sorted(key for key in ACCESS if key.startswith("GET")))
async def test_nobody_reads_of_another_household_or_cooperative(town: Town, key: str) -> None:
    """Whatever a list or page shows, it has no word of those who are not the reader's."""
    for caller in sorted(ACCESS[key].may - {"platform"}):
        answer = await call(town, key, caller)
        if answer.status_code != 200:
            continue
        leaked = {mark for mark in foreign(town, caller) if mark in answer.text}
        assert not leaked, f"{caller} reads {leaked}"


def foreign(town: Town, caller: str) -> set[str]:
    """Words of the town that are none of the caller's business."""
    own = {"resident": town.home, "neighbour": town.next_door, "resident_abroad": town.abroad}.get(caller)
    if own is not None:
        others = {town.home, town.next_door, town.abroad} - {own}
    elif caller == "anyone":
        others = {town.home, town.next_door, town.abroad}
    else:
        others = {town.home, town.next_door} if caller.endswith("abroad") else {town.abroad}
    words = {mark for household in others for mark in household.marks}
    for coop, things in town.things.items():
        if coop in {household.coop for household in others} - ({own.coop} if own else set()):
            words |= set(things.values())
    return words


async def call(town: Town, key: str, caller: str) -> httpx.Response:
    method = key.split(" ")[0]
    access, path = ACCESS[key], path_of(town, key)
    if method == "MOUNT":
        return await town.client.get(f"{path}/logo.svg")
    fill = access.body(town, caller) if access.body else None
    if path.startswith("/api/"):
        headers, body = town.program(caller), {"json": fill} if fill is not None else {}
    else:
        headers, body = town.browser(caller), {"data": fill} if fill is not None else {}
    return await town.client.request(method, path, headers=headers, params=access.query, **body)  # type: ignore[arg-type]


def path_of(town: Town, key: str) -> str:
    values = parameters(town)
    return re.sub(r"{(\w+)[^}]*}", lambda found: values[found[1]], key.split(" ")[1])


def outcome(answer: httpx.Response, is_shut: bool = False) -> str:
    if answer.status_code in (401, 403):
        return "refused"
    location = answer.headers.get("location", "")
    is_leaving = location == "/sign-in" and answer.url.path.endswith("/sign-out")
    if location.startswith("/sign-in") and not is_leaving:
        return "refused"
    if answer.status_code == 404:
        return "hidden"
    if is_shut and answer.status_code in (422, 429):
        return "hidden"
    return "in" if answer.status_code < 500 else f"{answer.status_code}: {answer.text[:60]}"


def expected(key: str, caller: str) -> str:
    access = ACCESS[key]
    if caller in access.may:
        return "in"
    return "hidden" if caller in access.hidden else "refused"
