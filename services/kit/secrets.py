"""One generated master secret, from which every internal password is derived."""

import hashlib
import hmac
import os
import secrets as random_secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from pathlib import Path

from services.kit.settings import Settings


@dataclass(frozen=True)
class Secrets:
    """Derives passwords: the same master and purpose always give the same one, on any machine."""

    master: str = field(repr=False)

    def derive(self, purpose: str) -> str:
        """A 43-character URL-safe password for `purpose`, e.g. `database/metering_work`."""
        return urlsafe_b64encode(self.derive_bytes(purpose)).decode().rstrip("=")

    def derive_bytes(self, purpose: str) -> bytes:
        """32 bytes for `purpose`, for keys."""
        return hmac.new(self.master.encode(), purpose.encode(), hashlib.sha256).digest()


def load(settings: Settings) -> Secrets:
    """The master secret: `PALIER_SECRET`, else the data folder's file (0600), made at first start."""
    if settings.secret:
        if len(settings.secret) < 32:
            raise ValueError("PALIER_SECRET needs at least 32 characters; unset it to have one generated")
        return Secrets(settings.secret)
    path = settings.data_dir / "secret"
    if not path.exists():
        _create(path)
    return Secrets(path.read_text().strip())


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"secret.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(random_secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # fails when another process was first: its secret stands
    except FileExistsError:
        pass
    finally:
        draft.unlink()
