"""Files of past consumption: their progress and result, and the file itself until it has been read."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kit.migrations import protect

revision = "metering_0004"
down_revision = "metering_0003"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
COUNTS = ("rows", "accepted", "duplicate", "conflict", "refused", "no_consent", "outside_occupancy")


def _text(name: str, nullable: bool = False, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=nullable, primary_key=primary_key)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text("0"))


def _list(name: str) -> sa.Column[object]:
    return sa.Column(name, JSONB, nullable=False, server_default=sa.text("'[]'::jsonb"))


def upgrade() -> None:
    op.create_table(
        "file_import",
        _text("id", primary_key=True), _text("coop"), _text("meter"),
        sa.Column("bounds", JSONB, nullable=True), _list("touched"), _text("made_by"),
        sa.Column("by_operator", sa.Boolean, nullable=False),
        sa.Column("dry_run", sa.Boolean, nullable=False),
        _text("state"),
        sa.Column("found", JSONB, nullable=False), sa.Column("options", JSONB, nullable=False),
        sa.Column("bytes_total", sa.BigInteger, nullable=False), _count("bytes_read"),
        *(_count(name) for name in COUNTS),
        sa.Column("rows_total", sa.BigInteger, nullable=True),
        _count("accepted_milli"), _list("refusals"),
        sa.Column("first_day", sa.Date, nullable=True), sa.Column("last_day", sa.Date, nullable=True),
        _text("message", nullable=True), _text("detail", nullable=True), _text("lease", nullable=True),
        sa.Column("tries", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False), sa.Column("ended_at", INSTANT, nullable=True),
        schema="metering",
    )  # fmt: skip
    op.create_index(
        "file_import_meter", "file_import", ["meter", "created_at"], unique=True, schema="metering"
    )
    op.create_index(
        "file_import_waiting", "file_import", ["created_at"], schema="metering",
        postgresql_where=sa.text("state IN ('waiting', 'reading', 'storing', 'undoing')"),
    )  # fmt: skip
    op.create_table(
        "file_chunk",
        _text("import", primary_key=True),
        sa.Column("n", sa.Integer, primary_key=True, autoincrement=False),
        _text("coop"),
        sa.Column("data", sa.LargeBinary, nullable=False),
        schema="metering",
    )
    for table in ("file_import", "file_chunk"):
        protect(op, "metering", table)


def downgrade() -> None:
    for table in ("file_chunk", "file_import"):
        op.drop_table(table, schema="metering")
