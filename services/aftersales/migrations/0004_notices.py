"""Written notices to the party that owes a repair, stored with their proof of delivery."""

revision = "aftersales_0004"
down_revision = "aftersales_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Made with the part it belongs to."""


def downgrade() -> None:
    """Undone with the part it belongs to."""
