"""Where what a place tells leads: to the incident open there, or to the one that it was joined into.

Staff who join two incidents say that both have one cause. From then on, what comes from the place of either
one belongs to the one that stays, however often that is joined again; taken back, each has its own place.
"""

from typing import Any

from services.aftersales.incidents.model import Incident
from services.kit.unit import Unit

LEADING = """
WITH RECURSIVE reached (id, via, rank, far, next) AS (
    SELECT id, id, array_position(%(scopes)s::text[], scope), 0, merged_into FROM aftersales.incident
    WHERE coop = %(coop)s AND family = %(family)s AND scope = ANY(%(scopes)s)
      AND state IN ('proposed', 'confirmed', 'in_progress', 'merged')
    UNION ALL
    SELECT i.id, r.via, r.rank, r.far + 1, i.merged_into
    FROM reached r JOIN aftersales.incident i ON i.id = r.next)
"""
"""SQL: `reached` has what is open or joined at these places, and where each was joined into."""
REACHED = f"""{LEADING},
open AS (
    SELECT i.id, i.state, i.building, i.family, i.symptom, i.expected_at, nullif(place.id, i.id) AS via,
        (SELECT n.id FROM aftersales.incident_news n WHERE n.incident = i.id
         ORDER BY n.written_at DESC, n.id DESC LIMIT 1) AS news
    FROM reached JOIN aftersales.incident i ON i.id = reached.id
    JOIN aftersales.incident place ON place.id = reached.via
    WHERE i.state IN ('proposed', 'confirmed', 'in_progress') AND (place.id = i.id OR place.state = 'merged')
    ORDER BY reached.rank, reached.far, i.id LIMIT 1 FOR SHARE OF i, place)
"""  # noqa: S608 - the statement above
"""SQL: `open` has the open incident of the nearest of `scopes`, and `via` the joined one that led to it. Both
are held until the transaction ends: who joins or parts them waits, and whoever waited for that asks again."""
_OPEN = f"{REACHED} SELECT * FROM open"  # noqa: S608 - the statement above
_JOINED = """
WITH RECURSIVE joined (id, family, scope) AS (
    SELECT id, family, scope FROM aftersales.incident WHERE id = %(incident)s
    UNION
    SELECT i.id, i.family, i.scope FROM joined JOIN aftersales.incident i ON i.merged_into = joined.id)
SELECT id, family, scope FROM joined
"""
_ENDED = """
WITH RECURSIVE reached (id, next) AS (
    SELECT id, merged_into FROM aftersales.incident
    WHERE coop = %(coop)s AND family = %(family)s AND scope = %(scope)s
    UNION
    SELECT i.id, i.merged_into FROM reached r JOIN aftersales.incident i ON i.id = r.next)
SELECT i.id FROM reached JOIN aftersales.incident i ON i.id = reached.id
JOIN LATERAL (SELECT max(occurred_at) AS at FROM aftersales.incident_event WHERE incident = i.id
              AND action IN ('resolve', 'dismiss')) AS ended ON true
WHERE i.state IN ('resolved', 'closed', 'dismissed') AND ended.at >= %(since)s
ORDER BY ended.at DESC, i.id DESC LIMIT 1
"""


async def open_at(unit: Unit, family: str, scopes: list[str]) -> Any:
    """The open incident that a report of this family from these places belongs to, if there is one."""
    if not scopes:
        return None
    await unit.session.flush()
    found = await unit.ask(_OPEN, {"coop": unit.coop, "family": family, "scopes": scopes})
    return found[0] if found else None


async def joined_into(unit: Unit, incident: str) -> list[Any]:
    """The incident itself and all that were joined into it, at whatever remove: `id`, `family`, `scope`."""
    await unit.session.flush()
    return await unit.ask(_JOINED, {"incident": incident})


async def scopes_of(unit: Unit, incident: Incident) -> list[str]:
    """Every place whose homes it concerns, its own first."""
    found = [one.scope for one in await joined_into(unit, incident.id)]
    return list(dict.fromkeys([incident.scope, *found]))


async def end_of(unit: Unit, incident: Incident) -> Incident:
    """Where it went on, when it was joined to another one; else itself."""
    while incident.merged_into is not None:
        incident = await unit.session.get_one(Incident, incident.merged_into)
    return incident


async def ended_before(unit: Unit, family: str, scope: str, since: Any) -> str | None:
    """The incident that the same reports belonged to until it was resolved or dismissed, after `since`."""
    await unit.session.flush()
    values = {"coop": unit.coop, "family": family, "scope": scope, "since": since}
    found = await unit.ask(_ENDED, values)
    return found[0].id if found else None
