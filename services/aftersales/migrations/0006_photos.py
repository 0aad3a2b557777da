"""Photos of requests and inspections, made harmless; inspections done room by room and signed by both."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kit.migrations import protect

revision = "aftersales_0006"
down_revision = "aftersales_0005"
branch_labels = None
depends_on = None

SCHEMA = "aftersales"
_SEALED = """
CREATE FUNCTION aftersales.keep_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.signed_at IS NOT NULL AND (
        NEW.held_on, NEW.kind, NEW.occupancy, NEW.signed_at, NEW.sha256
    ) IS DISTINCT FROM (OLD.held_on, OLD.kind, OLD.occupancy, OLD.signed_at, OLD.sha256)
    OR (OLD.signed_at IS NOT NULL AND NEW.record <> OLD.record AND NEW.record <> '{}'::jsonb) THEN
        RAISE EXCEPTION 'inspection % is signed', OLD.id;
    END IF;
    RETURN NEW;
END $$
"""
"""A signed inspection may be emptied when a household is erased; it is never rewritten."""


def upgrade() -> None:
    _guided_inspection()
    _inspection_signature()
    _inspection_amendment()
    _inspection_document()
    _photo()
    op.execute(_SEALED)
    op.execute(
        "CREATE TRIGGER keep_signed BEFORE UPDATE ON aftersales.guided_inspection"
        " FOR EACH ROW EXECUTE FUNCTION aftersales.keep_signed()"
    )


def downgrade() -> None:
    for table in ("photo_file", "photo", "inspection_document", "inspection_amendment"):
        op.drop_table(table, schema=SCHEMA)
    op.drop_table("inspection_signature", schema=SCHEMA)
    op.drop_table("guided_inspection", schema=SCHEMA)
    op.execute("DROP FUNCTION aftersales.keep_signed()")


def _guided_inspection() -> None:
    op.create_table(
        "guided_inspection",
        sa.Column("id", sa.String, primary_key=True),
        _text("coop"),
        _text("occupancy"),
        _text("kind"),
        sa.Column("held_on", sa.Date, nullable=False),
        _text("started_by"),
        _instant("started_at"),
        sa.Column("record", JSONB, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        _instant("signed_at", nullable=True),
        _text("sha256", nullable=True),
        schema=SCHEMA,
    )
    op.create_index("guided_inspection_occupancy", "guided_inspection", ["occupancy"], schema=SCHEMA)
    protect(op, SCHEMA, "guided_inspection")


def _inspection_signature() -> None:
    op.create_table(
        "inspection_signature",
        sa.Column(
            "inspection", sa.String, sa.ForeignKey("aftersales.guided_inspection.id"), primary_key=True
        ),
        sa.Column("side", sa.String, primary_key=True),
        _text("coop"),
        _text("name"),
        sa.Column("drawing", sa.LargeBinary),
        _text("record_sha256"),
        _text("signed_by"),
        _instant("signed_at"),
        schema=SCHEMA,
    )
    protect(op, SCHEMA, "inspection_signature")


def _inspection_amendment() -> None:
    op.create_table(
        "inspection_amendment",
        sa.Column("id", sa.String, primary_key=True),
        _text("coop"),
        _key_of("inspection", "guided_inspection"),
        _key_of("ticket", "ticket"),
        _text("window"),
        _text("place"),
        _text("element"),
        _text("symptom"),
        _text("note", nullable=True),
        _text("asked_by"),
        _instant("asked_at"),
        _text("acknowledged_by", nullable=True),
        _instant("acknowledged_at", nullable=True),
        _text("answer", nullable=True),
        schema=SCHEMA,
    )
    op.create_index("inspection_amendment_inspection", "inspection_amendment", ["inspection"], schema=SCHEMA)
    protect(op, SCHEMA, "inspection_amendment")


def _inspection_document() -> None:
    op.create_table(
        "inspection_document",
        sa.Column("id", sa.String, primary_key=True),
        _text("coop"),
        _key_of("inspection", "guided_inspection"),
        _key_of("amendment", "inspection_amendment", nullable=True),
        sa.Column("content", sa.LargeBinary),
        _text("sha256"),
        _instant("made_at"),
        schema=SCHEMA,
    )
    op.create_index("inspection_document_inspection", "inspection_document", ["inspection"], schema=SCHEMA)
    protect(op, SCHEMA, "inspection_document")


def _photo() -> None:
    op.create_table(
        "photo",
        sa.Column("id", sa.String, primary_key=True),
        _text("coop"),
        _key_of("ticket", "ticket", nullable=True),
        _key_of("inspection", "guided_inspection", nullable=True),
        _text("finding", nullable=True),
        _text("put_by"),
        _text("role"),
        _instant("put_at"),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        schema=SCHEMA,
    )
    op.create_index("photo_ticket", "photo", ["ticket"], schema=SCHEMA)
    op.create_index("photo_inspection", "photo", ["inspection"], schema=SCHEMA)
    protect(op, SCHEMA, "photo")
    op.create_table(
        "photo_file",
        sa.Column(
            "photo",
            sa.String,
            sa.ForeignKey("aftersales.photo.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("size", sa.String, primary_key=True),
        _text("coop"),
        sa.Column("content", sa.LargeBinary, nullable=False),
        schema=SCHEMA,
    )
    op.execute("ALTER TABLE aftersales.photo_file ALTER COLUMN content SET STORAGE EXTERNAL")  # JPEG: no gain
    protect(op, SCHEMA, "photo_file")


def _text(name: str, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=nullable)


def _instant(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _key_of(name: str, table: str, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String, sa.ForeignKey(f"aftersales.{table}.id"), nullable=nullable)
