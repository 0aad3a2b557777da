"""A request's history is only added to, except that a sandbox's goes with its sandbox."""

from alembic import op

revision = "aftersales_0002"
down_revision = "aftersales_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # PL/pgSQL looks the view up when it runs: the rooms' migrations have no order among them.
    op.execute(
        "CREATE FUNCTION aftersales.is_sandbox(slug text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$"
        " BEGIN RETURN EXISTS (SELECT 1 FROM registry.coop c WHERE c.slug = $1 AND c.sandbox); END $$"
    )
    op.execute("GRANT DELETE ON aftersales.ticket_event TO aftersales_work")
    op.execute(
        "CREATE POLICY only_of_sandboxes ON aftersales.ticket_event AS RESTRICTIVE FOR DELETE"
        " TO aftersales_work USING (aftersales.is_sandbox(coop))"
    )


def downgrade() -> None:
    op.execute("DROP POLICY only_of_sandboxes ON aftersales.ticket_event")
    op.execute("REVOKE DELETE ON aftersales.ticket_event FROM aftersales_work")
    op.execute("DROP FUNCTION aftersales.is_sandbox(text)")
