"""Real engines for tests, in a folder of their own, as durable as in service."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.engines import Engines
from services.kit.settings import Settings

ALL = ("postgres", "nats", "mail")


@contextmanager
def temporary_engines(data_dir: Path | None = None, only: Collection[str] = ALL) -> Iterator[Engines]:
    """Started engines; `engines.settings` names them by URL and `engines.secrets` opens them.

    Call it from a synchronous session fixture (the main thread). A folder that was not given goes afterwards.
    """
    if data_dir is None:
        with (
            TemporaryDirectory(prefix="palier-", ignore_cleanup_errors=True) as folder,
            temporary_engines(Path(folder), only) as engines,
        ):
            yield engines
        return
    # Nothing of the caller's environment: a developer's PALIER_DATABASE_URL is not a place for tests.
    with Engines(Settings.model_construct(data_dir=data_dir), only=only) as engines:
        yield engines
