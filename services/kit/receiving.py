"""What a request brings, all of it, before its transaction begins: a slow sender holds no connection to the
database, and whoever sends large files waits for a turn."""

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from services.kit.i18n import mark as _
from services.kit.principal import Principal
from services.kit.problems import Problem, invalid

MOST_FILES, MOST_FIELDS, MOST_FIELD_BYTES = 8, 200, 64 * 1024
"""Of one form. Small files and fields stay in memory; larger files go to the disk."""
MOST_EACH, MOST_OF_ALL = 3, 24
"""Files under way at once, of one caller and in all: each may fill the disk with what a file may hold."""


class Turns:
    """Who sends a file now."""

    def __init__(self, most_each: int = MOST_EACH, most_of_all: int = MOST_OF_ALL) -> None:
        self._most_each, self._most_of_all = most_each, most_of_all
        self._taken: Counter[str] = Counter()

    @contextmanager
    def of(self, caller: str) -> Iterator[None]:
        """Hold a turn; 429 for who has enough of them, 503 when there are none."""
        if self._taken[caller] >= self._most_each:
            raise _later(429, "too_many_uploads", _("You are sending several files already; wait for one."))
        if self._taken.total() >= self._most_of_all:
            raise _later(503, "busy", _("Many files are arriving now; try again in a minute."))
        self._taken[caller] += 1
        try:
            yield
        finally:
            self._taken[caller] -= 1
            self._taken += Counter()  # who holds none is forgotten


TURNS = Turns()


def is_form_with_files(request: Request) -> bool:
    return request.headers.get("content-type", "").lower().startswith("multipart/form-data")


async def form_of(request: Request) -> FormData:
    """The form, within its limits; 422 beyond them. The same one however often it is asked for."""
    try:
        return await request.form(
            max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=MOST_FIELD_BYTES
        )
    except HTTPException as error:
        if str(error.detail).startswith("Too many files"):
            raise invalid(
                "/file", "too_many_files", "Send %(most)s files at most at once.", most=MOST_FILES
            ) from error
        raise invalid("", "unreadable_form", "The form is too large or cannot be read.") from error


@asynccontextmanager
async def received(request: Request, who: Principal | None) -> AsyncIterator[None]:
    """The whole body; a form's files are gone afterwards."""
    if request.method in ("GET", "HEAD"):
        yield
    elif not is_form_with_files(request):
        await request.body()
        yield
    else:
        with turn(request, who):
            form = await form_of(request)
            try:
                if request.headers.get("idempotency-key"):
                    request.state.body_digest = await _digest(form)
                yield
            finally:
                await form.close()


def turn(request: Request, who: Principal | None) -> AbstractContextManager[None]:
    """A turn of whoever asks."""
    host = request.client.host if request.client else ""
    return TURNS.of(who.id if who else host)


async def _digest(form: FormData) -> str:
    digest = hashlib.sha256()
    for name, value in form.multi_items():
        digest.update(f"{len(name)} {name}".encode())
        if isinstance(value, UploadFile):
            while piece := await value.read(1024 * 1024):
                digest.update(piece)
            await value.seek(0)
        else:
            digest.update(f"{len(value)} {value}".encode())
    return digest.hexdigest()


def _later(status: int, code: str, title: str) -> Problem:
    return Problem(status, code, title, headers={"Retry-After": "60"})
