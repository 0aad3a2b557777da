"""Who sends the news of an incident sees its words only."""

from alembic import op

from services.kit.migrations import publish

revision = "aftersales_0016"
down_revision = "aftersales_0015"
branch_labels = None
depends_on = None

_BEFORE = "id, coop, incident, kind, text_fr, text_en, expected_at"


def upgrade() -> None:
    _show("id, coop, text_fr, text_en")


def downgrade() -> None:
    _show(_BEFORE)


def _show(columns: str) -> None:
    query = f"SELECT {columns} FROM aftersales.incident_news WHERE palier.sees(coop)"  # noqa: S608 - constants
    publish(op, "incident_news", query, {"notifications": ""})
