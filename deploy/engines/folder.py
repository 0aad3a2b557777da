"""The data folder: private, its owner's, and used by one running palier at a time."""

import fcntl
import os
from pathlib import Path

from deploy.engines.child import EngineError
from deploy.words import _


class Claim:
    """The right to use a data folder. The kernel gives it back when its holder is killed."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._lock: int | None = None

    def take(self) -> None:
        """Makes the folder if need be. Safe to repeat; EngineError when somebody else holds it."""
        if self._lock is not None:
            return
        self._own_folder()
        lock = os.open(self._data_dir / "run" / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(lock)
            raise EngineError(
                _("{folder} is in use by another palier: stop it, or use --data-dir").format(
                    folder=self._data_dir
                )
            ) from error
        self._lock = lock

    def give_back(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _own_folder(self) -> None:
        self._data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        owner = self._data_dir.stat().st_uid
        if owner != os.geteuid():
            raise EngineError(
                _(
                    "{folder} belongs to user {owner}, this is user {me}: run as that user, or use --data-dir"
                ).format(folder=self._data_dir, owner=owner, me=os.geteuid())
            )
        (self._data_dir / "run").mkdir(exist_ok=True, mode=0o700)
