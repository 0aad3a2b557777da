"""Where a residence stands: street and town, once for all of it, or of a building or dwelling of its own."""

import sqlalchemy as sa
from alembic import op

from services.kit.migrations import protect

revision = "members_0006"
down_revision = "members_0005"
branch_labels = None
depends_on = None

_DWELLING = """
SELECT d.id, d.coop, d.ref, d.building, d.residence, d.staircase, d.floor, d.floor_area_m2, d.heating,
       d.postcode, d.zone, d.built_on, coalesce(d.reception_on, b.reception_on) AS reception_on{more}
FROM members.dwelling d LEFT JOIN members.building b ON b.id = d.building{join}
WHERE palier.sees(d.coop)
"""
_BUILDING = """
SELECT b.id, b.coop, b.ref, b.residence, b.reception_on{more}
FROM members.building b{join} WHERE palier.sees(b.coop)
"""
_ROOMS = {
    "dwelling": ("metering", "advice", "aftersales", "notifications"),
    "building": ("metering", "aftersales"),
}


def upgrade() -> None:
    op.create_table(
        "residence",
        sa.Column("coop", sa.String, sa.ForeignKey("members.coop.coop"), primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("street", sa.String),
        sa.Column("city", sa.String),
        schema="members",
    )
    protect(op, "members", "residence")
    op.execute("GRANT SELECT ON members.residence TO palier_registry")
    op.execute("CREATE POLICY registry_reads ON members.residence FOR SELECT TO palier_registry USING (true)")
    for table in ("dwelling", "building"):
        for name in ("street", "city"):
            op.add_column(table, sa.Column(name, sa.String), schema="members")
    op.execute("GRANT CREATE ON SCHEMA registry TO palier_registry")
    _replace(
        "dwelling",
        _DWELLING.format(
            more=", coalesce(d.street, b.street, r.street) AS street,"
            " coalesce(d.city, b.city, r.city) AS city",
            join=" LEFT JOIN members.residence r ON r.coop = d.coop AND r.name = d.residence",
        ),
    )
    _replace(
        "building",
        _BUILDING.format(
            more=", coalesce(b.street, r.street) AS street, coalesce(b.city, r.city) AS city",
            join=" LEFT JOIN members.residence r ON r.coop = b.coop AND r.name = b.residence",
        ),
    )
    op.execute("REVOKE CREATE ON SCHEMA registry FROM palier_registry")


def downgrade() -> None:
    op.execute("GRANT CREATE ON SCHEMA registry TO palier_registry")
    for name, query in (("dwelling", _DWELLING), ("building", _BUILDING)):
        op.execute(f"DROP VIEW registry.{name}")
        _replace(name, query.format(more="", join=""))
        for role in (f"{room}_{kind}" for room in _ROOMS[name] for kind in ("work", "web")):
            op.execute(f"GRANT SELECT ON registry.{name} TO {role}")
        op.execute(f"ALTER VIEW registry.{name} OWNER TO palier_registry")
    op.execute("REVOKE CREATE ON SCHEMA registry FROM palier_registry")
    for table in ("building", "dwelling"):
        for name in ("city", "street"):
            op.drop_column(table, name, schema="members")
    op.drop_table("residence", schema="members")


def _replace(name: str, query: str) -> None:
    """With columns added at its end, a view keeps its owner, its readers' rights and what rests on it."""
    op.execute(f"CREATE OR REPLACE VIEW registry.{name} WITH (security_barrier) AS {query}")
