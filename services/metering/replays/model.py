"""The tables of feeds and replays. Instants are UTC; a feed's days are civil days of its zone.

`coop` is the cooperative of the operator who brought the feed, `*` for a platform operator, or the one that
was recorded.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    Identity,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import SQLModel

SCHEMA = "metering"
METADATA = SQLModel.metadata
INSTANT = DateTime(timezone=True)


def _text(name: str, nullable: bool = False, primary_key: bool = False) -> Column[str]:
    return Column(name, String, nullable=nullable, primary_key=primary_key)


def _instant(name: str, nullable: bool = True) -> Column[object]:
    return Column(name, INSTANT, nullable=nullable)


def _count(name: str, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable, server_default=None if nullable else text("0"))


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=text("false"))


FEED = Table(
    "feed",
    METADATA,
    _text("id", primary_key=True),
    _text("coop"),
    _text("name"),
    _text("origin"),
    _text("state"),
    _text("zone"),
    Column("spec", JSONB, nullable=False, server_default=text("'{}'")),
    Column("summary", JSONB, nullable=True),
    _text("problem", nullable=True),
    _count("bytes"),
    _text("made_by"),
    _instant("made_at", nullable=False),
    _instant("records_until"),
    _instant("expires_at", nullable=False),
    Index("feed_page", "coop", "made_at", "id"),
    Index("feed_recording", "coop", postgresql_where=text("state = 'recording'")),
    schema=SCHEMA,
)
"""`origin`: upload, recording or scenario (`spec` says which). `state`: recording, waiting (to be read),
ready or unreadable. `summary` is what reading it found: format, period, intervals, energy, gaps."""

FEED_PIECE = Table(
    "feed_piece",
    METADATA,
    _text("feed", primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _text("coop"),
    Column("content", LargeBinary, nullable=False),
    schema=SCHEMA,
)
"""An uploaded file as it came, in pieces of at most one MiB."""

FEED_READING = Table(
    "feed_reading",
    METADATA,
    _text("feed", primary_key=True),
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    _text("coop"),
    _text("meter"),
    _instant("received_at", nullable=False),
    _text("register"),
    _text("quantity"),
    _text("kind"),
    Column("step_s", Integer, nullable=False),
    _instant("instant", nullable=False),
    Column("value_milli", BigInteger, nullable=False),
    _text("codec"),
    Index("feed_reading_meter", "meter", "instant"),
    schema=SCHEMA,
)
"""What arrived while a recording was on, repeats and disorder included, of households that consent. The
meter stands here so that a withdrawal finds it; nobody is shown it, and a replay calls it `m1`, `m2`…"""

REPLAY = Table(
    "replay",
    METADATA,
    _text("id", primary_key=True),
    _text("coop"),
    _text("feed"),
    Column("speed", Float, nullable=True),
    _flag("is_dry_run"),
    _flag("as_registers"),
    _flag("is_kept"),
    _instant("since"),
    _instant("until"),
    _text("meter", nullable=True),
    _text("state"),
    _instant("position"),
    _instant("seek_to"),
    Column("at_message", Integer, nullable=False, server_default=text("0")),
    Column("messages", Integer, nullable=False, server_default=text("0")),
    Column("sent", JSONB, nullable=False, server_default=text("'[]'")),
    Column("counts", JSONB, nullable=False, server_default=text("'{}'")),
    _text("sandbox", nullable=True),
    Column("places", JSONB, nullable=True),
    Column("result", JSONB, nullable=True),
    _text("problem", nullable=True),
    _text("made_by"),
    _instant("made_at", nullable=False),
    _instant("started_at"),
    _instant("ended_at"),
    _instant("kept_until"),
    _text("lease_by", nullable=True),
    _instant("lease_until"),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Index("replay_page", "coop", "made_at", "id"),
    Index("replay_work", "state", "made_at"),
    schema=SCHEMA,
)
"""One playing of a feed. `speed` is a multiple of real time, null as fast as possible. `sent` are the ranges
of messages that were acknowledged; `places` says which sandbox meter plays which of the feed's. A player
holds the lease while it works, and who finds it run out goes on from `at_message`."""
