"""Appointments over HTTP: windows to choose from, visits, hours of teams and contractors."""

from dataclasses import asdict
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from fastapi import Request
from sqlmodel import col, select

from services.aftersales import queries as tickets
from services.aftersales import settings
from services.aftersales.api_base import router
from services.aftersales.model import Ticket
from services.aftersales.page_base import actor_of
from services.aftersales.parties.model import Party
from services.aftersales.visits import booking, moving, offers, queries, schedule, terms
from services.aftersales.visits.bodies import (
    AvailabilitiesOut,
    AvailabilityIn,
    AvailabilityOut,
    CancelIn,
    MissedIn,
    SlotIn,
    SlotOut,
    SlotsOut,
    VisitIn,
    VisitOut,
    VisitsOut,
    VisitTermsIn,
    WasThereIn,
)
from services.aftersales.visits.following import last
from services.aftersales.visits.model import Availability, Slot, Visit
from services.aftersales.words import codes
from services.kit.i18n import language_of
from services.kit.registry import zone_of
from services.kit.unit import Unit
from services.kit.web import Principal, RoomUnit, Who, conflict, invalid, not_found, roles

PEOPLE = ("resident", "caretaker", "staff")
TEAM = ("caretaker", "staff")
LONGEST_DAYS = 62


@router.get("/tickets/{ticket}/slots", **roles(*PEOPLE))
async def slots(ticket: str, request: Request, unit: RoomUnit, who: Who) -> SlotsOut:
    """Windows with a place left, those proposed for this request first, then soonest first."""
    found = await tickets.visible(unit, ticket, who)
    names, zone = await queries.host_names(unit, language_of(request)), await zone_of(unit)
    offered = await offers.offered(unit, found)
    return SlotsOut(
        slots=[_slot(one, names, zone) for one in offered], can_change=await queries.can_change(unit, found)
    )


@router.post("/tickets/{ticket}/slots", status_code=201, **roles(*TEAM))
async def propose(ticket: str, body: SlotIn, request: Request, unit: RoomUnit, who: Who) -> SlotOut:
    """A window for this request alone; its household is told that it can choose."""
    found = await tickets.visible(unit, ticket, who)
    host = await offers.host_of(unit, found)
    row = await booking.propose(unit, found, host, body.starts_at, body.ends_at)
    await moving.offered(unit, found, actor_of(who))
    names = await queries.host_names(unit, language_of(request))
    return _slot(offers.offer_of(row), names, await zone_of(unit))


@router.post("/tickets/{ticket}/visits", status_code=201, **roles(*PEOPLE))
async def book(ticket: str, body: VisitIn, request: Request, unit: RoomUnit, who: Who) -> VisitOut:
    """Arrange the visit, or move it, into a window of GET …/slots. 409 when somebody was faster."""
    found = await tickets.visible(unit, ticket, who)
    visit = await booking.book(unit, found, body.slot, actor_of(who), body.version)
    return await _visit(unit, request, visit)


@router.get("/tickets/{ticket}/visits", **roles(*PEOPLE))
async def visits(ticket: str, request: Request, unit: RoomUnit, who: Who) -> VisitsOut:
    """All its visits, also those that were missed or called off."""
    found = await tickets.visible(unit, ticket, who)
    rows = await queries.of_ticket(unit, found)
    return VisitsOut(visits=[await _visit(unit, request, row) for row in rows])


@router.post("/tickets/{ticket}/visits/{visit}/cancel", **roles(*PEOPLE))
async def cancel(
    ticket: str, visit: str, body: CancelIn, request: Request, unit: RoomUnit, who: Who
) -> VisitOut:
    """Nobody comes; windows are offered again. A household until the cooperative's limit: 409 after it."""
    found, row = await _running(unit, who, ticket, visit)
    await moving.call_off(unit, found, actor_of(who), body.comment)
    return await _visit(unit, request, row)


@router.post("/tickets/{ticket}/visits/{visit}/missed", **roles(*PEOPLE))
async def missed(
    ticket: str, visit: str, body: MissedIn, request: Request, unit: RoomUnit, who: Who
) -> VisitOut:
    """It did not take place, and on whose side. A household cannot say that it was there itself in vain
    before the visit's time."""
    found, row = await _running(unit, who, ticket, visit)
    await moving.missed(unit, found, body.side, actor_of(who), body.comment)
    return await _visit(unit, request, row)


@router.post("/tickets/{ticket}/visits/{visit}/was-there", **roles("resident"))
async def was_there(
    ticket: str, visit: str, body: WasThereIn, request: Request, unit: RoomUnit, who: Who
) -> VisitOut:
    """The household was there, although the visit is recorded as missed on its side: 409 for any other."""
    found = await tickets.visible(unit, ticket, who)
    row = await unit.session.get(Visit, visit)
    latest = await last(unit, found.id)
    if row is None or latest is None or row.ticket != found.id:
        raise not_found()
    if row.id != latest.id:
        raise conflict("visit_over", "This visit is over or was called off.")
    words = body.comment or moving.I_WAS_THERE[language_of(request)]
    return await _visit(unit, request, await moving.was_there(unit, found, actor_of(who), words))


@router.get("/visits", **roles(*TEAM))
async def calendar(
    request: Request, unit: RoomUnit, since: date, until: date, host: str | None = None
) -> VisitsOut:
    """The visits that begin on these civil days, both included, at most two months."""
    if not since <= until <= since + timedelta(days=LONGEST_DAYS):
        raise invalid("/until", "too_long", "Ask for %(days)s days at most.", days=LONGEST_DAYS)
    zone = await zone_of(unit)
    first = datetime.combine(since, datetime.min.time(), zone)
    last = datetime.combine(until + timedelta(days=1), datetime.min.time(), zone)
    planned = await queries.between(unit, first, last, host)
    return VisitsOut(visits=[await _visit(unit, request, one.visit) for one in planned])


@router.get("/availability", **roles(*TEAM))
async def availability(unit: RoomUnit, host: str) -> AvailabilitiesOut:
    """When a team or contractor can come: every week, and single windows to come."""
    zone = await zone_of(unit)
    weekly = [_weekly(row) for row in await offers.weeks_of(unit, host)]
    single = [_single(row, zone) for row in await schedule.singles(unit, host)]
    return AvailabilitiesOut(availability=weekly + single)


@router.post("/availability", status_code=201, **roles(*TEAM))
async def add(body: AvailabilityIn, unit: RoomUnit) -> AvailabilityOut:
    """Hours of a team, or of a contractor on its behalf."""
    await _known_host(unit, body.host)
    if (body.weekday is None) == (body.on is None):
        raise invalid("/weekday", "one_of", "Give either a weekday or a day.")
    made = await schedule.add(
        unit,
        body.host,
        None if body.weekday is None else str(body.weekday),
        None if body.on is None else body.on.isoformat(),
        body.starts.isoformat("minutes"),
        body.ends.isoformat("minutes"),
        body.window_minutes,
        body.capacity,
        body.building,
    )
    weekly = await unit.session.get(Availability, made)
    if weekly is not None:
        return _weekly(weekly)
    return _single(await unit.session.get_one(Slot, made), await zone_of(unit))


@router.delete("/availability/{hours}", status_code=204, **roles(*TEAM))
async def drop(hours: str, unit: RoomUnit) -> None:
    """No longer offered; visits that are arranged stay."""
    weekly = await unit.session.get(Availability, hours)
    row = weekly if weekly is not None else await unit.session.get(Slot, hours)
    if row is None or row.coop != unit.coop:
        raise not_found()
    await schedule.drop(unit, row.host, hours)


@router.get("/aftersales-settings/visits", **roles("staff", "caretaker"))
async def visit_terms(unit: RoomUnit) -> VisitTermsIn:
    """How appointments work here, as they are in force."""
    return VisitTermsIn(**asdict(await terms.terms_of(unit)))


@router.put("/aftersales-settings/visits", status_code=204, **roles("staff"))
async def set_visit_terms(body: VisitTermsIn, unit: RoomUnit, who: Who) -> None:
    """The cooperative's own terms; what is left out is the house's."""
    own = body.model_dump(exclude_none=True)
    await settings.keep(unit, None, "visits", own or None, actor_of(who).id)


async def _running(unit: Unit, who: Principal, ticket: str, visit: str) -> tuple[Ticket, Visit]:
    found = await tickets.visible(unit, ticket, who)
    row = await unit.session.get(Visit, visit)
    if row is None or row.ticket != found.id:
        raise not_found()
    if row.state not in offers.RUNNING:
        raise conflict("visit_over", "This visit is over or was called off.")
    return found, row


async def _known_host(unit: Unit, host: str) -> None:
    if host in codes("teams"):
        return
    found = await unit.session.execute(
        select(Party.kind).where(col(Party.id) == host, col(Party.coop) == unit.coop)
    )
    if found.scalar_one_or_none() not in offers.FIRMS:
        raise invalid("/host", "unknown_host", "Name a team or a contractor of the cooperative.")


def _slot(offer: offers.Offer, names: dict[str, str], zone: ZoneInfo) -> SlotOut:
    return SlotOut(
        id=offer.slot,
        starts_at=offer.starts_at.astimezone(zone),
        ends_at=offer.ends_at.astimezone(zone),
        host=offer.host,
        host_name=names.get(offer.host, offer.host),
        left=offer.left,
        is_proposed=offer.ticket is not None,
    )


async def _visit(unit: Unit, request: Request, row: Visit) -> VisitOut:
    await unit.session.flush()
    zone = await zone_of(unit)
    names = await queries.host_names(unit, language_of(request))
    facts = row.model_dump(exclude={"coop"})
    facts |= {"starts_at": row.starts_at.astimezone(zone), "ends_at": row.ends_at.astimezone(zone)}
    if row.contested_at is not None:
        facts["contested_at"] = row.contested_at.astimezone(zone)
    if row.expected_at is not None:
        facts["expected_at"] = row.expected_at.astimezone(zone)
    return VisitOut(**facts, host_name=names.get(row.host, row.host))


def _weekly(row: Availability) -> AvailabilityOut:
    return AvailabilityOut(on=None, **row.model_dump(exclude={"coop", "valid_from", "valid_to"}))


def _single(row: Slot, zone: ZoneInfo) -> AvailabilityOut:
    begins, ends = row.starts_at.astimezone(zone), row.ends_at.astimezone(zone)
    return AvailabilityOut(
        id=row.id,
        host=row.host,
        weekday=None,
        starts=begins.time(),
        ends=ends.time(),
        on=begins.date(),
        window_minutes=int((row.ends_at - row.starts_at).total_seconds() // 60),
        capacity=row.capacity,
        building=row.building,
    )
