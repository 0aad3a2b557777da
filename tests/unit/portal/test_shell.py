"""What every answer of the portal carries, and what people and programs read when something goes wrong."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request, Response

from contracts.codes import Role
from services.kit.pages import RoomWeb, render
from services.kit.principal import Principal
from services.kit.problems import conflict, invalid, unavailable
from services.portal.app import create


class Doorman:
    """Knows a principal by its role's name as token."""

    async def of_token(self, token: str) -> Principal | None:
        return Principal("per_1", Role(token), "tilleuls")

    async def of_session(self, cookie: str) -> Principal | None:
        return None


router = APIRouter()


@router.get("/api/v1/bug")
@router.get("/bug")
async def bug() -> None:
    raise RuntimeError("person@example.org broke it")


@router.get("/api/v1/late")
@router.get("/late")
async def late() -> None:
    raise conflict("already_closed", "This request is already closed.", legal_actions=["reopen"])


@router.get("/wrong")
async def wrong() -> None:
    raise invalid("/since", "in_future", "A date that has passed.")


@router.post("/api/v1/busy")
@router.post("/busy")
async def busy() -> None:
    raise unavailable()


@router.get("/filters")
@router.get("/filters/{one}")
@router.post("/filters/{one}/actions")
async def filters(request: Request) -> Response:
    return render(request, "base.html")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app: FastAPI = create([RoomWeb("test", pages=[router])])
    app.state.identity = Doorman()
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://palier.test") as client:
        yield client


def _as(role: str, **headers: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {role}", **headers}


async def test_nothing_inline_nothing_from_elsewhere_no_frames(client: httpx.AsyncClient) -> None:
    for path in ("/", "/nowhere", "/bug", "/static/logo.svg"):
        headers = (await client.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "max-age" in headers["strict-transport-security"]


async def test_pages_are_not_kept_and_named_files_are(client: httpx.AsyncClient) -> None:
    page = await client.get("/")
    assert page.headers["cache-control"] == "private, no-store"
    sheet = page.text.split('<link rel="stylesheet" href="')[2].split('"')[0]
    assert "immutable" in (await client.get(sheet)).headers["cache-control"]
    old = await client.get(sheet.split("?")[0] + "?v=0000")
    assert old.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("role", "home"),
    [("resident", "/home"), ("staff", "/desk"), ("caretaker", "/desk"), ("operator", "/fleet")],
)
async def test_everyone_is_led_to_their_own_page(client: httpx.AsyncClient, role: str, home: str) -> None:
    answer = await client.get("/", headers=_as(role))
    assert (answer.status_code, answer.headers["location"]) == (303, home)


async def test_a_stranger_is_asked_to_sign_in_and_led_back(client: httpx.AsyncClient) -> None:
    assert (await client.get("/home")).headers["location"] == "/sign-in?next=/home"


async def test_another_roles_page_is_refused(client: httpx.AsyncClient) -> None:
    for path in ("/fleet", "/mailbox"):
        answer = await client.get(path, headers=_as("resident", **{"Accept-Language": "fr"}))
        assert answer.status_code == 403
        assert "Cette page ne vous est pas ouverte" in answer.text


async def test_a_menu_leads_only_where_something_is(client: httpx.AsyncClient) -> None:
    page = (await client.get("/home", headers=_as("resident"))).text
    assert 'href="/home"' in page
    assert 'href="/tickets"' not in page


async def test_a_wrong_address_is_a_page_for_people_and_a_document_for_programs(
    client: httpx.AsyncClient,
) -> None:
    page = await client.get("/nowhere", headers={"Accept-Language": "en"})
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "There is nothing here" in page.text
    document = await client.get("/api/v1/nowhere")
    assert document.headers["content-type"] == "application/problem+json"


async def test_what_is_not_possible_now_says_why(client: httpx.AsyncClient) -> None:
    page = await client.get("/late", headers={"Accept-Language": "en"})
    assert page.status_code == 409
    assert "This request is already closed." in page.text
    assert (await client.get("/api/v1/late")).json()["legal_actions"] == ["reopen"]


async def test_a_part_that_fails_is_a_notice_not_a_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/wrong", headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert "<html" not in answer.text
    assert 'class="notice' in answer.text


async def test_what_was_written_while_all_was_busy_is_sent_again_with_one_tap(
    client: httpx.AsyncClient,
) -> None:
    said = {"text": 'No heating since "Monday" <now>', "problem": ["a.b.c", "d.e.f"]}
    english = _as("resident", **{"Accept-Language": "en"})
    page = await client.post("/busy", data=said, headers=english)
    assert (page.status_code, "Send again" in page.text) == (503, True)
    assert 'action="/busy"' in page.text
    assert 'name="text" value="No heating since &#34;Monday&#34; &lt;now&gt;"' in page.text
    assert page.text.count('name="problem"') == 2
    assert "Pictures" not in page.text


async def test_what_is_sent_again_goes_to_the_same_address_with_all_that_it_asked_for(
    client: httpx.AsyncClient,
) -> None:
    asked = "/busy?state=waiting&q=%22fuite%22&back=%2Fdesk%3Fteam%3Dheating"
    page = await client.post(asked, data={"text": "x"}, headers=_as("resident", **{"Accept-Language": "en"}))
    assert page.status_code == 503
    assert f'action="{asked.replace("&", "&amp;")}"' in page.text
    elsewhere = await client.post("//busy", data={"text": "x"}, headers=_as("resident"))
    assert 'action="//' not in elsewhere.text, "never another site's address"


async def test_pictures_are_to_be_added_again_and_passwords_are_not_repeated(
    client: httpx.AsyncClient,
) -> None:
    english = _as("resident", **{"Accept-Language": "en"})
    files = {"photo": ("leak.jpg", b"picture", "image/jpeg")}
    page = await client.post("/busy", data={"text": "A leak"}, files=files, headers=english)
    assert 'enctype="multipart/form-data"' in page.text
    assert "Pictures are to be added again" in page.text
    assert 'name="photo"' not in page.text
    secret = await client.post("/busy", data={"password": "correct horse"}, headers=english)
    assert (secret.status_code, "correct horse" in secret.text, "Send again" in secret.text) == (
        503,
        False,
        False,
    )
    stranger = await client.post("/busy", data={"text": "A leak"}, headers={"Accept-Language": "en"})
    assert "A leak" not in stranger.text


async def test_a_program_is_told_when_to_come_again(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/busy", json={}, headers=_as("staff"))
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"]


async def test_a_bug_gives_a_reference_and_no_detail(client: httpx.AsyncClient) -> None:
    page = await client.get("/bug", headers={"Accept-Language": "en"})
    assert page.status_code == 500
    assert "quote the reference" in page.text
    assert "example.org" not in page.text
    document = (await client.get("/api/v1/bug")).json()
    assert document["code"] == "internal"
    assert document["reference"]


async def test_the_way_back_after_choosing_a_language_stays_on_the_site(client: httpx.AsyncClient) -> None:
    for target, expected in (
        ("/home", "/home"),
        ("/desk?state=assigned&q=%22fuite%22", "/desk?state=assigned&q=%22fuite%22"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/home\\..\\evil", "/"),
        ("https://evil.example", "/"),
    ):
        form = {"language": "en", "next": target}
        answer = await client.post("/language", data=form, headers={"Sec-Fetch-Site": "same-origin"})
        assert answer.headers["location"] == expected
    refused = await client.post(
        "/language", data={"language": "en"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert refused.status_code == 403


async def test_another_language_shows_the_same_page_with_its_query(client: httpx.AsyncClient) -> None:
    page = await client.get("/filters?state=assigned&q=%22fuite%22&state=done")
    assert _way_back(page) == "/filters?state=assigned&amp;q=%22fuite%22&amp;state=done"


@pytest.mark.parametrize(
    ("referer", "expected"),
    [
        ("https://palier.test/filters/1?step=last", "/filters/1?step=last"),
        ("https://palier.test/filters/1/actions", "/filters/1"),
        ("https://evil.example/filters/2", "/filters/1"),
        ("", "/filters/1"),
    ],
)
async def test_after_a_form_that_came_back_it_shows_the_page_the_form_was_on(
    client: httpx.AsyncClient, referer: str, expected: str
) -> None:
    page = await client.post("/filters/1/actions", headers={"Referer": referer} if referer else {})
    assert _way_back(page) == expected


def _way_back(page: httpx.Response) -> str:
    return page.text.split('name="next" value="')[1].split('"')[0]
