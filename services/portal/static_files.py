"""Style sheets, scripts and pictures under addresses that change with their content, so that browsers keep
them for good."""

import hashlib
from functools import cache
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "static"
_FOR_GOOD = "public, max-age=31536000, immutable"


def address(name: str) -> str:
    """The address of `static/<name>` for a page; raises FileNotFoundError when it was not installed."""
    return f"/static/{name}?v={_digest(name)}"


class Files(StaticFiles):
    """Serves the folder; only the address that names the present content may be kept."""

    def __init__(self) -> None:
        super().__init__(directory=FOLDER)

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        is_current = response.status_code == 200 and scope["query_string"] == f"v={_digest(path)}".encode()
        response.headers["Cache-Control"] = _FOR_GOOD if is_current else "no-cache"
        return response


@cache
def _digest(name: str) -> str:
    path = FOLDER / name
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: run `make install`")
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
