"""The parties that may owe or do a repair besides the cooperative, what is written to them, their links."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, DateTime, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


def _instant(nullable: bool = False) -> Any:
    return Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=nullable))


class Party(SQLModel, table=True):
    """A firm, vendor, insurer or syndic as the cooperative knows it: how to write to it, what it covers."""

    __tablename__ = "party"
    __table_args__ = (Index("party_kind", "coop", "kind"), {"schema": "aftersales"})
    id: str = Field(primary_key=True)
    """`pty_…`"""
    coop: str
    kind: str
    """A code of the group `parties`: contractor, vendor, insurer or syndic."""
    name: str
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    """For letters, lines separated by newlines."""
    language: str = "fr"
    reference: str | None = None
    """What a letter must quote: the number of the policy or of the works contract."""
    trades: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    """What it does; empty: everything."""
    buildings: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    """Where; empty: everywhere."""
    warranties: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    """Regimes it answers for as the builder; empty for a firm that only repairs."""
    ended_on: date | None = None
    """Last day of working with it."""

    def serves(self, trade: str, building: str | None, on: date) -> bool:
        """Whether it does that trade in that building on that day."""
        return (
            (not self.trades or trade in self.trades)
            and (not self.buildings or building in self.buildings)
            and (self.ended_on is None or on <= self.ended_on)
        )


class Letter(SQLModel, table=True):
    """What the cooperative wrote to a party, and what became of it: the row is the proof."""

    __tablename__ = "letter"
    __table_args__ = (
        Index("letter_waiting", "not_before", postgresql_where=text("state IN ('queued', 'sending')")),
        Index(
            "letter_undelivered",
            "coop",
            postgresql_where=text("state = 'failed' AND seen_by IS NULL"),
        ),
        Index("letter_about", "coop", "about"),
        Index("letter_party", "party"),
        {"schema": "aftersales"},
    )
    id: str = Field(primary_key=True)
    """`ltr_…`"""
    coop: str
    party: str = Field(foreign_key="aftersales.party.id")
    about: str
    """Opaque id of what it is about: a request, an inspection, the party itself."""
    language: str
    subject: str
    paragraphs: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    link: str | None = None
    """A path of the portal. `{token}` in it becomes a fresh personal token as the letter leaves."""
    attachment_name: str | None = None
    attachment: bytes | None = None
    state: str
    """queued, sending, sent or failed."""
    attempts: int
    not_before: datetime = _instant()
    """Wall time of the next try."""
    message_id: str | None = None
    sent_to: str | None = None
    """The address it was handed over for."""
    answer: str | None = None
    """What the mail server said, or why it was not asked."""
    queued_at: datetime = _instant()
    """Business time, as the instants below."""
    sent_at: datetime | None = _instant(nullable=True)
    failed_at: datetime | None = _instant(nullable=True)
    seen_by: str | None = None
    """Who of the staff took note that it did not arrive."""
    returned_at: datetime | None = _instant(nullable=True)
    """When it came back although the mail server had taken it; its state then is failed."""
    returned_by: str | None = None
    """Who said so: a person of the staff, or `mail` for the mail server's own report."""
    news: bool = False
    """News of a job, which may wait a few minutes for others to the same party and leave with them."""
    left_with: str | None = None
    """The letter in whose e-mail it left, where that is another one."""


class PartyLink(SQLModel, table=True):
    """A personal link of a party: who holds the token works as that party. The token itself is not kept."""

    __tablename__ = "party_link"
    __table_args__ = (Index("party_link_party", "party"), {"schema": "aftersales"})
    token_hash: str = Field(primary_key=True)
    """SHA-256 of the token, hexadecimal."""
    coop: str
    party: str = Field(foreign_key="aftersales.party.id")
    made_at: datetime = _instant()
    """Wall time, as all instants of links."""
    expires_at: datetime = _instant()
    """When it ends if it is not used again; see `links` for what else ends it."""
    last_used_at: datetime | None = _instant(nullable=True)
    revoked_at: datetime | None = _instant(nullable=True)
    renewed_at: datetime | None = _instant(nullable=True)
    """When a person of the staff last let it begin anew, and who."""
    renewed_by: str | None = None

    @property
    def id(self) -> str:
        """What staff know it by: nothing that leads back to the token."""
        return f"lnk_{self.token_hash[:24]}"

    @property
    def begins_at(self) -> datetime:
        """From when its absolute limit counts."""
        return self.renewed_at or self.made_at


class PartyMessage(SQLModel, table=True):
    """A word between the cooperative and a party about a request; households do not see it."""

    __tablename__ = "party_message"
    __table_args__ = (Index("party_message_ticket", "ticket", "written_at"), {"schema": "aftersales"})
    id: str = Field(primary_key=True)
    coop: str
    ticket: str = Field(foreign_key="aftersales.ticket.id")
    party: str = Field(foreign_key="aftersales.party.id")
    author: str
    """The party, or a person of the cooperative."""
    role: str
    """contractor or staff."""
    body: str | None = None
    """Null once erased."""
    written_at: datetime = _instant()


class RoutingRule(SQLModel, table=True):
    """A rule of the cooperative's own: which team or party follows what; see `routing.Rule`."""

    __tablename__ = "routing_rule"
    __table_args__ = (Index("routing_rule_coop", "coop"), {"schema": "aftersales"})
    id: str = Field(primary_key=True)
    """`rul_…`"""
    coop: str
    building: str | None = None
    trade: str | None = None
    regime: str | None = None
    """A warranty that runs, `none` for work outside any; null: both."""
    urgency: str | None = None
    """`pressing` (p0 and p1), `usual` (the others); null: both."""
    team: str | None = None
    party: str | None = Field(default=None, foreign_key="aftersales.party.id")
    valid_from: date
    valid_to: date | None = None
    note: str = ""
    """Why, in the words of who made it."""
    made_by: str
    made_at: datetime = _instant()
