"""A small client of the HTTP API, as any outside program would write one."""

import http.client
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, urlencode, urlsplit
from uuid import uuid4

RETRIES = 5
TIMEOUT_S = 30.0
PASSING = (429, 502, 503, 504)


class ApiError(Exception):
    """An answer that is not 2xx, with its problem document."""

    def __init__(self, method: str, path: str, status: int, problem: dict[str, Any]) -> None:
        words = problem.get("detail") or problem.get("title") or ""
        errors = "; ".join(f"{e.get('pointer')}: {e.get('message')}" for e in problem.get("errors", []))
        super().__init__(" ".join(filter(None, (f"{method} {path} answered {status}.", words, errors))))
        self.status, self.problem = status, problem

    @property
    def legal_actions(self) -> list[str]:
        """What a 409 says would be legal."""
        return [str(action) for action in self.problem.get("legal_actions", [])]


class Api:
    """One signed-in caller. A POST is repeated safely: it carries an idempotency key of its own."""

    def __init__(self, base_url: str, token: str, language: str = "fr") -> None:
        parts = urlsplit(base_url)
        self.token = token
        self._secure, self._host = parts.scheme == "https", parts.netloc
        self._base = parts.path.rstrip("/") + "/api/v1"
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json",
            "Accept-Language": language,
        }
        self._connection: http.client.HTTPConnection | None = None

    def get(self, path: str, **query: Any) -> Any:
        return self.call("GET", path, query=query)

    def post(self, path: str, body: Any = None) -> Any:
        return self.call("POST", path, body)

    def put(self, path: str, body: Any = None) -> Any:
        return self.call("PUT", path, body)

    def delete(self, path: str) -> Any:
        return self.call("DELETE", path)

    def pages(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every item of a cursor-paged list."""
        while True:
            page = self.get(path, **query)
            if isinstance(page, list):
                yield from page
                return
            yield from page.get("items", [])
            cursor = page.get("next") or page.get("next_cursor")
            if not cursor:
                return
            query["cursor"] = cursor

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: dict[str, Any] | None = None,
        key: str | None = None,
    ) -> Any:
        """The decoded answer (None for an empty one). ApiError for anything but 2xx, after retrying what
        passes by itself; OSError when nobody answers. `key`: the idempotency key of a POST that the caller
        itself may repeat."""
        target = self._base + quote(path, safe="/:@,")
        if query:
            target += "?" + urlencode({key: value for key, value in query.items() if value is not None})
        headers = dict(self._headers)
        content = None
        if body is not None:
            content = json.dumps(body, default=str).encode()
            headers["Content-Type"] = "application/json"
        if method == "POST":
            headers["Idempotency-Key"] = key or str(uuid4())
        for attempt in range(RETRIES):
            was_open = self._connection is not None
            try:
                status, text = self._exchange(method, target, content, headers)
            except (OSError, http.client.HTTPException):
                self.close()
                if attempt == RETRIES - 1:
                    raise
                if was_open:
                    continue  # the server closes what has idled: a new connection needs no pause
            else:
                if status not in PASSING or attempt == RETRIES - 1:
                    return _answer(method, path, status, text)
            time.sleep(0.2 * 2**attempt)
        raise AssertionError("unreachable")

    def send_file(self, path: str, file: Path) -> Any:
        """POST a file as it is, read from the disk as it is sent; not repeated. `path` may hold a query."""
        headers = self._headers | {
            "Content-Type": "application/octet-stream", "Content-Length": str(file.stat().st_size),
        }  # fmt: skip
        self.close()  # a connection that idled may be gone, and a file is not sent twice
        with file.open("rb") as content:
            status, text = self._exchange("POST", self._base + path, content, headers)
        return _answer("POST", path.partition("?")[0], status, text)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _exchange(
        self, method: str, target: str, content: bytes | IO[bytes] | None, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        if self._connection is None:
            kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
            self._connection = kind(self._host, timeout=TIMEOUT_S)
        self._connection.request(method, target, content, headers)
        response = self._connection.getresponse()
        return response.status, response.read()


def _answer(method: str, path: str, status: int, text: bytes) -> Any:
    decoded: Any = None
    if text:
        try:
            decoded = json.loads(text)
        except ValueError:
            decoded = {"detail": text[:200].decode("utf-8", "replace")}
    if 200 <= status < 300:
        return decoded
    raise ApiError(method, path, status, decoded if isinstance(decoded, dict) else {})
