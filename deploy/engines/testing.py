"""Real engines for tests, in a folder of their own, as durable as in service."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.engines import Engines
from services.kit.settings import Settings


@contextmanager
def temporary_engines(data_dir: Path | None = None) -> Iterator[Engines]:
    """Started engines; `engines.settings` names them by URL and `engines.secrets` opens them.

    Call it from a synchronous session fixture (the main thread). A folder that was not given goes afterwards.
    """
    if data_dir is not None:
        with Engines(_settings(data_dir)) as engines:
            yield engines
        return
    with (
        TemporaryDirectory(prefix="palier-", ignore_cleanup_errors=True) as folder,
        Engines(_settings(Path(folder))) as engines,
    ):
        yield engines


def _settings(data_dir: Path) -> Settings:
    """Nothing of the caller's environment: a developer's PALIER_DATABASE_URL is not a place for tests."""
    return Settings.model_construct(data_dir=data_dir)
