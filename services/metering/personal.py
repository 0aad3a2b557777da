"""What metering keeps of one person: handed out on request."""

from typing import Any

from sqlalchemy import text

from services.kit.registry import homes_of
from services.kit.unit import Unit


async def export(unit: Unit, person: str) -> dict[str, Any]:
    """Everything metering holds about a person's own households, for their right of access."""
    occupancies = [home.occupancy for home in await homes_of(unit, person)]
    found: dict[str, Any] = {}
    for name, query in {
        "days": "SELECT meter, quantity, day, value, quality, cost_eur, revision FROM metering.day"
        " WHERE occupancy = ANY(:occupancies) ORDER BY meter, quantity, day",
        "edits": "SELECT meter, quantity, day, first_slot, last_slot, kind, amounts, why, made_at, undone_at,"
        " undone_why FROM metering.edit WHERE occupancy = ANY(:occupancies) ORDER BY meter, day, id",
        "imports": "SELECT meter, created_at, state, dry_run, by_operator, found, accepted, duplicate,"
        " conflict, refused, point_end, first_day, last_day FROM metering.file_import"
        " WHERE coalesce(bounds, touched) ?| :occupancies ORDER BY created_at",
        "recordings": "SELECT r.feed, r.meter, count(*) AS readings, min(r.received_at) AS first_received_at,"
        " max(r.received_at) AS last_received_at FROM metering.feed_reading r"
        " JOIN registry.meter m ON m.id = r.meter JOIN registry.occupancy o ON o.dwelling = m.dwelling"
        " WHERE o.id = ANY(:occupancies) AND r.instant >= o.starts_at"
        " AND (o.ends_at IS NULL OR r.instant < o.ends_at) GROUP BY r.feed, r.meter ORDER BY r.feed, r.meter",
        "data_uses": "SELECT used_on, purpose, actor, why, uses FROM metering.data_use"
        " WHERE occupancy = ANY(:occupancies) ORDER BY used_on, purpose, actor, why",
    }.items():
        rows = await unit.session.execute(text(query), {"occupancies": occupancies})
        found[name] = [dict(row) for row in rows.mappings()]
    return found
