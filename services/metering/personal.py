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
        " conflict, refused, first_day, last_day FROM metering.file_import"
        " WHERE coalesce(bounds, touched) ?| :occupancies ORDER BY created_at",
        "data_uses": "SELECT used_on, purpose, actor, why, uses FROM metering.data_use"
        " WHERE occupancy = ANY(:occupancies) ORDER BY used_on, purpose, actor, why",
    }.items():
        rows = await unit.session.execute(text(query), {"occupancies": occupancies})
        found[name] = [dict(row) for row in rows.mappings()]
    return found
