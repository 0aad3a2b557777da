"""When a host (a team or a contractor) can come: weekly hours and single windows, added and dropped."""

from datetime import UTC, date, datetime, time

from sqlmodel import col, select

from services.aftersales.visits import booking
from services.aftersales.visits.model import Availability, Slot
from services.kit.ids import new_id
from services.kit.problems import conflict, invalid, not_found
from services.kit.registry import local_today, zone_of
from services.kit.unit import Unit

MOST = 60
"""Lines of hours of one host."""
WEEKDAYS = ("0", "1", "2", "3", "4", "5", "6")
"""Monday first."""


async def add(
    unit: Unit,
    host: str,
    weekday: str | None,
    day: str | None,
    start: str,
    end: str,
    window_minutes: int,
    capacity: int,
    building: str | None = None,
) -> str:
    """Every week on `weekday` (0 is Monday), or once on `day`; the id. 422 for what is no day or hour."""
    opens, closes = _time("/start", start), _time("/end", end)
    if opens >= closes:
        raise invalid("/end", "before_start", "The hours end after they begin.")
    if weekday is not None and weekday in WEEKDAYS:
        return await _weekly(unit, host, int(weekday), opens, closes, window_minutes, capacity, building)
    if day is None:
        raise invalid("/day", "missing", "Choose a weekday or a day.")
    try:
        on = date.fromisoformat(day)
    except ValueError as error:
        raise invalid("/day", "missing", "Choose a weekday or a day.") from error
    zone = await zone_of(unit)
    edges = [datetime.combine(on, at, zone).astimezone(UTC) for at in (opens, closes)]
    return (await booking.offer_once(unit, host, edges[0], edges[1], capacity, building)).id


async def singles(unit: Unit, host: str) -> list[Slot]:
    """Windows offered once and still to come, soonest first."""
    rows = await unit.session.execute(
        select(Slot)
        .where(
            col(Slot.coop) == unit.coop,
            col(Slot.host) == host,
            col(Slot.is_weekly).is_(False),
            col(Slot.ticket).is_(None),
            col(Slot.withdrawn_at).is_(None),
            col(Slot.starts_at) > unit.now,
        )
        .order_by(col(Slot.starts_at), col(Slot.id))
    )
    return list(rows.scalars())


async def drop(unit: Unit, host: str, hours: str) -> None:
    """No longer offered; visits that are arranged stay. 404 for another host's."""
    weekly = await unit.session.get(Availability, hours)
    if weekly is not None and weekly.coop == unit.coop and weekly.host == host:
        await unit.session.delete(weekly)
        return
    single = await unit.session.get(Slot, hours)
    if single is None or single.coop != unit.coop or single.host != host:
        raise not_found()
    await booking.withdraw(unit, single)


async def _weekly(
    unit: Unit,
    host: str,
    weekday: int,
    opens: time,
    closes: time,
    window_minutes: int,
    capacity: int,
    building: str | None,
) -> str:
    assert unit.coop is not None
    minutes = (closes.hour - opens.hour) * 60 + closes.minute - opens.minute
    if window_minutes > minutes:
        raise invalid("/window_minutes", "too_long", "Not one whole window fits into these hours.")
    rows = await unit.session.execute(
        select(Availability).where(col(Availability.coop) == unit.coop, col(Availability.host) == host)
    )
    known = list(rows.scalars())
    if len(known) >= MOST:
        raise conflict("too_many_hours", "There are as many lines of hours as can be.")
    if any(one.weekday == weekday and one.starts < closes and opens < one.ends for one in known):
        raise conflict("hours_overlap", "These hours overlap others on the same weekday.")
    row = Availability(
        id=new_id("avl"),
        coop=unit.coop,
        host=host,
        weekday=weekday,
        starts=opens,
        ends=closes,
        window_minutes=window_minutes,
        capacity=capacity,
        valid_from=await local_today(unit),
        building=building,
    )
    unit.session.add(row)
    await unit.session.flush()
    return row.id


def _time(pointer: str, value: str) -> time:
    try:
        return time.fromisoformat(value)
    except ValueError as error:
        raise invalid(pointer, "missing", "Give an hour.") from error
