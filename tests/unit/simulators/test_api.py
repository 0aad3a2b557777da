"""The simulators' client: what it asks again, with which key, and how it says what went wrong."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from simulators.api import Api, ApiError


class Script:
    """Answers in turn; remembers what was asked."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, Any]] = []
        self.asked: list[dict[str, str]] = []


@pytest.fixture
def script() -> Iterator[tuple[Script, Api]]:
    said = Script()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            said.asked.append({"path": self.path, **dict(self.headers)})
            status, body = said.answers.pop(0)
            content = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = answer  # noqa: N815 - names of the standard library

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield said, Api(f"http://127.0.0.1:{server.server_port}", "secret")
    server.shutdown()
    server.server_close()
    thread.join()


def test_what_passes_by_itself_is_asked_again_with_the_same_key(script: tuple[Script, Api]) -> None:
    said, api = script
    said.answers = [(503, {}), (201, {"id": "x"})]
    assert api.post("/buildings", {"ref": "A"}) == {"id": "x"}
    first, second = said.asked
    assert first["Idempotency-Key"] == second["Idempotency-Key"]
    assert first["Authorization"] == "Bearer secret"


def test_a_refusal_is_not_asked_again_and_says_what_is_legal(script: tuple[Script, Api]) -> None:
    said, api = script
    said.answers = [(409, {"title": "Not now.", "legal_actions": ["qualify"]})]
    with pytest.raises(ApiError, match="Not now") as caught:
        api.post("/tickets/t/actions", {"action": "close"})
    assert (caught.value.status, caught.value.legal_actions) == (409, ["qualify"])
    assert len(said.asked) == 1


def test_pages_are_followed_to_the_last(script: tuple[Script, Api]) -> None:
    said, api = script
    said.answers = [
        (200, {"items": [{"n": 1}], "next_cursor": "c1"}),
        (200, {"items": [{"n": 2}], "next_cursor": None}),
    ]
    assert [item["n"] for item in api.pages("/tickets", state="open")] == [1, 2]
    assert said.asked[1]["path"] == "/api/v1/tickets?state=open&cursor=c1"


def test_an_empty_answer_is_none(script: tuple[Script, Api]) -> None:
    said, api = script
    said.answers = [(204, None)]
    assert api.delete("/coops/demo") is None
