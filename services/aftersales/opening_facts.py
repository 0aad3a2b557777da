"""What opening a request needs to know beside its home, asked in one statement and left with the unit, where
the rules that ask for it one by one find it."""

from datetime import date, datetime
from typing import Any

from services.aftersales.config import config_from
from services.aftersales.dwelling_file.dates import Recorded, counting
from services.aftersales.dwelling_file.equipment import best_of
from services.aftersales.dwelling_file.model import Equipment
from services.aftersales.incidents.places import place_from
from services.aftersales.model import ResponsibilityRule, Setting
from services.aftersales.parties.model import RoutingRule
from services.aftersales.parties.routes import rule_of
from services.aftersales.registry import Home
from services.kit.registry import Staff
from services.kit.unit import Unit


async def gather(unit: Unit, home: Home, element: str, place: str, on: date) -> None:
    """Leave with the unit what is true now of the cooperative, the home and that element there.

    Each part is what the function that its key belongs to would have asked: see `Unit.once`.
    """
    rows = await unit.ask(
        _FACTS,
        {
            "coop": unit.coop,
            "occupancy": home.occupancy,
            "dwelling": home.dwelling,
            "building": home.building,
            "abouts": home.abouts,
            "element": element,
        },
    )
    row = rows[0]
    settings = [Setting(**one) for one in row.settings or ()]
    rules = [ResponsibilityRule.model_validate(one) for one in row.rules or ()]
    equipment = [Equipment.model_validate(one) for one in row.equipment or ()]
    routing = [RoutingRule.model_validate(one) for one in row.routing or ()]
    unit.learn(("config", home), config_from(home, settings, rules))
    unit.learn(("equipment", home, element, place, on), best_of(equipment, place, on))
    unit.learn(("legal days", home), counting(home, [_recorded(one) for one in row.days or ()]))
    unit.learn("routing rules", [rule_of(one) for one in routing])
    unit.learn(("staff", unit.coop), [Staff(**one) for one in row.staff or ()])
    unit.learn(("place", home.dwelling, home.building), place_from(row.place, row.plants or ()))


def _recorded(stored: dict[str, Any]) -> Recorded:
    at = stored["recorded_at"]
    return Recorded(
        stored["kind"],
        date.fromisoformat(stored["day"]),
        stored["about"],
        datetime.fromisoformat(at) if at else None,
        stored["id"],
    )


_FACTS = """
WITH place AS MATERIALIZED (
    SELECT d.residence, d.building, d.staircase FROM registry.dwelling d WHERE d.id = %(dwelling)s::text
    UNION ALL
    SELECT NULL, %(building)s::text, NULL WHERE %(dwelling)s::text IS NULL)
SELECT
  (SELECT jsonb_agg(to_jsonb(s) ORDER BY s.building) FROM aftersales.setting s
   WHERE s.coop = %(coop)s AND s.building IN ('', coalesce(%(building)s::text, ''))) AS settings,
  (SELECT jsonb_agg(to_jsonb(r)) FROM aftersales.responsibility_rule r WHERE r.coop = %(coop)s) AS rules,
  (SELECT jsonb_agg(to_jsonb(e)) FROM aftersales.equipment e WHERE e.element = %(element)s
   AND (e.dwelling = %(dwelling)s::text OR e.building = %(building)s::text)) AS equipment,
  (SELECT jsonb_agg(to_jsonb(l)) FROM (
     SELECT kind, day, about, recorded_at, id FROM aftersales.legal_date WHERE about = ANY(%(abouts)s)
     UNION ALL
     SELECT kind, min(held_on), NULL, NULL, NULL FROM aftersales.inspection
     WHERE occupancy = %(occupancy)s::text GROUP BY kind) l) AS days,
  (SELECT jsonb_agg(to_jsonb(r)) FROM aftersales.routing_rule r
   WHERE r.coop = %(coop)s AND r.team IS NOT NULL) AS routing,
  (SELECT jsonb_agg(jsonb_build_object('id', p.id, 'name', p.name, 'phone', p.phone, 'role', p.role,
     'team', p.team) ORDER BY p.id) FROM registry.staff p WHERE p.coop = %(coop)s) AS staff,
  (SELECT to_jsonb(place) FROM place) AS place,
  (SELECT jsonb_agg(jsonb_build_object('id', l.id, 'families', l.families) ORDER BY l.id)
   FROM aftersales.plant l, place WHERE l.coop = %(coop)s AND l.buildings @> jsonb_build_array(place.building)
   AND place.building IS NOT NULL) AS plants
"""
