"""Many forms on one page, each field with an id of its own: every label leads to the field it names."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from contracts.codes import Role
from tests.integration.aftersales.test_dwelling_file_pages import walk
from tests.integration.aftersales.test_pages import Browser

if TYPE_CHECKING:
    from tests.integration.aftersales.conftest import Cooperative

pytestmark = pytest.mark.engines


async def clean(staff: Browser, path: str) -> str:
    """The page; see `is_clean`."""
    page = await staff.get(path)
    assert page.status_code == 200, page.text
    is_clean(page.text)
    return page.text


def is_clean(page: str) -> None:
    """Each id is there once, no tag has an attribute twice, labels and hints each lead to an id."""
    ids = Counter(re.findall(r'\sid="([^"]+)"', page))
    assert [one for one, times in ids.items() if times > 1] == []
    for tag in re.findall(r"<[a-z][^>]*>", page):
        names = Counter(re.findall(r'\s([a-z-]+)="', tag))
        assert [one for one, times in names.items() if times > 1] == [], tag
    led = re.findall(r'\sfor="([^"]+)"', page)
    led += " ".join(re.findall(r'\saria-describedby="([^"]+)"', page)).split()
    assert set(led) <= ids.keys()


async def test_each_field_of_the_queue_and_of_its_filters_is_itself(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in()
    await aulnes.open(moved["occupancy"])
    await aulnes.open(moved["occupancy"], element="socket")
    staff = Browser(aulnes, Role.STAFF, aulnes.agent)
    page = await clean(staff, "/desk")
    assert {"f-team", "f-bulk-team"} <= set(re.findall(r'\sid="([^"]+)"', page))
    await clean(staff, "/desk?residence=Les+Aulnes&staircase=A&team=plumbing")
    await clean(staff, "/desk/residences")


async def test_each_field_of_a_requests_many_actions_is_itself(aulnes: Cooperative) -> None:
    moved = await aulnes.move_in()
    staff = Browser(aulnes, Role.STAFF, aulnes.agent)
    ticket = (await aulnes.open(moved["occupancy"], symptom="leak"))["id"]
    await clean(staff, f"/desk/{ticket}")
    await aulnes.act(ticket, "acknowledge", assignee=aulnes.agent)
    several = await clean(staff, f"/desk/{ticket}")
    assert several.count(f'action="/desk/{ticket}/actions"') > 2
    late = await staff.send(f"/desk/{ticket}/actions", action="refuse", version="1", comment="Le joint.")
    assert "Le joint." in late.text
    is_clean(late.text)
    await aulnes.act(ticket, "qualify")
    await clean(staff, f"/desk/{ticket}")
    done = (await aulnes.open(moved["occupancy"]))["id"]
    await walk(aulnes, done, aulnes.resident(moved["persons"][0]["id"]))
    await clean(staff, f"/desk/{done}")
