"""The tables of accounts: staff, invitations, sessions, sign-in links, API tokens, attempts."""

from datetime import datetime

from sqlalchemy import Column, DateTime, Index
from sqlmodel import Field, SQLModel

from services.members.columns import SCHEMA, binary, instant


class Staff(SQLModel, table=True):
    """An account of staff, a caretaker or an operator. `coop` is `*` for the platform's operators."""

    __tablename__ = "staff"
    __table_args__ = (Index("staff_email", "email", unique=True), {"schema": SCHEMA})
    id: str = Field(primary_key=True)
    coop: str
    name: str
    email: str
    phone: str | None = None
    role: str
    team: str | None = None
    language: str
    password_hash: str | None = None
    totp_generation: int = 0
    """Which of the account's derived TOTP seeds is in force; 0 before the invitation is accepted."""
    totp_last_step: int | None = None
    """The last 30-second step whose code was used: no code works twice."""
    created_at: datetime = instant()
    disabled_at: datetime | None = instant(nullable=True)


class Invitation(SQLModel, table=True):
    __tablename__ = "invitation"
    __table_args__ = {"schema": SCHEMA}
    digest: bytes = binary(primary_key=True)
    coop: str
    staff: str = Field(foreign_key="members.staff.id")
    expires_at: datetime = instant()
    used_at: datetime | None = instant(nullable=True)


class Session(SQLModel, table=True):
    """A signed-in browser; ends after idling, at `expires_at`, or when signed out."""

    __tablename__ = "session"
    __table_args__ = (Index("session_subject", "subject"), {"schema": SCHEMA})
    digest: bytes = binary(primary_key=True)
    coop: str
    role: str
    subject: str
    created_at: datetime = instant()
    seen_at: datetime = instant()
    expires_at: datetime = instant()


class SignInLink(SQLModel, table=True):
    __tablename__ = "sign_in_link"
    __table_args__ = (Index("sign_in_link_person", "person"), {"schema": SCHEMA})
    digest: bytes = binary(primary_key=True)
    coop: str
    person: str = Field(foreign_key="members.person.id")
    browser_digest: bytes = binary()
    expires_at: datetime = instant()
    used_at: datetime | None = instant(nullable=True)


class ApiToken(SQLModel, table=True):
    __tablename__ = "api_token"
    __table_args__ = (Index("api_token_digest", "digest", unique=True), {"schema": SCHEMA})
    id: str = Field(primary_key=True)
    coop: str
    digest: bytes = binary()
    role: str
    subject: str | None = None
    created_at: datetime = instant()
    revoked_at: datetime | None = instant(nullable=True)


class Attempt(SQLModel, table=True):
    """How often something was tried in a time window, by a keyed digest of who (no address is kept)."""

    __tablename__ = "attempt"
    __table_args__ = {"schema": SCHEMA}
    digest: bytes = binary(primary_key=True)
    window_at: datetime = Field(sa_column=Column(DateTime(timezone=True), primary_key=True))
    coop: str
    count: int
