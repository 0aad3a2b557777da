"""What went with a written notice is kept with it: each photo and document under its number."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kit.migrations import protect

revision = "aftersales_0017"
down_revision = "aftersales_0016"
branch_labels = None
depends_on = None

SCHEMA = "aftersales"


def upgrade() -> None:
    op.create_table(
        "notice_annex",
        sa.Column("notice", sa.String, sa.ForeignKey("aftersales.notice.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        _text("coop"),
        _text("kind"),
        _text("source"),
        sa.Column("says", JSONB, nullable=False),
        sa.Column("dated_on", sa.Date, nullable=False),
        _text("sha256"),
        sa.Column("size_bytes", sa.Integer, nullable=False),
        _text("way"),
        sa.Column("content", sa.LargeBinary),
        schema=SCHEMA,
    )
    protect(op, SCHEMA, "notice_annex")
    # As the letter it went with: added, never changed.
    op.execute(f"REVOKE UPDATE, DELETE ON {SCHEMA}.notice_annex FROM {SCHEMA}_web")
    op.execute(f"REVOKE UPDATE ON {SCHEMA}.notice_annex FROM {SCHEMA}_work")


def downgrade() -> None:
    op.drop_table("notice_annex", schema=SCHEMA)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=False)
