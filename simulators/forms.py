"""Fills in the portal's pages as a browser would, for what only a page offers."""

import http.client
import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode, urlsplit
from uuid import uuid4

TIMEOUT_S = 30.0
Fields = Mapping[str, str | Sequence[str]]


class FormRefused(Exception):
    """A page that came back with a problem instead of going on."""

    def __init__(self, path: str, status: int, words: str) -> None:
        super().__init__(f"the form of {path} was answered {status}. {words}".strip())
        self.status = status


class Forms:
    """`token`: of a signed-in person; without one, whoever has a personal link."""

    def __init__(self, base_url: str, token: str | None = None) -> None:
        parts = urlsplit(base_url)
        self._host = parts.netloc
        self._secure = parts.scheme == "https"
        self._headers = {"Origin": f"{parts.scheme}://{parts.netloc}", "Accept-Language": "fr"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"
        self._connection: http.client.HTTPConnection | None = None

    def page(self, path: str) -> str:
        """The page's HTML. FormRefused when there is none."""
        status, text, _ = self._ask("GET", path)
        if status != 200:
            raise FormRefused(path, status, "")
        return text

    def send(self, path: str, fields: Fields, photo: bytes | None = None) -> str:
        """Where the page goes on to. FormRefused when it does not."""
        if photo is None:
            content = urlencode(dict(fields), doseq=True).encode()
            kind = "application/x-www-form-urlencoded"
        else:
            content, kind = _multipart(fields, photo)
        status, text, location = self._ask("POST", path, content, kind)
        if status not in (302, 303):
            raise FormRefused(path, status, _problem(text))
        return location

    def _ask(
        self, method: str, path: str, content: bytes | None = None, kind: str | None = None
    ) -> tuple[int, str, str]:
        headers = self._headers | ({"Content-Type": kind} if kind else {})
        target = quote(path, safe="/:.?=&-_~#")
        was_open = self._connection is not None
        try:
            return self._exchange(method, target, content, headers)
        except (OSError, http.client.HTTPException):
            self._connection = None
            if not was_open:
                raise
        return self._exchange(method, target, content, headers)  # the server closes what has idled

    def _exchange(
        self, method: str, target: str, content: bytes | None, headers: dict[str, str]
    ) -> tuple[int, str, str]:
        if self._connection is None:
            kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
            self._connection = kind(self._host, timeout=TIMEOUT_S)
        self._connection.request(method, target, content, headers)
        response = self._connection.getresponse()
        text = response.read().decode("utf-8", "replace")
        return response.status, text, response.getheader("Location") or ""


def _multipart(fields: Fields, photo: bytes) -> tuple[bytes, str]:
    border = f"palier{uuid4().hex}"
    parts: list[bytes] = []
    for name, value in fields.items():
        for one in [value] if isinstance(value, str) else value:
            parts.append(
                f'--{border}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{one}\r\n'.encode()
            )
    head = (
        f'--{border}\r\nContent-Disposition: form-data; name="photos"; filename="photo.png"\r\n'
        "Content-Type: image/png\r\n\r\n"
    )
    parts += [head.encode(), photo, f"\r\n--{border}--\r\n".encode()]
    return b"".join(parts), f"multipart/form-data; boundary={border}"


def _problem(text: str) -> str:
    """The words of the page's notice, for whoever reads the error."""
    found = re.search(r'class="notice[^>]*>(.*?)</(?:div|p|section)>', text, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found.group(1)).split())[:200] if found else ""
