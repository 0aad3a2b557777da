"""Letters to parties, their links and the rules of routing; appointments: windows, visits, calendars."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kit.migrations import protect

revision = "aftersales_0007"
down_revision = "aftersales_0006"
branch_labels = None
depends_on = None

TABLES = (
    "letter",
    "party_link",
    "party_message",
    "routing_rule",
    "availability",
    "slot",
    "visit",
    "calendar_link",
    "link_try",
)


def upgrade() -> None:
    _letters()
    _rules()
    _visits()
    for table in TABLES:
        protect(op, "aftersales", table)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table, schema="aftersales")


def _instant(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=nullable)


def _letters() -> None:
    op.create_table(
        "letter",
        sa.Column("id", sa.String, primary_key=True),
        _text("coop"),
        sa.Column("party", sa.String, sa.ForeignKey("aftersales.party.id"), nullable=False),
        _text("about"),
        _text("language"),
        _text("subject"),
        sa.Column("paragraphs", JSONB, nullable=False),
        _text("link", nullable=True),
        _text("attachment_name", nullable=True),
        sa.Column("attachment", sa.LargeBinary),
        _text("state"),
        sa.Column("attempts", sa.Integer, nullable=False),
        _instant("not_before"),
        _text("message_id", nullable=True),
        _text("sent_to", nullable=True),
        _text("answer", nullable=True),
        _instant("queued_at"),
        _instant("sent_at", nullable=True),
        _instant("failed_at", nullable=True),
        _text("seen_by", nullable=True),
        schema="aftersales",
    )
    op.create_index(
        "letter_waiting",
        "letter",
        ["not_before"],
        schema="aftersales",
        postgresql_where=sa.text("state IN ('queued', 'sending')"),
    )
    op.create_index(
        "letter_undelivered",
        "letter",
        ["coop"],
        schema="aftersales",
        postgresql_where=sa.text("state = 'failed' AND seen_by IS NULL"),
    )
    op.create_index("letter_about", "letter", ["coop", "about"], schema="aftersales")
    op.create_index("letter_party", "letter", ["party"], schema="aftersales")
    op.create_table(
        "party_link",
        sa.Column("token_hash", sa.String, primary_key=True),
        _text("coop"),
        sa.Column("party", sa.String, sa.ForeignKey("aftersales.party.id"), nullable=False),
        _instant("made_at"),
        _instant("expires_at"),
        _instant("last_used_at", nullable=True),
        _instant("revoked_at", nullable=True),
        schema="aftersales",
    )
    op.create_index("party_link_party", "party_link", ["party"], schema="aftersales")
    op.create_table(
        "party_message",
        sa.Column("id", sa.String, primary_key=True),
        _text("coop"),
        sa.Column("ticket", sa.String, sa.ForeignKey("aftersales.ticket.id"), nullable=False),
        sa.Column("party", sa.String, sa.ForeignKey("aftersales.party.id"), nullable=False),
        _text("author"),
        _text("role"),
        _text("body", nullable=True),
        _instant("written_at"),
        schema="aftersales",
    )
    op.create_index("party_message_ticket", "party_message", ["ticket", "written_at"], schema="aftersales")


def _rules() -> None:
    op.create_table(
        "routing_rule",
        sa.Column("id", sa.String, primary_key=True),
        _text("coop"),
        *(_text(name, nullable=True) for name in ("building", "trade", "regime", "urgency", "team")),
        sa.Column("party", sa.String, sa.ForeignKey("aftersales.party.id")),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_to", sa.Date),
        _text("note"),
        _text("made_by"),
        _instant("made_at"),
        schema="aftersales",
    )
    op.create_index("routing_rule_coop", "routing_rule", ["coop"], schema="aftersales")


def _visits() -> None:
    op.create_table(
        "availability",
        sa.Column("id", sa.String, primary_key=True),
        _text("coop"),
        _text("host"),
        sa.Column("weekday", sa.Integer, nullable=False),
        sa.Column("starts", sa.Time, nullable=False),
        sa.Column("ends", sa.Time, nullable=False),
        sa.Column("window_minutes", sa.Integer, nullable=False),
        sa.Column("capacity", sa.Integer, nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_to", sa.Date),
        _text("building", nullable=True),
        schema="aftersales",
    )
    op.create_index("availability_host", "availability", ["coop", "host"], schema="aftersales")
    op.create_table(
        "slot",
        sa.Column("id", sa.String, primary_key=True),
        _text("coop"),
        _text("host"),
        _instant("starts_at"),
        _instant("ends_at"),
        sa.Column("capacity", sa.Integer, nullable=False),
        sa.Column("ticket", sa.String, sa.ForeignKey("aftersales.ticket.id")),
        _text("building", nullable=True),
        sa.Column("is_weekly", sa.Boolean, nullable=False),
        _instant("withdrawn_at", nullable=True),
        schema="aftersales",
    )
    op.create_index("slot_host", "slot", ["coop", "host", "starts_at"], schema="aftersales")
    _visit()
    op.create_table(
        "calendar_link",
        sa.Column("token_hash", sa.String, primary_key=True),
        _text("coop"),
        _text("person"),
        _text("language"),
        _instant("made_at"),
        _instant("revoked_at", nullable=True),
        schema="aftersales",
    )
    op.create_index("calendar_link_person", "calendar_link", ["person"], schema="aftersales")
    op.create_table(
        "link_try",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("window_at", sa.DateTime(timezone=True), primary_key=True),
        _text("coop"),
        sa.Column("count", sa.Integer, nullable=False),
        schema="aftersales",
    )
    op.create_index("link_try_age", "link_try", ["window_at"], schema="aftersales")


def _visit() -> None:
    op.create_table(
        "visit",
        sa.Column("id", sa.String, primary_key=True),
        _text("coop"),
        sa.Column("ticket", sa.String, sa.ForeignKey("aftersales.ticket.id"), nullable=False),
        _text("host"),
        sa.Column("slot", sa.String, sa.ForeignKey("aftersales.slot.id")),
        sa.Column("seat", sa.Integer, nullable=False),
        _instant("starts_at"),
        _instant("ends_at"),
        _text("state"),
        _text("missed_side", nullable=True),
        sa.Column("sequence", sa.Integer, nullable=False),
        _text("booked_by"),
        _instant("booked_at"),
        _instant("changed_at"),
        _instant("reminded_at", nullable=True),
        _instant("expected_at", nullable=True),
        _text("outcome", nullable=True),
        _text("note", nullable=True),
        schema="aftersales",
    )
    running = sa.text("state IN ('booked', 'on_the_way')")
    op.create_index(
        "visit_seat",
        "visit",
        ["slot", "seat"],
        unique=True,
        schema="aftersales",
        postgresql_where=sa.text("slot IS NOT NULL AND state IN ('booked', 'on_the_way')"),
    )
    op.create_index(
        "visit_running", "visit", ["ticket"], unique=True, schema="aftersales", postgresql_where=running
    )
    op.create_index("visit_when", "visit", ["coop", "starts_at"], schema="aftersales")
    op.create_index("visit_ticket", "visit", ["ticket"], schema="aftersales")
