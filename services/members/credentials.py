"""A device's MQTT password: made here, shown once, kept as a keyed digest, and what it opens."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

KEY_PURPOSE = "members/device-credentials"
"""What the digests' key is derived for; whoever reads the table without it cannot test a guess."""
_NOBODY = bytes(32)


def new_password() -> str:
    """256 random bits. Such a secret cannot be guessed, so a fast keyed digest is enough to keep it:
    devices reconnect all at once after a power cut, and a slow one would hold them at the door."""
    return secrets.token_urlsafe(32)


def digest(key: bytes, username: str, password: str) -> bytes:
    """HMAC-SHA256, bound to the user name: a digest copied to another row opens nothing."""
    return hmac.new(key, f"{username}\0{password}".encode(), hashlib.sha256).digest()


def is_right(key: bytes, username: str, password: str, kept: bytes | None) -> bool:
    """Compares in constant time; an unknown user (`kept` is None) takes as long as a wrong password."""
    same = hmac.compare_digest(digest(key, username, password), kept if kept is not None else _NOBODY)
    return same and kept is not None


@dataclass(frozen=True)
class Permissions:
    """NATS subjects, which an MQTT topic becomes with `.` for `/`."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def permissions(topic: str) -> Permissions:
    """What a device may use: its own topic and everything under it, both ways, nothing else.

    Real devices subscribe under their own topic, and some disconnect when that is refused.
    """
    subject = topic.replace("/", ".")
    own = (subject, f"{subject}.>")
    return Permissions(publish=own, subscribe=own)
