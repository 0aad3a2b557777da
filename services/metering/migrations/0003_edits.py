"""What a person corrected, confirmed or gave up in a curve, beside what was measured; days to look at."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kit.migrations import protect

revision = "metering_0003"
down_revision = "metering_0002"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
HELD = ("day", "open_day")


def _text(name: str, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "edit",
        sa.Column("id", sa.String, primary_key=True),
        _text("coop"),
        _text("meter"),
        _text("quantity"),
        sa.Column("day", sa.Date, nullable=False),
        _text("occupancy", nullable=True),
        sa.Column("first_slot", sa.Integer, nullable=False),
        sa.Column("last_slot", sa.Integer, nullable=False),
        _text("kind"),
        sa.Column("amounts", JSONB, nullable=True),
        _text("why"),
        _text("made_by"),
        sa.Column("made_at", INSTANT, nullable=False),
        _text("undone_by", nullable=True),
        sa.Column("undone_at", INSTANT, nullable=True),
        _text("undone_why", nullable=True),
        schema="metering",
    )
    op.create_index("edit_day", "edit", ["meter", "quantity", "day", "id"], schema="metering")
    op.create_index("edit_occupancy", "edit", ["occupancy", "day"], schema="metering")
    protect(op, "metering", "edit")
    for table in HELD:
        op.create_index(
            f"{table}_held", table, ["coop", "day", "meter"], schema="metering",
            postgresql_where=sa.text("quality ? 'suspect'"),
        )  # fmt: skip


def downgrade() -> None:
    for table in HELD:
        op.drop_index(f"{table}_held", table, schema="metering")
    op.drop_table("edit", schema="metering")
