"""How a problem is told: in taps or in a sentence, with what is known already shown first."""

revision = "aftersales_0009"
down_revision = "aftersales_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Made with the part it belongs to."""


def downgrade() -> None:
    """Undone with the part it belongs to."""
