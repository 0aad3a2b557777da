"""The signed address in a tip's e-mail: who opens it need not sign in, and nobody can make another's."""

import hmac
from hashlib import sha256

_CATEGORY = "tips"
_DIGEST_CHARACTERS = 32


def token(key: bytes, coop: str, person: str) -> str:
    """`key` is derived for this purpose alone."""
    return f"{coop}.{person}.{_digest(key, coop, person)}"


def read(key: bytes, text: str) -> tuple[str, str] | None:
    """(cooperative, person), or None when the token was not made with `key`."""
    coop, _, rest = text.partition(".")
    person, _, digest = rest.partition(".")
    return (coop, person) if hmac.compare_digest(digest, _digest(key, coop, person)) else None


def _digest(key: bytes, coop: str, person: str) -> str:
    return hmac.new(key, f"{_CATEGORY} {coop} {person}".encode(), sha256).hexdigest()[:_DIGEST_CHARACTERS]
