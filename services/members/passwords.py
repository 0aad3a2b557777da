"""Staff passwords: argon2id, and what is too weak to accept."""

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

SHORTEST = 12
LONGEST = 200
_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash("nobody has this password")


def hash_password(password: str) -> str:
    return _HASHER.hash(password)


def is_right(password: str, kept: str | None) -> bool:
    """True for the right password. An account without one takes as long to refuse."""
    try:
        _HASHER.verify(kept or _NOBODY, password[: LONGEST + 1])
    except (Argon2Error, InvalidHashError):
        return False
    return kept is not None


def weakness(password: str, email: str) -> str | None:
    """`too_short`, `too_long`, `too_uniform` or `is_the_address`; None when the password will do.

    Length matters and composition rules do not (NIST SP 800-63B §3.1.1.2).
    """
    if len(password) < SHORTEST:
        return "too_short"
    if len(password) > LONGEST:
        return "too_long"
    if len(set(password)) < 5:
        return "too_uniform"
    lowered, name = password.lower(), email.lower().partition("@")[0]
    if lowered == email.lower() or (len(name) >= 4 and lowered.replace(name, "").strip("0123456789") == ""):
        return "is_the_address"
    return None
