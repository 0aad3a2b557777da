"""A sandbox that was dropped is in nobody's sight from then on; its name stays taken for a day."""

from alembic import op

from services.kit.migrations import publish

revision = "members_0010"
down_revision = "members_0009"
branch_labels = None
depends_on = None

_ROOMS = dict.fromkeys(("members", "metering", "advice", "aftersales", "notifications"), "")
_COOP = "SELECT coop AS slug, name, zone, sandbox, business_now FROM members.coop WHERE palier.sees(coop)"


def upgrade() -> None:
    publish(op, "coop", f"{_COOP} AND dropped_at IS NULL", _ROOMS)
    publish(
        op,
        "dropped",
        "SELECT coop AS slug FROM members.coop WHERE dropped_at IS NOT NULL AND palier.sees(coop)",
        {"metering": "", "aftersales": ""},
    )


def downgrade() -> None:
    op.execute("DROP VIEW registry.dropped")
    publish(op, "coop", _COOP, _ROOMS)
