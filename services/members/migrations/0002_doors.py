"""What opens doors is out of the web role's sight: signing in runs on the work role."""

from alembic import op

revision = "members_0002"
down_revision = "members_0001"
branch_labels = None
depends_on = None

CLOSED = ("invitation", "attempt", "session", "sign_in_link", "api_token", "staff")
NEEDED = (
    "SELECT, DELETE ON members.session",
    "SELECT (coop, person), DELETE ON members.sign_in_link",
    "SELECT (coop, subject, revoked_at), UPDATE (revoked_at) ON members.api_token",
    "SELECT, UPDATE (name, phone, language) ON members.staff",
)
"""Erasing a person and signing out elsewhere end sessions, links and tokens in the request's own
transaction; staff change how households see them, but not their role, cooperative or password."""


def upgrade() -> None:
    for table in CLOSED:
        op.execute(f"REVOKE ALL ON members.{table} FROM members_web")
    for right in NEEDED:
        op.execute(f"GRANT {right} TO members_web")


def downgrade() -> None:
    for table in CLOSED:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON members.{table} TO members_web")
