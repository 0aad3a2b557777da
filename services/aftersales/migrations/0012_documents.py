"""A signed inspection's document is ordered with the signatures and made after them; erased households' stay
locked until nobody can claim anything from them any more."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kit.migrations import protect

revision = "aftersales_0012"
down_revision = "aftersales_0011"
branch_labels = None
depends_on = None

SCHEMA = "aftersales"
_SEALED = """
CREATE OR REPLACE FUNCTION aftersales.keep_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.signed_at IS NOT NULL AND (
        (NEW.held_on, NEW.kind, NEW.occupancy, NEW.signed_at, NEW.record_sha256)
            IS DISTINCT FROM (OLD.held_on, OLD.kind, OLD.occupancy, OLD.signed_at, OLD.record_sha256)
        OR (OLD.sha256 IS NOT NULL AND NEW.sha256 IS DISTINCT FROM OLD.sha256)
        OR (NEW.record <> OLD.record AND NEW.record <> '{}'::jsonb)
    ) THEN
        RAISE EXCEPTION 'inspection % is signed', OLD.id;
    END IF;
    RETURN NEW;
END $$
"""
"""A signed inspection gets its document's digest once, and may be emptied; it is never rewritten."""
_MADE = """
CREATE FUNCTION aftersales.keep_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.sha256 IS NOT NULL AND (
        NEW.sha256 IS DISTINCT FROM OLD.sha256
        OR (NEW.content IS NOT NULL AND NEW.content IS DISTINCT FROM OLD.content)
    ) THEN
        RAISE EXCEPTION 'document % is made', OLD.id;
    END IF;
    RETURN NEW;
END $$
"""
"""A document that was made may be dropped; it is never another one."""
_BEFORE = """
CREATE OR REPLACE FUNCTION aftersales.keep_signed() RETURNS trigger LANGUAGE plpgsql AS $$
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


def upgrade() -> None:
    op.add_column("guided_inspection", sa.Column("record_sha256", sa.String), schema=SCHEMA)
    op.add_column("guided_inspection", sa.Column("kept_until", sa.Date), schema=SCHEMA)
    op.execute(
        "UPDATE aftersales.guided_inspection g SET record_sha256 = (SELECT max(s.record_sha256)"
        " FROM aftersales.inspection_signature s WHERE s.inspection = g.id) WHERE g.signed_at IS NOT NULL"
    )
    op.execute(_SEALED)
    op.add_column("photo", sa.Column("sha256", sa.String, nullable=False, server_default=""), schema=SCHEMA)
    op.execute(
        "UPDATE aftersales.photo p SET sha256 = encode(sha256(f.content), 'hex')"
        " FROM aftersales.photo_file f WHERE f.photo = p.id AND f.size = 'full'"
    )
    # What is read by its digest now covers the photos' bytes: who signed alone so far signs again.
    op.execute(
        "DELETE FROM aftersales.inspection_signature s USING aftersales.guided_inspection g"
        " WHERE g.id = s.inspection AND g.signed_at IS NULL"
    )
    op.alter_column("inspection_document", "sha256", nullable=True, schema=SCHEMA)
    for column in (
        sa.Column("facts", JSONB),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("not_before", sa.DateTime(timezone=True)),
    ):
        op.add_column("inspection_document", column, schema=SCHEMA)
    op.create_index(
        "inspection_document_ordered",
        "inspection_document",
        ["not_before"],
        schema=SCHEMA,
        postgresql_where=sa.text("sha256 IS NULL"),
    )
    op.execute(_MADE)
    op.execute(
        "CREATE TRIGGER keep_document BEFORE UPDATE ON aftersales.inspection_document"
        " FOR EACH ROW EXECUTE FUNCTION aftersales.keep_document()"
    )
    _locked_reading()


def downgrade() -> None:
    op.drop_table("locked_reading", schema=SCHEMA)
    op.execute("DROP TRIGGER keep_document ON aftersales.inspection_document")
    op.execute("DROP FUNCTION aftersales.keep_document()")
    op.drop_index("inspection_document_ordered", "inspection_document", schema=SCHEMA)
    op.execute("DELETE FROM aftersales.inspection_document WHERE sha256 IS NULL")
    for column in ("facts", "attempts", "not_before"):
        op.drop_column("inspection_document", column, schema=SCHEMA)
    op.alter_column("inspection_document", "sha256", nullable=False, schema=SCHEMA)
    op.drop_column("photo", "sha256", schema=SCHEMA)
    op.execute(_BEFORE)
    op.drop_column("guided_inspection", "kept_until", schema=SCHEMA)
    op.drop_column("guided_inspection", "record_sha256", schema=SCHEMA)


def _locked_reading() -> None:
    op.create_table(
        "locked_reading",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("coop", sa.String, nullable=False),
        sa.Column("inspection", sa.String, sa.ForeignKey("aftersales.guided_inspection.id"), nullable=False),
        sa.Column("document", sa.String, sa.ForeignKey("aftersales.inspection_document.id"), nullable=False),
        sa.Column("read_by", sa.String, nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        schema=SCHEMA,
    )
    op.create_index("locked_reading_inspection", "locked_reading", ["inspection"], schema=SCHEMA)
    protect(op, SCHEMA, "locked_reading")
