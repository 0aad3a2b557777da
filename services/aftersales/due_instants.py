"""When something becomes due by time next in a cooperative: what a clock that jumps may not skip."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from services.aftersales.business_calendar import BusinessCalendar
from services.aftersales.by_time import calendar_of
from services.aftersales.dwelling_file.asking import WAKING
from services.aftersales.incidents.clusters import thresholds
from services.aftersales.life_terms import REOPEN_DAYS, reopen_values
from services.aftersales.model import Ticket
from services.aftersales.visits.terms import terms_of
from services.kit.registry import local_today, zone_of
from services.kit.unit import Unit

_LEAST = timedelta(microseconds=1)
_LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)

# Safety is watched several times a minute; all the rest is looked at when an hour begins.
_SAFETY = """
SELECT min(alarm_at) FROM aftersales.ticket_deadline WHERE coop = :coop AND clock = 'safety'
 AND met_at IS NULL AND alarm_at > :since AND alarm_at <= :until
"""
_HOURLY = f"""
SELECT min(due) FROM (
    SELECT unnest(ARRAY[d.due_at, d.starts_at + (d.due_at - d.starts_at) / 2]) AS due
    FROM aftersales.ticket t JOIN aftersales.ticket_deadline d ON d.ticket = t.id
    WHERE t.coop = :coop AND t.state = 'done' AND d.kind = 'household_answer'
    UNION ALL
    SELECT t.ended_at + make_interval(days => {REOPEN_DAYS}) FROM aftersales.ticket t
    WHERE t.coop = :coop AND t.state = 'resolved'
    UNION ALL
    SELECT greatest((c.due_on + make_interval(hours => :waking)) AT TIME ZONE :zone,
        CASE WHEN f.opened_at <= :until THEN f.opened_at END)
    FROM aftersales.check_in c JOIN aftersales.dwelling_file f ON f.occupancy = c.occupancy
    WHERE c.coop = :coop AND c.state = 'planned'
    UNION ALL
    SELECT greatest(
        ((v.starts_at AT TIME ZONE :zone)::date - 1 + make_interval(hours => :remind_from))
            AT TIME ZONE :zone,
        v.booked_at + make_interval(hours => :fresh))
    FROM aftersales.visit v WHERE v.coop = :coop AND v.state = 'booked' AND v.reminded_at IS NULL
    UNION ALL
    SELECT i.resolved_at + make_interval(days => :close_after) FROM aftersales.incident i
    WHERE i.coop = :coop AND i.state = 'resolved') found
WHERE due >= :since AND due < :until
"""  # noqa: S608 - only a constant is formatted in
_WARNING = """
SELECT ticket, alarm_at FROM aftersales.ticket_deadline WHERE coop = :coop AND clock <> 'safety'
 AND met_at IS NULL AND alarm_at <= :until AND NOT ticket = ANY(:left_out) ORDER BY alarm_at, ticket LIMIT 1
"""


async def next_due(
    unit: Unit, since: datetime | None, until: datetime, left_out: set[str]
) -> datetime | None:
    """The next instant, UTC, after `since` and not after `until`, at which a duty has something to do.

    Requests whose warning cannot be given by then (their cooperative stays closed, or they could not be kept)
    are added to `left_out` and looked for no more.
    """
    since = since or _LONG_AGO
    values: dict[str, Any] = {"coop": unit.coop, "since": since, "until": until}
    terms = await terms_of(unit)
    values |= reopen_values() | {
        "waking": WAKING.start,
        "zone": str(await zone_of(unit)),
        "remind_from": terms.remind_from_hour,
        "fresh": terms.fresh_hours,
        "close_after": thresholds(await local_today(unit)).close_after_days,
    }
    found = [
        (await unit.session.execute(text(_SAFETY), values)).scalar_one(),
        await _warning(unit, since, until, left_out),
    ]
    hourly = (await unit.session.execute(text(_HOURLY), values)).scalar_one()
    if hourly is not None:
        found.append(hour_after(hourly))
    return min((at for at in found if at is not None and at <= until), default=None)


async def _warning(unit: Unit, since: datetime, until: datetime, left_out: set[str]) -> datetime | None:
    """When the first warning of a promise or legal date is given: at an hour in which its home's cooperative
    is open."""
    while True:
        rows = await unit.session.execute(
            text(_WARNING), {"coop": unit.coop, "until": until, "left_out": sorted(left_out)}
        )
        row = rows.first()
        if row is None:
            return None
        try:
            calendar = await calendar_of(unit, await unit.session.get_one(Ticket, row.ticket))
            at = first_open(calendar, max(hour_from(row.alarm_at), since))
        except (LookupError, ValueError):  # of a home that is known no more, or a calendar never open
            at = since
        if since < at <= until:
            return at
        left_out.add(row.ticket)


def first_open(calendar: BusinessCalendar, at: datetime) -> datetime:
    """The instant itself where the cooperative is open then, else when it opens next; UTC."""
    return at if calendar.is_open(at) else calendar.add(at, _LEAST) - _LEAST


def hour_from(at: datetime) -> datetime:
    """The beginning of an hour that is not before the instant; UTC."""
    begun = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return begun if begun == at else begun + timedelta(hours=1)


def hour_after(at: datetime) -> datetime:
    """The beginning of the first hour after the instant; UTC."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
