"""A simulated scenario as a feed: a few numbers, from which the player draws the same homes every time."""

from datetime import timedelta

from services.kit.principal import Principal
from services.kit.registry import USUAL_ZONE
from services.kit.unit import Unit
from services.metering.replays import feeds
from services.metering.replays.bodies import ScenarioIn
from services.metering.replays.states import Origin


async def add(unit: Unit, who: Principal, wanted: ScenarioIn | None) -> str:
    """The feed's id. Without a first day, the days that end yesterday."""
    scenario = wanted or ScenarioIn()
    first_day = scenario.first_day or (unit.wall.date() - timedelta(days=scenario.days))
    spec = scenario.model_dump(mode="json") | {"first_day": first_day.isoformat()}
    name = f"{scenario.homes} × {scenario.days} d · {scenario.seed} · {scenario.faults}"
    return await feeds.add(unit, who, Origin.SCENARIO, name=name, zone=USUAL_ZONE, spec=spec)
