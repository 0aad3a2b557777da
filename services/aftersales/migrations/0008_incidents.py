"""One cause, several homes: proposed by the rules, confirmed by a person, told once."""

revision = "aftersales_0008"
down_revision = "aftersales_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Made with the part it belongs to."""


def downgrade() -> None:
    """Undone with the part it belongs to."""
