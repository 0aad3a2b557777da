"""The staff's desk: views that people keep, and requests found by their words.

Under row-level security PostgreSQL looks at every row before it compares words, for that comparison might
leak: the index would never be used. So one function of the owner's searches, for one cooperative, and only
where the caller may see it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

from services.kit.migrations import protect

revision = "aftersales_0010"
down_revision = "aftersales_0009"
branch_labels = None
depends_on = None

_SEARCH = "aftersales.found_by_words(text, tsquery)"
_READ = ("ticket", "ticket_message", "ticket_event")
_ACCENTS = ("àâäáãçéèêëîïíôöóõùûüúñÿ", "aaaaaceeeeiiioooouuuuny")


def upgrade() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("coop", sa.String, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("query", sa.String, nullable=False),
        sa.Column("is_shared", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        schema="aftersales",
    )
    op.create_index(
        "saved_view_name", "saved_view", ["coop", "owner", "name"], unique=True, schema="aftersales"
    )
    op.create_table(
        "ticket_words",
        sa.Column("ticket", sa.String, primary_key=True),
        sa.Column("source", sa.String, primary_key=True),
        sa.Column("coop", sa.String, nullable=False),
        sa.Column("document", TSVECTOR, nullable=False),
        schema="aftersales",
    )
    op.create_index(
        "ticket_words_document", "ticket_words", ["document"], schema="aftersales", postgresql_using="gin"
    )
    op.create_index("ticket_by_due", "ticket", ["coop", "next_due_at", "id"], schema="aftersales")
    op.create_index(
        "ticket_open_by_due", "ticket", ["coop", "next_due_at", "id"], schema="aftersales",
        postgresql_where=sa.text("ended_at IS NULL"),
    )  # fmt: skip
    for table in ("saved_view", "ticket_words"):
        protect(op, "aftersales", table)
    op.execute("CREATE POLICY owner ON aftersales.ticket_words FOR SELECT TO CURRENT_USER USING (true)")
    plain, folded = _ACCENTS
    op.execute(
        "CREATE FUNCTION aftersales.document_of(words text) RETURNS tsvector LANGUAGE sql IMMUTABLE AS $$"
        " SELECT to_tsvector('french', translate("
        f"replace(replace(lower(coalesce($1, '')), 'œ', 'oe'), 'æ', 'ae'), '{plain}', '{folded}')) $$"
    )
    for table, source, column in (
        ("ticket", "'ticket'", "description"),
        ("ticket_message", "new.id", "body"),
        ("ticket_event", "new.place_in_history::text", "comment"),
    ):
        ticket = "new.id" if table == "ticket" else "new.ticket"
        op.execute(
            f"CREATE FUNCTION aftersales.keep_words_of_{table}()"  # noqa: S608 - only constants are formatted in
            " RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF new.{column} IS NULL THEN"
            f"   DELETE FROM aftersales.ticket_words WHERE ticket = {ticket} AND source = {source};"
            " ELSE INSERT INTO aftersales.ticket_words (ticket, source, coop, document)"
            f"   VALUES ({ticket}, {source}, new.coop, aftersales.document_of(new.{column}))"
            "   ON CONFLICT (ticket, source) DO UPDATE SET document = excluded.document;"
            " END IF; RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER keep_words AFTER INSERT OR UPDATE OF {column} ON aftersales.{table}"
            f" FOR EACH ROW EXECUTE FUNCTION aftersales.keep_words_of_{table}()"
        )
    op.execute(
        "CREATE FUNCTION aftersales.found_by_words(wanted text, words tsquery) RETURNS SETOF text"
        " LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$"
        " SELECT DISTINCT w.ticket FROM aftersales.ticket_words w"
        " WHERE w.coop = $1 AND palier.sees($1) AND w.document @@ $2 $$"
    )
    op.execute(f"REVOKE ALL ON FUNCTION {_SEARCH} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {_SEARCH} TO aftersales_web, aftersales_work")
    _of_what_is_there()


def _of_what_is_there() -> None:
    for table in _READ:
        op.execute(f"CREATE POLICY owner ON aftersales.{table} FOR SELECT TO CURRENT_USER USING (true)")
    op.execute(
        "CREATE POLICY owner_adds ON aftersales.ticket_words FOR INSERT TO CURRENT_USER WITH CHECK (true)"
    )
    op.execute(
        "INSERT INTO aftersales.ticket_words (ticket, source, coop, document)"
        " SELECT id, 'ticket', coop, aftersales.document_of(description)"
        "   FROM aftersales.ticket WHERE description IS NOT NULL"
        " UNION ALL SELECT ticket, id, coop, aftersales.document_of(body)"
        "   FROM aftersales.ticket_message WHERE body IS NOT NULL"
        " UNION ALL SELECT ticket, place_in_history::text, coop, aftersales.document_of(comment)"
        "   FROM aftersales.ticket_event WHERE comment IS NOT NULL"
    )
    op.execute("DROP POLICY owner_adds ON aftersales.ticket_words")
    for table in _READ:
        op.execute(f"DROP POLICY owner ON aftersales.{table}")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {_SEARCH}")
    for table in _READ:
        op.execute(f"DROP TRIGGER keep_words ON aftersales.{table}")
        op.execute(f"DROP FUNCTION aftersales.keep_words_of_{table}()")
    op.execute("DROP FUNCTION aftersales.document_of(text)")
    op.drop_index("ticket_open_by_due", "ticket", schema="aftersales")
    op.drop_index("ticket_by_due", "ticket", schema="aftersales")
    op.drop_table("ticket_words", schema="aftersales")
    op.drop_table("saved_view", schema="aftersales")
