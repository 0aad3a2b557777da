"""Requests are found by what their title says too: element, symptom and place are kept with their words.

What they are called, in either language, is the taxonomy's: words may change without the rows. Of what many
requests say only the newest answer, found by walking back through them: the search is planned with its words.
"""

from alembic import op

revision = "aftersales_0024"
down_revision = "aftersales_0023"
branch_labels = None
depends_on = None

_OF_CODES = "array_to_tsvector(ARRAY['e:' || {row}element, 's:' || {row}symptom, 'p:' || {row}place])"

_OF_ANY = (
    " LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$"
    " SELECT DISTINCT w.ticket FROM aftersales.ticket_words w"
    " WHERE w.coop = $1 AND palier.sees($1) AND w.document @@ $2 $$"
)
_NEWEST = (
    " LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ BEGIN"
    " IF palier.sees($1) THEN RETURN QUERY EXECUTE"
    " 'SELECT DISTINCT w.ticket::text FROM aftersales.ticket_words w"
    " WHERE w.coop = $1 AND w.document @@ $2 ORDER BY 1 DESC LIMIT 2000' USING $1, $2; END IF; END $$"
)


def upgrade() -> None:
    _search(_NEWEST)
    _trigger(
        " INSERT INTO aftersales.ticket_words (ticket, source, coop, document)"  # noqa: S608 - only constants
        "   VALUES (new.id, 'ticket', new.coop,"
        f"   aftersales.document_of(new.description) || {_OF_CODES.format(row='new.')})"
        "   ON CONFLICT (ticket, source) DO UPDATE SET document = excluded.document;",
        "description, element, symptom, place",
    )
    _refill(f"aftersales.document_of(description) || {_OF_CODES.format(row='')}", "true")


def downgrade() -> None:
    _search(_OF_ANY)
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


def _search(how: str) -> None:
    op.execute(
        "CREATE OR REPLACE FUNCTION aftersales.found_by_words(wanted text, words tsquery)"
        f" RETURNS SETOF text{how}"
    )


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
