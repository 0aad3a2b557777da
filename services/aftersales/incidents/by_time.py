"""What the passing of time does to incidents: a resolved one is closed; its requests stay as they are."""

from datetime import timedelta

from sqlmodel import col, select

from services.aftersales.incidents.actions import Given, act
from services.aftersales.incidents.clusters import thresholds
from services.aftersales.incidents.model import Incident
from services.aftersales.telling import Actor
from services.kit.registry import local_today
from services.kit.unit import Unit

SYSTEM = Actor("system", "system")


async def close(unit: Unit) -> None:
    """Close what was resolved long enough ago. Who did not answer is still asked by their own request."""
    rules = thresholds(await local_today(unit))
    before = unit.now - timedelta(days=rules.close_after_days)
    found = await unit.session.execute(
        select(Incident.id).where(
            col(Incident.coop) == unit.coop,
            col(Incident.state) == "resolved",
            col(Incident.resolved_at) <= before,
        )
    )
    for incident in list(found.scalars()):
        async with unit.part():
            await act(unit, incident, "close", SYSTEM, Given())
