"""`/live`: the address a page listens on to hear which of its parts changed."""

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from contracts.codes import Role
from services.kit.database import Database
from services.kit.principal import Principal, principal_of
from services.kit.registry import homes_of
from services.kit.unit import Unit
from services.portal.live import MOST_PAGES, Hub

stream = APIRouter(include_in_schema=False)


@stream.get("/live")
async def live(request: Request) -> Response:
    """Server-sent events without data: the event's name is the part that changed."""
    hub: Hub = request.app.state.hub
    who = await principal_of(request)
    if who is None:
        return Response(status_code=204)
    if hub.open_pages >= MOST_PAGES:
        return Response(status_code=503, headers={"Retry-After": "60"})

    async def still() -> bool:
        return await principal_of(request) == who

    return StreamingResponse(
        hub.stream(who, await _homes(request, who), still),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _homes(request: Request, who: Principal) -> frozenset[str]:
    """The occupancies a resident belongs to now. The portal keeps no data: any room that reads the registry
    would do, and row-level security bounds it to the reader's cooperative."""
    if who.role is not Role.RESIDENT:
        return frozenset()
    database: Database = request.app.state.databases["notifications"]
    async with database.transaction() as session:
        unit = Unit(session, "notifications", request.app.state.clock, who.coop)
        await unit.enter(who.coop)
        return frozenset([home.occupancy for home in await homes_of(unit, who.person, coming=True)])
