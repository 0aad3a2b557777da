"""Requests are found by what their title says too: element, symptom and place are kept with their words.

What they are called, in either language, is the taxonomy's: words may change without the rows.
"""

from alembic import op

revision = "aftersales_0024"
down_revision = "aftersales_0023"
branch_labels = None
depends_on = None

_OF_CODES = "array_to_tsvector(ARRAY['e:' || {row}element, 's:' || {row}symptom, 'p:' || {row}place])"


def upgrade() -> None:
    _trigger(
        " INSERT INTO aftersales.ticket_words (ticket, source, coop, document)"  # noqa: S608 - only constants
        "   VALUES (new.id, 'ticket', new.coop,"
        f"   aftersales.document_of(new.description) || {_OF_CODES.format(row='new.')})"
        "   ON CONFLICT (ticket, source) DO UPDATE SET document = excluded.document;",
        "description, element, symptom, place",
    )
    _refill(f"aftersales.document_of(description) || {_OF_CODES.format(row='')}", "true")


def downgrade() -> None:
    _trigger(
        " IF new.description IS NULL THEN"
        "   DELETE FROM aftersales.ticket_words WHERE ticket = new.id AND source = 'ticket';"
        " ELSE INSERT INTO aftersales.ticket_words (ticket, source, coop, document)"
        "   VALUES (new.id, 'ticket', new.coop, aftersales.document_of(new.description))"
        "   ON CONFLICT (ticket, source) DO UPDATE SET document = excluded.document;"
        " END IF;",
        "description",
    )
    _refill("aftersales.document_of(description)", "description IS NOT NULL")


def _trigger(body: str, columns: str) -> None:
    op.execute("DROP TRIGGER keep_words ON aftersales.ticket")
    op.execute(
        "CREATE OR REPLACE FUNCTION aftersales.keep_words_of_ticket() RETURNS trigger LANGUAGE plpgsql"
        f" AS $$ BEGIN{body} RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER keep_words AFTER INSERT OR UPDATE OF {columns} ON aftersales.ticket"
        " FOR EACH ROW EXECUTE FUNCTION aftersales.keep_words_of_ticket()"
    )


def _refill(document: str, of_which: str) -> None:
    """Of what is there; the owner sees rows only for as long as it writes them."""
    op.execute("CREATE POLICY owner ON aftersales.ticket FOR SELECT TO CURRENT_USER USING (true)")
    op.execute(
        "CREATE POLICY owner_writes ON aftersales.ticket_words FOR ALL TO CURRENT_USER"
        " USING (true) WITH CHECK (true)"
    )
    op.execute("DELETE FROM aftersales.ticket_words WHERE source = 'ticket'")
    op.execute(
        "INSERT INTO aftersales.ticket_words (ticket, source, coop, document)"  # noqa: S608 - only constants
        f" SELECT id, 'ticket', coop, {document} FROM aftersales.ticket WHERE {of_which}"
    )
    op.execute("DROP POLICY owner_writes ON aftersales.ticket_words")
    op.execute("DROP POLICY owner ON aftersales.ticket")
