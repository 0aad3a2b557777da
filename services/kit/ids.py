"""Opaque identifiers: a prefix that says what it is and a time-ordered UUIDv7 in Crockford base 32."""

from hashlib import sha256
from uuid import UUID

import uuid_utils

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_uuid() -> UUID:
    """A UUIDv7: unique, and ordered by creation."""
    return UUID(bytes=uuid_utils.uuid7().bytes)


def new_id(prefix: str) -> str:
    """For example `mtr_01jd…`: 26 characters after the prefix."""
    return _written(prefix, new_uuid().int)


def id_of(prefix: str, *key: bytes) -> str:
    """The id of something that is known by its content: the same key gives the same id, for ever."""
    digest = sha256()
    for part in key:
        digest.update(len(part).to_bytes(8, "big") + part)
    return _written(prefix, int.from_bytes(digest.digest()[:17], "big"))


def _written(prefix: str, number: int) -> str:
    return f"{prefix}_" + "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))
