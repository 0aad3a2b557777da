"""Photos of requests and inspections: made harmless, kept, shown."""

revision = "aftersales_0006"
down_revision = "aftersales_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Made with the part it belongs to."""


def downgrade() -> None:
    """Undone with the part it belongs to."""
