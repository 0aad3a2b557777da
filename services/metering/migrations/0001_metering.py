"""The metering room's tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kit.migrations import furniture, protect

revision = "metering_0001"
down_revision = None
branch_labels = ("metering",)
depends_on = None

INSTANT = sa.DateTime(timezone=True)
TABLES = (
    "reading", "meter_register", "disagreement", "dirty_day", "open_day", "day", "quarantine",
    "meter_state", "data_use",
)  # fmt: skip


def upgrade() -> None:
    _readings()
    _days()
    _operations()
    furniture(op, "metering")
    for table in TABLES:
        protect(op, "metering", table)


def downgrade() -> None:
    for table in ("outbox", "inbox", "idempotency", *reversed(TABLES)):
        op.execute(f"DROP TABLE IF EXISTS metering.{table} CASCADE")


def _text(name: str, nullable: bool = False, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=nullable, primary_key=primary_key)


def _instant(name: str, nullable: bool = False, primary_key: bool = False) -> sa.Column[object]:
    return sa.Column(name, INSTANT, nullable=nullable, primary_key=primary_key)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text("0"))


def _readings() -> None:
    op.create_table(
        "reading",
        _text("meter", primary_key=True), _text("register", primary_key=True),
        _instant("instant", primary_key=True), _text("coop"), _text("quantity"), _text("kind"),
        sa.Column("step_s", sa.Integer, nullable=False),
        sa.Column("value_milli", sa.BigInteger, nullable=False),
        _text("codec"), _instant("received_at"), schema="metering",
    )  # fmt: skip
    op.create_table(
        "meter_register",
        _text("meter", primary_key=True), _text("register", primary_key=True), _text("coop"),
        _text("quantity"), _text("kind"), sa.Column("step_s", sa.Integer, nullable=False), schema="metering",
    )  # fmt: skip
    op.create_table(
        "disagreement",
        _text("meter", primary_key=True), _text("register", primary_key=True),
        _instant("instant", primary_key=True),
        sa.Column("value_milli", sa.BigInteger, primary_key=True, autoincrement=False),
        _text("coop"), _instant("received_at"), schema="metering",
    )  # fmt: skip


def _days() -> None:
    op.create_table(
        "dirty_day",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True), _text("coop"),
        _text("meter"), _text("quantity"), sa.Column("day", sa.Date, nullable=False),
        sa.Column("marked_at", INSTANT, nullable=False, server_default=sa.text("now()")), schema="metering",
    )  # fmt: skip
    op.create_index("dirty_day_meter", "dirty_day", ["meter", "quantity", "day"], schema="metering")
    op.create_table(
        "open_day",
        _text("meter", primary_key=True), _text("quantity", primary_key=True),
        sa.Column("day", sa.Date, primary_key=True), _text("coop"), _text("occupancy", True),
        _instant("ends_at"), sa.Column("packed", sa.LargeBinary),
        sa.Column("slots", sa.Integer, nullable=False),
        sa.Column("value", sa.BigInteger, nullable=False), sa.Column("quality", JSONB, nullable=False),
        schema="metering",
    )  # fmt: skip
    op.create_index("open_day_ends", "open_day", ["ends_at"], schema="metering")
    op.create_table(
        "day",
        _text("meter", primary_key=True), _text("quantity", primary_key=True),
        sa.Column("day", sa.Date, primary_key=True), _text("coop"), _text("occupancy", True),
        sa.Column("packed", sa.LargeBinary), sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("slots", sa.Integer, nullable=False),
        sa.Column("value", sa.BigInteger, nullable=False), sa.Column("quality", JSONB, nullable=False),
        sa.Column("cost_eur", sa.Numeric(20, 4)), _text("cost_reason", True),
        sa.Column("peak_va", sa.BigInteger),
        sa.Column("revision", sa.Integer, nullable=False), _instant("closed_at"),
        sa.Column("is_frozen", sa.Boolean, nullable=False, server_default=sa.text("false")),
        schema="metering",
    )  # fmt: skip
    op.create_index("day_occupancy", "day", ["occupancy", "day"], schema="metering")


def _operations() -> None:
    op.create_table(
        "quarantine",
        _text("id", primary_key=True), _text("coop"), _text("reason"), _text("detail"), _text("topic"),
        _text("codec", True), _text("meter", True), _text("gateway", True), _text("channel", True),
        sa.Column("payload", sa.LargeBinary), _instant("received_at"), _text("status"),
        _text("decided_by", True), _instant("decided_at", True), schema="metering",
    )  # fmt: skip
    op.create_index("quarantine_page", "quarantine", ["coop", "received_at", "id"], schema="metering")
    op.create_index("quarantine_channel", "quarantine", ["gateway", "channel"], schema="metering")
    op.create_index(
        "quarantine_retry", "quarantine", ["received_at"], schema="metering",
        postgresql_where=sa.text("status = 'retry'"),
    )  # fmt: skip
    op.create_table(
        "meter_state",
        _text("meter", primary_key=True), _text("coop"), _instant("watermark", True), _instant("heard_at"),
        _count("habit_s"), _instant("silent_since", True), _count("received"), _count("stored"),
        _count("duplicate"), _count("late"), _count("discarded_no_consent"),
        _count("discarded_outside_occupancy"), schema="metering",
    )  # fmt: skip
    op.create_table(
        "data_use",
        _text("occupancy", primary_key=True), sa.Column("used_on", sa.Date, primary_key=True),
        _text("purpose", primary_key=True), _text("actor", primary_key=True), _text("coop"), _text("why"),
        _count("uses"), _instant("last_at"), schema="metering",
    )  # fmt: skip
