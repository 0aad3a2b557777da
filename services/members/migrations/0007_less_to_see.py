"""Rooms see of homes and households what they have a use for; street and town are a view of their own."""

from alembic import op

from services.kit.migrations import publish

revision = "members_0007"
down_revision = "members_0006"
branch_labels = None
depends_on = None

ROOMS = ("metering", "advice", "aftersales", "notifications")
_PLACED = """
SELECT d.id, d.coop, d.ref, d.building, d.residence, d.staircase, d.floor, d.floor_area_m2, d.heating,
       d.postcode, d.zone, d.built_on, coalesce(d.reception_on, b.reception_on) AS reception_on{more}
FROM members.dwelling d LEFT JOIN members.building b ON b.id = d.building{join}
WHERE palier.sees(d.coop)
"""
_BUILT = """
SELECT b.id, b.coop, b.ref, b.residence, b.reception_on{more}
FROM members.building b{join} WHERE palier.sees(b.coop)
"""
_AT_HOME = """
coalesce(d.street, b.street, r.street) AS street, coalesce(d.city, b.city, r.city) AS city
"""
_OF_BUILDING = "coalesce(b.street, r.street) AS street, coalesce(b.city, r.city) AS city"
_RESIDENCE_OF_HOME = " LEFT JOIN members.residence r ON r.coop = d.coop AND r.name = d.residence"
_RESIDENCE_OF_BUILDING = " LEFT JOIN members.residence r ON r.coop = b.coop AND r.name = b.residence"
_ADDRESS = f"""
SELECT d.id AS place, d.coop, {_AT_HOME}
FROM members.dwelling d LEFT JOIN members.building b ON b.id = d.building{_RESIDENCE_OF_HOME}
WHERE palier.sees(d.coop)
UNION ALL
SELECT b.id, b.coop, {_OF_BUILDING} FROM members.building b{_RESIDENCE_OF_BUILDING}
WHERE palier.sees(b.coop)
"""  # noqa: S608 - constants
_CONSENT = """
SELECT occupancy, coop, purpose{more} FROM members.consent WHERE withdrawn_at IS NULL AND palier.sees(coop)
"""
_OWN_HOMES = "id, coop, dwelling, moved_in_on, ends_at"
_WHO_LIVES_THERE = "occupancy, coop, person, since_on, until_on"
_PARTS = {
    "meter": {"advice": "id, coop, dwelling", "aftersales": "id, coop, dwelling, building, fluid, serial"},
    "contract": {"advice": "meter, coop, valid_from, tariff, subscribed_kva, offpeak, prices"},
    "occupancy": {
        "metering": "id, coop, dwelling, moved_in_on, moved_out_on, starts_at, ends_at",
        "advice": _OWN_HOMES,
        "notifications": _OWN_HOMES,
    },
    "resident": dict.fromkeys(("metering", "advice", "notifications"), _WHO_LIVES_THERE),
    "contact": {"aftersales": "person, coop, name, email, mobile, language"},
}
"""Of a view that stays as it is: the room that reads only some of it, and which columns."""


def upgrade() -> None:
    publish(
        op,
        "dwelling",
        _PLACED.format(more="", join=""),
        {
            "metering": "id, coop, ref, building, residence, heating, zone",
            "advice": "id, coop, ref, residence, heating, floor_area_m2, zone",
            "aftersales": "id, coop, ref, building, residence, staircase, floor, heating, postcode, zone,"
            " built_on, reception_on",
            "notifications": "id, coop, ref, residence, zone",
        },
    )
    publish(
        op,
        "building",
        _BUILT.format(more="", join=""),
        {"metering": "id, coop, ref, residence", "aftersales": ""},
    )
    publish(op, "address", _ADDRESS, {"aftersales": ""})
    publish(op, "consent", _CONSENT.format(more=""), {"metering": "", "advice": ""})
    for view, role, columns in _narrowed():
        op.execute(f"REVOKE SELECT ON registry.{view} FROM {role}")  # noqa: S608 - constants
        op.execute(f"GRANT SELECT ({columns}) ON registry.{view} TO {role}")


def downgrade() -> None:
    for view, role, columns in _narrowed():
        op.execute(f"REVOKE SELECT ({columns}) ON registry.{view} FROM {role}")  # noqa: S608 - constants
        op.execute(f"GRANT SELECT ON registry.{view} TO {role}")
    publish(op, "consent", _CONSENT.format(more=", granted_at"), {"metering": "", "advice": ""})
    op.execute("DROP VIEW registry.address")
    publish(
        op,
        "building",
        _BUILT.format(more=f", {_OF_BUILDING}", join=_RESIDENCE_OF_BUILDING),
        {"metering": "", "aftersales": ""},
    )
    publish(
        op,
        "dwelling",
        _PLACED.format(more=f", {_AT_HOME}", join=_RESIDENCE_OF_HOME),
        dict.fromkeys(ROOMS, ""),
    )


def _narrowed() -> list[tuple[str, str, str]]:
    """View, role, and the columns that the role may read."""
    return [
        (view, f"{room}_{kind}", columns)
        for view, rooms in _PARTS.items()
        for room, columns in rooms.items()
        for kind in ("work", "web")
    ]
