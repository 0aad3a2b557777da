"""What is known of a problem before a household reports it: an incident, neighbours' reports, its own.

Nothing here says who the neighbours are or what they wrote.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import text

from services.aftersales.incidents import gateways
from services.aftersales.incidents.clusters import thresholds
from services.aftersales.incidents.families import Family, families, family_of
from services.aftersales.incidents.reaching import LEADING
from services.aftersales.registry import Home
from services.kit.registry import local_today
from services.kit.unit import Unit

_INCIDENTS = f"""{LEADING}
SELECT i.id, i.state, i.family, i.element, i.symptom, i.began_at, i.expected_at,
       (SELECT count(DISTINCT r.place) FROM aftersales.incident_report r WHERE r.incident = i.id) AS homes,
       EXISTS (SELECT 1 FROM aftersales.incident_follower f
               WHERE f.incident = i.id AND f.occupancy = %(occupancy)s) AS follows,
       n.text_fr, n.text_en
FROM (SELECT DISTINCT id FROM reached) AS here JOIN aftersales.incident i ON i.id = here.id
LEFT JOIN LATERAL (
    SELECT text_fr, text_en FROM aftersales.incident_news WHERE incident = i.id
    ORDER BY written_at DESC, id DESC LIMIT 1) n ON true
WHERE i.state IN ('confirmed', 'in_progress')
"""  # noqa: S608 - the statement that finds it
_NEIGHBOURS = """
SELECT count(DISTINCT r.place) AS homes, min(r.reported_at) AS first, max(r.reported_at) AS last
FROM aftersales.incident_report r JOIN aftersales.ticket t ON t.id = r.ticket
WHERE r.coop = :coop AND r.family = :family AND r.scope = ANY(:scopes) AND r.reported_at >= :since
  AND r.place <> :place AND t.ended_at IS NULL
"""
_OWN = """
SELECT id, number, symptom, opened_at FROM aftersales.ticket
WHERE occupancy = :occupancy AND element = :element AND ended_at IS NULL AND opened_at >= :since
ORDER BY opened_at DESC LIMIT 1
"""

Kind = Literal["own", "incident", "neighbours"]


@dataclass(frozen=True)
class Known:
    """One thing to show before a report is sent. Which fields are filled follows from `kind`.

    `own`: the household's own open request about the element, to write into (`ticket`, `number`).
    `incident`: confirmed, to be followed (`incident`, `text_fr`, `text_en`, `expected_at`, `follows`).
    `neighbours`: so many other homes said the like from `first_at` on.
    """

    kind: Kind
    first_at: datetime
    homes: int = 0
    ticket: str | None = None
    number: int | None = None
    incident: str | None = None
    family: str | None = None
    element: str | None = None
    symptom: str | None = None
    text_fr: str | None = None
    text_en: str | None = None
    expected_at: datetime | None = None
    follows: bool = False

    def text_in(self, language: str) -> str | None:
        """What staff last wrote for all, in the reader's language where they wrote it."""
        return self.text_en or self.text_fr if language == "en" else self.text_fr


async def known_for(unit: Unit, home: Home, element: str, symptom: str | None) -> list[Known]:
    """What to show, the household's own request first. With no symptom yet, only its own and what the
    element's families say of all their symptoms."""
    rules = thresholds(await local_today(unit))
    found = await _own(unit, home, element, timedelta(hours=rules.own_hours))
    if home.is_left(unit.now):
        return found
    for family in _families(element, symptom):
        scopes = await gateways.scopes(unit, family, home.dwelling, home.building)
        if not scopes:
            continue
        values = {"coop": unit.coop, "family": family.code, "scopes": scopes}
        incidents = await unit.ask(_INCIDENTS, values | {"occupancy": home.occupancy})
        found += [
            Known(
                "incident", row.began_at, row.homes, incident=row.id, family=row.family,
                element=row.element, symptom=row.symptom, text_fr=row.text_fr, text_en=row.text_en,
                expected_at=row.expected_at, follows=row.follows,
            )
            for row in incidents
        ]  # fmt: skip
        if incidents:
            continue
        row = (
            await unit.session.execute(
                text(_NEIGHBOURS),
                values | {"since": unit.now - rules.window, "place": home.dwelling or home.building or ""},
            )
        ).one()
        if row.homes:
            found.append(
                Known(
                    "neighbours", row.first, row.homes, family=family.code, element=element, symptom=symptom
                )
            )
    return found


def _families(element: str, symptom: str | None) -> list[Family]:
    if symptom is not None:
        family = family_of(element, symptom)
        return [family] if family else []
    return [family for family in families() if element in family.elements]


async def _own(unit: Unit, home: Home, element: str, within: timedelta) -> list[Known]:
    if home.occupancy is None:
        return []
    row = (
        await unit.session.execute(
            text(_OWN), {"occupancy": home.occupancy, "element": element, "since": unit.now - within}
        )
    ).one_or_none()
    if row is None:
        return []
    return [
        Known("own", row.opened_at, ticket=row.id, number=row.number, element=element, symptom=row.symptom)
    ]
