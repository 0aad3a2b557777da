"""Appointments: slots, choice, reminders, on the way, missed; and the links contractors work from."""

revision = "aftersales_0007"
down_revision = "aftersales_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Made with the part it belongs to."""


def downgrade() -> None:
    """Undone with the part it belongs to."""
