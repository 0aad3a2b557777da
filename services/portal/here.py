"""Where a page can be asked for again, for instance in another language: with its filters, on this site."""

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from services.portal.paths import each_route

FRONT = "/"


class Here:
    """Knows which addresses of the composed application show a page."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._pages = [
            route.path_regex
            for route in each_route(routes)
            if isinstance(route, Route) and "GET" in (route.methods or ())
        ]

    def again(self, request: Request) -> str:
        """The page's own address with its query. Of one that came back to a form: the page the form was on,
        else the nearest one above where it was sent."""
        if request.method in ("GET", "HEAD"):
            return _with_query(request.url.path, request.url.query)
        return next((one for one in _candidates(request) if is_local(one) and self._shows(one)), FRONT)

    def _shows(self, address: str) -> bool:
        path = urlsplit(address).path
        return any(page.fullmatch(path) for page in self._pages)


def is_local(address: str) -> bool:
    """Whether it stays on this site as browsers read it: they take a backslash for `/`, pass over tabs."""
    if not address.startswith("/") or address.startswith("//"):
        return False
    return "\\" not in address and address.isprintable()


def _candidates(request: Request) -> Iterator[str]:
    came_from = urlsplit(request.headers.get("referer", ""))
    if came_from.netloc and came_from.netloc == request.headers.get("host"):
        yield _with_query(came_from.path, came_from.query)
    path = request.url.path
    while path.strip("/"):
        yield path
        path = path.rpartition("/")[0]


def _with_query(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path
