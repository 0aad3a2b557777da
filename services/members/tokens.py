"""Random secrets that people and programs carry: session cookies, links, invitations, API tokens."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

API_PREFIX = "palier_"
"""Lets a secret scanner recognise a leaked token."""

LINK_LIFETIME = timedelta(minutes=10)
INVITATION_LIFETIME = timedelta(days=7)
SESSION_IDLE = {
    "resident": timedelta(days=30),
    "caretaker": timedelta(hours=12),
    "staff": timedelta(hours=12),
    "operator": timedelta(hours=2),
}
SESSION_LONGEST = {
    "resident": timedelta(days=90),
    "caretaker": timedelta(days=7),
    "staff": timedelta(days=7),
    "operator": timedelta(hours=12),
}


def new_token(prefix: str = "") -> str:
    """256 random bits, safe in addresses and cookies."""
    return prefix + secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """What is kept of a token. It has 256 random bits, so SHA-256 without salt cannot be turned back."""
    return hashlib.sha256(token.encode()).digest()


def same(one: bytes, other: bytes) -> bool:
    return hmac.compare_digest(one, other)


def session_ends_at(role: str, created_at: datetime) -> datetime:
    """The latest end of a session, however busy."""
    return created_at + SESSION_LONGEST[role]


def is_session_alive(role: str, seen_at: datetime, expires_at: datetime, now: datetime) -> bool:
    """Neither past its latest end nor idle for too long (wall time)."""
    return now < expires_at and now - seen_at < SESSION_IDLE[role]


def csrf_of(cookie: str) -> str:
    """The session's anti-forgery token: made from the cookie, which it does not give away."""
    return hmac.new(cookie.encode(), b"csrf", hashlib.sha256).hexdigest()
