"""The history of an incident: every step, the last one that stands, and the row held for the next one."""

from typing import Any

from sqlmodel import col, func, select

from services.aftersales.incidents.model import Incident, IncidentEvent
from services.aftersales.incidents.stages import TABLE
from services.aftersales.telling import Actor
from services.kit.unit import Unit


async def locked(unit: Unit, incident_id: str, other: str | None = None) -> Incident:
    """The incident for changing: reports that join it meanwhile wait for a moment. `other`: the one that is
    joined to it, held too, in the same order whichever of two people joins which to which."""
    found = await unit.session.execute(
        select(Incident)
        .where(col(Incident.id).in_({incident_id, other or incident_id}))
        .order_by(col(Incident.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return next(one for one in found.scalars() if one.id == incident_id)


async def record(
    unit: Unit,
    incident: Incident,
    action: str,
    actor: Actor,
    reason: str | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Write one step into the history."""
    await unit.session.flush()
    count = await unit.session.execute(
        select(func.max(col(IncidentEvent.place_in_history))).where(
            col(IncidentEvent.incident) == incident.id
        )
    )
    unit.session.add(
        IncidentEvent(
            incident=incident.id,
            place_in_history=(count.scalar_one() or 0) + 1,
            coop=incident.coop,
            action=action,
            actor=actor.id,
            role=actor.role,
            reason=reason,
            detail=detail or {},
            state=incident.state,
            occurred_at=unit.now,
            recorded_at=unit.wall,
        )
    )
    await unit.session.flush()


async def steps(unit: Unit, incident: Incident) -> list[IncidentEvent]:
    """Every step, the oldest first."""
    rows = await unit.session.execute(
        select(IncidentEvent)
        .where(col(IncidentEvent.incident) == incident.id)
        .order_by(col(IncidentEvent.place_in_history))
    )
    return list(rows.scalars())


async def last(unit: Unit, incident_id: str) -> IncidentEvent:
    """The newest step, whatever it was."""
    rows = await unit.session.execute(
        select(IncidentEvent)
        .where(col(IncidentEvent.incident) == incident_id)
        .order_by(col(IncidentEvent.place_in_history).desc())
        .limit(1)
    )
    return rows.scalar_one()


async def last_decision(unit: Unit, incident_id: str) -> IncidentEvent | None:
    """The last thing a person decided that still stands, for undoing."""
    rows = await unit.session.execute(
        select(IncidentEvent)
        .where(col(IncidentEvent.incident) == incident_id, col(IncidentEvent.action).in_([*TABLE, "propose"]))
        .order_by(col(IncidentEvent.place_in_history).desc())
    )
    undone: set[int] = set()
    for event in rows.scalars():
        if event.action == "undo":
            undone.add(event.detail["of"])
        elif event.place_in_history not in undone:
            return event
    return None
