"""The members room's tables, and the `registry` views through which other rooms read them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.kit.migrations import furniture, protect

revision = "members_0001"
down_revision = None
branch_labels = ("members",)
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _homes()
    _devices()
    _people()
    _accounts()
    furniture(op, "members")
    for table in TABLES:
        protect(op, "members", table)
    _registry()


def downgrade() -> None:
    for view in VIEWS:
        op.execute(f"DROP VIEW registry.{view}")
    for table in ("outbox", "inbox", "idempotency", *reversed(TABLES)):
        op.execute(f"DROP TABLE IF EXISTS members.{table} CASCADE")


TABLES = (
    "coop", "building", "dwelling", "meter", "meter_contract", "gateway", "channel", "credential", "person",
    "occupancy", "resident", "consent", "staff", "invitation", "session", "sign_in_link", "api_token",
    "attempt",
)  # fmt: skip


def _id() -> sa.Column[str]:
    return sa.Column("id", sa.String, primary_key=True)


def _coop() -> sa.Column[str]:
    return sa.Column("coop", sa.String, sa.ForeignKey("members.coop.coop"), nullable=False)


def _text(name: str, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=nullable)


def _instant(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, INSTANT, nullable=nullable)


def _date(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Date, nullable=nullable)


def _ref(name: str, target: str, nullable: bool = False, primary_key: bool = False) -> sa.Column[str]:
    key = sa.ForeignKey(f"members.{target}")
    return sa.Column(name, sa.String, key, nullable=nullable, primary_key=primary_key)


def _homes() -> None:
    op.create_table(
        "coop", sa.Column("coop", sa.String, primary_key=True), _text("name"), _text("zone"),
        sa.Column("sandbox", sa.Boolean, nullable=False), _instant("business_now", True),
        _instant("created_at"), schema="members",
    )  # fmt: skip
    op.create_table(
        "building",
        _id(),
        _coop(),
        _text("ref"),
        _text("residence"),
        _date("reception_on", True),
        schema="members",
    )
    op.create_index("building_ref", "building", ["coop", "ref"], unique=True, schema="members")
    op.create_table(
        "dwelling", _id(), _coop(), _text("ref"), _ref("building", "building.id", True), _text("residence"),
        _text("staircase", True), _text("floor", True),
        sa.Column("floor_area_m2", sa.Numeric(8, 2), nullable=False), _text("heating"), _text("postcode"),
        _text("zone"), _date("built_on", True), _date("reception_on", True), schema="members",
    )  # fmt: skip
    op.create_index("dwelling_ref", "dwelling", ["coop", "ref"], unique=True, schema="members")
    op.create_table(
        "meter", _id(), _coop(), _ref("dwelling", "dwelling.id", True), _ref("building", "building.id", True),
        _text("fluid"), _text("serial", True), _text("zone"), schema="members",
    )  # fmt: skip
    op.create_index("meter_dwelling", "meter", ["dwelling"], schema="members")


def _devices() -> None:
    op.create_table(
        "meter_contract", _ref("meter", "meter.id", primary_key=True),
        sa.Column("valid_from", sa.Date, primary_key=True), _text("coop"), _text("tariff"),
        sa.Column("subscribed_kva", sa.Integer), sa.Column("offpeak", JSONB, nullable=False),
        sa.Column("prices", JSONB), schema="members",
    )  # fmt: skip
    op.create_table(
        "gateway", _id(), _coop(), _ref("building", "building.id", True), _text("codec"), schema="members"
    )
    op.create_table(
        "channel", _ref("gateway", "gateway.id", primary_key=True),
        sa.Column("channel", sa.String, primary_key=True), _text("coop"), _ref("meter", "meter.id"),
        schema="members",
    )  # fmt: skip
    op.create_table(
        "credential", _id(), _text("coop"), _text("username"), _text("topic"),
        sa.Column("digest", sa.LargeBinary, nullable=False), _instant("issued_at"),
        _instant("revoked_at", True), schema="members",
    )  # fmt: skip
    op.create_index(
        "credential_in_force", "credential", ["username"], unique=True, schema="members",
        postgresql_where=sa.text("revoked_at IS NULL"),
    )  # fmt: skip


def _people() -> None:
    op.create_table(
        "person", _id(), _coop(), _text("name"), _text("email", True), _text("mobile", True),
        _text("postal", True), _text("language"), _instant("created_at"), _instant("erased_at", True),
        schema="members",
    )  # fmt: skip
    op.create_index("person_email", "person", ["email"], schema="members")
    op.create_table(
        "occupancy", _id(), _coop(), _ref("dwelling", "dwelling.id"), _text("tenure"), _date("moved_in_on"),
        _date("moved_out_on", True), _date("livraison_on", True),
        sa.Column("quiet", sa.Boolean, nullable=False), schema="members",
    )  # fmt: skip
    op.create_index("occupancy_dwelling", "occupancy", ["dwelling"], schema="members")
    op.create_table(
        "resident", _ref("occupancy", "occupancy.id", primary_key=True),
        _ref("person", "person.id", primary_key=True), _text("coop"), _text("right"), _date("since_on"),
        _date("until_on", True), schema="members",
    )  # fmt: skip
    op.create_index("resident_person", "resident", ["person"], schema="members")
    op.create_table(
        "consent", _id(), _text("coop"), _ref("occupancy", "occupancy.id"), _text("purpose"),
        _text("text_version"), _instant("granted_at"), _text("granted_by"), _text("channel"),
        _text("witness", True), _instant("withdrawn_at", True), _text("withdrawn_by", True),
        _text("withdrawn_channel", True), _text("withdrawn_witness", True), schema="members",
    )  # fmt: skip
    op.create_index(
        "consent_in_force", "consent", ["occupancy", "purpose"], unique=True, schema="members",
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )  # fmt: skip


def _accounts() -> None:
    def digest() -> sa.Column[bytes]:
        return sa.Column("digest", sa.LargeBinary, primary_key=True)

    op.create_table(
        "staff", _id(), _text("coop"), _text("name"), _text("email"), _text("phone", True), _text("role"),
        _text("team", True), _text("language"), _text("password_hash", True),
        sa.Column("totp_generation", sa.Integer, nullable=False), sa.Column("totp_last_step", sa.Integer),
        _instant("created_at"), _instant("disabled_at", True), schema="members",
    )  # fmt: skip
    op.create_index("staff_email", "staff", ["email"], unique=True, schema="members")
    op.create_table(
        "invitation", digest(), _text("coop"), _ref("staff", "staff.id"), _instant("expires_at"),
        _instant("used_at", True), schema="members",
    )  # fmt: skip
    op.create_table(
        "session", digest(), _text("coop"), _text("role"), _text("subject"), _instant("created_at"),
        _instant("seen_at"), _instant("expires_at"), schema="members",
    )  # fmt: skip
    op.create_index("session_subject", "session", ["subject"], schema="members")
    op.create_table(
        "sign_in_link", digest(), _text("coop"), _ref("person", "person.id"),
        sa.Column("browser_digest", sa.LargeBinary, nullable=False), _instant("expires_at"),
        _instant("used_at", True), schema="members",
    )  # fmt: skip
    op.create_index("sign_in_link_person", "sign_in_link", ["person"], schema="members")
    op.create_table(
        "api_token", _id(), _text("coop"), sa.Column("digest", sa.LargeBinary, nullable=False), _text("role"),
        _text("subject", True), _instant("created_at"), _instant("revoked_at", True), schema="members",
    )  # fmt: skip
    op.create_index("api_token_digest", "api_token", ["digest"], unique=True, schema="members")
    op.create_table(
        "attempt", digest(), sa.Column("window_at", INSTANT, primary_key=True), _text("coop"),
        sa.Column("count", sa.Integer, nullable=False), schema="members",
    )  # fmt: skip


MEMBERS, METERING, ADVICE, AFTERSALES, NOTIFICATIONS = (
    "members",
    "metering",
    "advice",
    "aftersales",
    "notifications",
)

VIEWS: dict[str, tuple[str, tuple[str, ...]]] = {
    "coop": (
        "SELECT coop AS slug, name, zone, sandbox, business_now FROM members.coop WHERE palier.sees(coop)",
        (MEMBERS, METERING, ADVICE, AFTERSALES, NOTIFICATIONS),
    ),
    "building": (
        "SELECT id, coop, ref, residence, reception_on FROM members.building WHERE palier.sees(coop)",
        (METERING, AFTERSALES),
    ),
    "dwelling": (
        """SELECT d.id, d.coop, d.ref, d.building, d.residence, d.staircase, d.floor, d.floor_area_m2,
                  d.heating, d.postcode, d.zone, d.built_on,
                  coalesce(d.reception_on, b.reception_on) AS reception_on
           FROM members.dwelling d LEFT JOIN members.building b ON b.id = d.building
           WHERE palier.sees(d.coop)""",
        (METERING, ADVICE, AFTERSALES, NOTIFICATIONS),
    ),
    "meter": (
        "SELECT id, coop, dwelling, building, fluid, serial, zone FROM members.meter WHERE palier.sees(coop)",
        (METERING, ADVICE, AFTERSALES),
    ),
    "contract": (
        """SELECT meter, coop, valid_from, tariff, subscribed_kva, offpeak, prices
           FROM members.meter_contract WHERE palier.sees(coop)""",
        (METERING, ADVICE),
    ),
    "channel": (
        "SELECT gateway, coop, channel, meter FROM members.channel WHERE palier.sees(coop)",
        (METERING,),
    ),
    "occupancy": (
        """SELECT o.id, o.coop, o.dwelling, d.building, o.tenure, o.moved_in_on, o.moved_out_on,
                  o.moved_in_on::timestamp AT TIME ZONE d.zone AS starts_at,
                  (o.moved_out_on + 1)::timestamp AT TIME ZONE d.zone AS ends_at,
                  o.livraison_on, o.quiet
           FROM members.occupancy o JOIN members.dwelling d ON d.id = o.dwelling
           WHERE palier.sees(o.coop)""",
        (METERING, ADVICE, AFTERSALES, NOTIFICATIONS),
    ),
    "resident": (
        """SELECT occupancy, coop, person, "right", since_on, until_on
           FROM members.resident WHERE palier.sees(coop)""",
        (METERING, ADVICE, AFTERSALES, NOTIFICATIONS),
    ),
    "consent": (
        """SELECT occupancy, coop, purpose, granted_at
           FROM members.consent WHERE withdrawn_at IS NULL AND palier.sees(coop)""",
        (METERING, ADVICE),
    ),
    "contact": (
        """SELECT id AS person, coop, name, email, mobile, postal, language
           FROM members.person WHERE erased_at IS NULL AND palier.sees(coop)""",
        (AFTERSALES, NOTIFICATIONS),
    ),
    "staff": (
        """SELECT id, coop, name, phone, role, team
           FROM members.staff WHERE disabled_at IS NULL AND palier.sees(coop)""",
        (AFTERSALES, NOTIFICATIONS),
    ),
}  # fmt: skip
READ_BY_VIEWS = (
    "coop", "building", "dwelling", "meter", "meter_contract", "channel", "occupancy", "resident", "consent",
    "person", "staff",
)  # fmt: skip


def _registry() -> None:
    """Views owned by a role that nobody signs in as and that may only read.

    A view reads its tables as its owner. The tables' row-level security is forced even on their own
    owner, so the views' owner gets a policy of its own instead; the filter by cooperative is the view's.
    """
    op.execute("GRANT USAGE ON SCHEMA members TO palier_registry")
    op.execute("GRANT USAGE, CREATE ON SCHEMA registry TO palier_registry")
    for table in READ_BY_VIEWS:
        op.execute(f"GRANT SELECT ON members.{table} TO palier_registry")
        op.execute(
            f"CREATE POLICY registry_reads ON members.{table} FOR SELECT TO palier_registry USING (true)"
        )
    for name, (query, rooms) in VIEWS.items():
        op.execute(f"CREATE VIEW registry.{name} WITH (security_barrier) AS {query}")
        for role in (f"{room}_{kind}" for room in rooms for kind in ("work", "web")):
            op.execute(f"GRANT USAGE ON SCHEMA registry TO {role}")
            op.execute(f"GRANT SELECT ON registry.{name} TO {role}")
        op.execute(f"ALTER VIEW registry.{name} OWNER TO palier_registry")
    op.execute("REVOKE CREATE ON SCHEMA registry FROM palier_registry")
