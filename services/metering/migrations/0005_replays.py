"""Feeds that operators keep, and the replays of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kit.migrations import protect

revision = "metering_0005"
down_revision = "metering_0004"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
TABLES = ("feed", "feed_piece", "feed_reading", "replay")


def upgrade() -> None:
    _feeds()
    _replays()
    for table in TABLES:
        protect(op, "metering", table)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE IF EXISTS metering.{table} CASCADE")


def _text(name: str, nullable: bool = False, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=nullable, primary_key=primary_key)


def _instant(name: str, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, INSTANT, nullable=nullable)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.text("false"))


def _json(name: str, default: str) -> sa.Column[object]:
    return sa.Column(name, JSONB, nullable=False, server_default=sa.text(f"'{default}'"))


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, server_default=sa.text("0"))


def _feeds() -> None:
    op.create_table(
        "feed",
        _text("id", primary_key=True), _text("coop"), _text("name"), _text("origin"), _text("state"),
        _text("zone"), _json("spec", "{}"), sa.Column("summary", JSONB), _text("problem", True),
        sa.Column("bytes", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        _text("made_by"), _instant("made_at", False), _instant("records_until"),
        _instant("expires_at", False), schema="metering",
    )  # fmt: skip
    op.create_index("feed_page", "feed", ["coop", "made_at", "id"], schema="metering")
    op.create_index(
        "feed_recording", "feed", ["coop"], schema="metering", postgresql_where=sa.text("state = 'recording'")
    )
    op.create_table(
        "feed_piece",
        _text("feed", primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        _text("coop"),
        sa.Column("content", sa.LargeBinary, nullable=False),
        schema="metering",
    )
    op.create_table(
        "feed_reading",
        _text("feed", primary_key=True),
        sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        _text("coop"), _text("meter"), _instant("received_at", False), _text("register"),
        _text("quantity"), _text("kind"), sa.Column("step_s", sa.Integer, nullable=False),
        _instant("instant", False), sa.Column("value_milli", sa.BigInteger, nullable=False),
        _text("codec"), schema="metering",
    )  # fmt: skip
    op.create_index("feed_reading_meter", "feed_reading", ["meter", "instant"], schema="metering")


def _replays() -> None:
    op.create_table(
        "replay",
        _text("id", primary_key=True), _text("coop"), _text("feed"), sa.Column("speed", sa.Float),
        _flag("is_dry_run"), _flag("as_registers"), _flag("is_kept"), _instant("since"),
        _instant("until"), _text("meter", True), _text("state"), _instant("position"),
        _instant("seek_to"), _whole("at_message"), _whole("messages"), _json("sent", "[]"),
        _json("counts", "{}"), _text("sandbox", True), sa.Column("places", JSONB),
        sa.Column("result", JSONB), _text("problem", True), _text("made_by"), _instant("made_at", False),
        _instant("started_at"), _instant("ended_at"), _instant("kept_until"), _text("lease_by", True),
        _instant("lease_until"), _whole("tries"), schema="metering",
    )  # fmt: skip
    op.create_index("replay_page", "replay", ["coop", "made_at", "id"], schema="metering")
    op.create_index("replay_work", "replay", ["state", "made_at"], schema="metering")
