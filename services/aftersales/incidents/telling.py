"""What this room tells the others of an incident: codes, opaque ids, and where the words for all are."""

from collections.abc import Sequence
from typing import Any, Protocol

from contracts.aftersales import IncidentDeclared, IncidentResolved, IncidentUpdated
from services.aftersales.incidents.model import Incident, IncidentNews
from services.kit.unit import Unit


class Declared(Protocol):
    """What is told of an incident, from its row or from a statement that read it with other things."""

    id: Any
    building: Any
    symptom: Any
    family: Any
    expected_at: Any


def declared(
    unit: Unit, coop: str, incident: Declared, occupancies: Sequence[str], news: str | None = None
) -> None:
    """Tell these households that it is known and worked on, with the words of that news."""
    unit.emit(
        IncidentDeclared(
            coop=coop, incident=incident.id, building=incident.building, occupancies=tuple(occupancies),
            symptom=incident.symptom, family=incident.family, news=news, expected_at=incident.expected_at,
        ),
        incident.id,
    )  # fmt: skip


async def told(
    unit: Unit, incident_id: str, kind: str, occupancies: Sequence[str], news: IncidentNews | None = None
) -> None:
    """Emit what happened (`declared`, `progress`, `resolved`, or a state alone) to those households.

    Each household hears of one thing once: what it is told again, notifications knows by the ids.
    """
    incident = await unit.session.get_one(Incident, incident_id)
    to = tuple(sorted(set(occupancies)))
    if kind == "declared":
        declared(unit, incident.coop, incident, to, news.id if news else None)
    elif kind == "resolved":
        unit.emit(
            IncidentResolved(
                coop=incident.coop, incident=incident.id, building=incident.building, occupancies=to,
                symptom=incident.symptom, family=incident.family, news=news.id if news else None,
            ),
            incident.id,
        )  # fmt: skip
    else:
        unit.emit(
            IncidentUpdated(
                coop=incident.coop, incident=incident.id, building=incident.building, occupancies=to,
                symptom=incident.symptom, family=incident.family, state=incident.state,
                news=news.id if news else None, expected_at=incident.expected_at,
            ),
            incident.id,
        )  # fmt: skip
