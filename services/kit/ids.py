"""Opaque identifiers: a prefix that says what it is and a time-ordered UUIDv7 in Crockford base 32."""

from uuid import UUID

import uuid_utils

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_uuid() -> UUID:
    """A UUIDv7: unique, and ordered by creation."""
    return UUID(bytes=uuid_utils.uuid7().bytes)


def new_id(prefix: str) -> str:
    """For example `mtr_01jd…`: 26 characters after the prefix."""
    number = new_uuid().int
    return f"{prefix}_" + "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))
