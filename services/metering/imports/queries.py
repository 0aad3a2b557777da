"""Imports as people may see them: an operator all of a meter's, a household those that concern it."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text

from contracts.codes import Role
from services.kit.principal import Principal
from services.kit.problems import not_found
from services.kit.registry import homes_of
from services.kit.unit import Unit

# A household sees what one of its own brought, and what an operator stored in its period.
_VISIBLE = """(CAST(:homes AS jsonb) IS NULL
    OR EXISTS (SELECT 1 FROM jsonb_array_elements_text(coalesce(i.bounds, i.touched)) o
               WHERE CAST(:homes AS jsonb) ? o))"""
# What an operator's file added up to may be the consumption of those who lived there before.
_OF_OTHERS = """(CAST(:homes AS jsonb) IS NOT NULL
    AND EXISTS (SELECT 1 FROM jsonb_array_elements_text(i.touched) o
                WHERE NOT CAST(:homes AS jsonb) ? o)) AS is_of_others"""
_ONE = f"SELECT i.*, {_OF_OTHERS} FROM metering.file_import i WHERE i.id = :id AND {_VISIBLE}"  # noqa: S608
_SOME = f"""
SELECT i.*, {_OF_OTHERS} FROM metering.file_import i
WHERE (CAST(:meters AS text[]) IS NULL OR i.meter = ANY(:meters)) AND {_VISIBLE}
  AND (CAST(:after_at AS timestamptz) IS NULL OR (i.created_at, i.id) < (:after_at, :after_id))
ORDER BY i.created_at DESC, i.id DESC LIMIT :limit
"""  # noqa: S608 - only constants are formatted in


_FOLLOW = """
SELECT EXISTS (SELECT 1 FROM metering.dirty_day d
    WHERE d.meter = :meter AND d.day BETWEEN CAST(:first AS date) - 1 AND CAST(:last AS date) + 1)
"""


async def days_follow(unit: Unit, row: Any) -> bool:
    """Whether days that an import changed are still to be settled; it takes moments."""
    if row.dry_run or row.first_day is None:
        return False
    values = {"meter": row.meter, "first": row.first_day, "last": row.last_day}
    found: bool = (await unit.session.execute(text(_FOLLOW), values)).scalar_one()
    return found


async def _homes(unit: Unit, who: Principal) -> str | None:
    """The caller's own occupancies as JSON; None for operators, who see all of their cooperative."""
    if who.role is Role.OPERATOR:
        return None
    return json.dumps([home.occupancy for home in await homes_of(unit, who.person)])


async def one(unit: Unit, who: Principal, id: str, *, lock: bool = False) -> Any:
    """An import that the caller may see; 404 otherwise."""
    values = {"id": id, "homes": await _homes(unit, who)}
    row = (
        await unit.session.execute(text(_ONE + (" FOR UPDATE OF i" if lock else "")), values)
    ).one_or_none()
    if row is None:
        raise not_found()
    return row


async def some(
    unit: Unit,
    who: Principal,
    meters: Sequence[str] | None,
    limit: int,
    after: tuple[datetime, str] | None = None,
) -> Sequence[Any]:
    """Imports of these meters (None: of all), latest first."""
    rows = await unit.session.execute(
        text(_SOME),
        {
            "meters": None if meters is None else list(meters), "homes": await _homes(unit, who),
            "limit": limit, "after_at": after[0] if after else None, "after_id": after[1] if after else None,
        },
    )  # fmt: skip
    return rows.all()
