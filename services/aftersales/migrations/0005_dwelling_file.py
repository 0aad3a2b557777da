"""A dwelling's file: its legal dates and windows as a timeline, its equipment, the check-ins."""

revision = "aftersales_0005"
down_revision = "aftersales_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Made with the part it belongs to."""


def downgrade() -> None:
    """Undone with the part it belongs to."""
