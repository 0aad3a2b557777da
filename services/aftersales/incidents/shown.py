"""Which incident a request shows, and to whom: to households only what a person has confirmed."""

from sqlalchemy import text

from services.aftersales.incidents.stages import CONFIRMED
from services.kit.unit import Unit

TO_HOUSEHOLDS = (*CONFIRMED, "resolved", "closed")
"""What is only proposed may be nothing: no household hears of it before a person says that it is so."""


async def incident_for(unit: Unit, incident: str | None, role: str) -> str | None:
    """The request's incident as a caller of that role may know it."""
    if incident is None or role != "resident":
        return incident
    state = await unit.once(("incident state", incident), lambda: _state(unit, incident))
    return incident if state in TO_HOUSEHOLDS else None


def learn(unit: Unit, incident: str, state: str) -> None:
    """What was read of it together with other things."""
    unit.learn(("incident state", incident), state)


async def _state(unit: Unit, incident: str) -> str | None:
    found = await unit.session.execute(
        text("SELECT state FROM aftersales.incident WHERE id = :id"), {"id": incident}
    )
    return found.scalar_one_or_none()
