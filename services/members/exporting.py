"""Gathers a person's copy of their data from every room, each on its own database role."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi.encoders import jsonable_encoder
from starlette.requests import Request

from services.kit.principal import Principal
from services.kit.unit import Unit
from services.members import personal

Exporter = Callable[[Unit, str], Awaitable[dict[str, Any]]]
"""A room's own `export(unit, person)`."""


HOUSEHOLD_ONLY = frozenset({"metering", "advice"})
"""How a household lives is its own to take: the cooperative's people may not read it by asking for a copy."""


async def gather(request: Request, unit: Unit, who: Principal, person: str) -> dict[str, dict[str, Any]]:
    """Room to its part; for the cooperative's people without consumption and tips.

    The other rooms' exporters are handed over by whoever composes the web (`app.state.exporters`), because
    rooms do not know each other.
    """
    parts = {unit.room: await personal.export(unit, person)}
    assert unit.coop
    exporters: Mapping[str, Exporter] = getattr(request.app.state, "exporters", {})
    for room, export in exporters.items():
        if room in HOUSEHOLD_ONLY and who.person != person:
            continue
        async with request.app.state.databases[room].session() as session, session.begin():
            other = Unit(session, room, request.app.state.clock, unit.coop)
            await other.enter(unit.coop)
            parts[room] = await export(other, person)
    encoded: dict[str, dict[str, Any]] = jsonable_encoder(parts)
    return encoded
