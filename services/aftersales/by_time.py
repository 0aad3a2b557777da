"""What passing time does to requests: promises move, warnings are given, silence settles what may settle."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy import text
from sqlmodel import col, select

from contracts.aftersales import DeadlineNear
from contracts.codes import ClockFamily
from services.aftersales import actions
from services.aftersales.actions import locked_now
from services.aftersales.assess import home_of
from services.aftersales.business_calendar import BusinessCalendar
from services.aftersales.clock import Deadline
from services.aftersales.config import config_for
from services.aftersales.deadlines import next_alarm, threshold_passed
from services.aftersales.lifecycle import PAUSING, REOPEN_DAYS
from services.aftersales.model import DeadlineRow, Ticket
from services.aftersales.standings import standing_of
from services.aftersales.winding import wind_clocks
from services.kit.outage import is_outage
from services.kit.unit import Unit

_LOG = logging.getLogger(__name__)


EVERY = tuple(family.value for family in ClockFamily)


async def rewind_paused(unit: Unit) -> None:
    """Move the promises of requests that wait for their household."""
    for ticket_id in await _ids(unit, "state = ANY(:states)", states=list(PAUSING)):
        async with _alone(unit, ticket_id):
            ticket = await locked_now(unit, ticket_id)
            if ticket is not None:
                await wind_clocks(unit, ticket, await home_of(unit, ticket), await standing_of(unit, ticket))


async def warn(unit: Unit, clocks: Sequence[str] = EVERY) -> None:
    """One `DeadlineNear` per threshold; promises and legal dates only in the cooperative's hours.

    A request that somebody is changing just now, or that another replica warns of, is left for the next look.
    """
    rows = await unit.session.execute(
        text(
            "SELECT DISTINCT ticket FROM aftersales.ticket_deadline WHERE coop = :coop"
            " AND alarm_at <= :now AND met_at IS NULL AND clock = ANY(:clocks) ORDER BY ticket"
        ),
        {"coop": unit.coop, "now": unit.now, "clocks": list(clocks)},
    )
    calendars: dict[str, BusinessCalendar] = {}
    for ticket_id in rows.scalars().all():
        async with _alone(unit, ticket_id):
            ticket = await locked_now(unit, ticket_id)
            if ticket is not None:
                await _warn_of(unit, ticket, clocks, calendars)


async def settle(unit: Unit) -> None:
    """Silence after routine work is a yes, once it was asked twice; never for a réserve or a warranty, where
    signatures count."""
    done = (
        "state = 'done' AND occupancy IS NOT NULL AND inspection IS NULL AND EXISTS (SELECT 1"
        " FROM aftersales.ticket_deadline d WHERE d.ticket = ticket.id AND d.kind = 'household_answer'"
        " AND {due} < :now) AND NOT EXISTS (SELECT 1 FROM aftersales.ticket_warranty w"
        " WHERE w.ticket = ticket.id AND w.regime <> 'none')"
    )
    for action, condition, values in (
        ("lapse", done.format(due="d.due_at"), {"now": unit.now}),
        ("remind", done.format(due="d.starts_at + (d.due_at - d.starts_at) / 2"), {"now": unit.now}),
        (
            "close",
            "state = 'resolved' AND ended_at <= :now - make_interval(days => :days)",
            {"now": unit.now, "days": REOPEN_DAYS},
        ),
    ):
        for ticket_id in await _ids(unit, condition, **values):
            async with _alone(unit, ticket_id):
                await actions.lapse(unit, ticket_id, action)


@asynccontextmanager
async def _alone(unit: Unit, ticket_id: str) -> AsyncIterator[None]:
    try:
        async with unit.part():
            yield
    except Exception as error:
        if is_outage(error):
            raise
        _LOG.exception("a request's time could not be kept", extra={"ticket": ticket_id})


async def _warn_of(
    unit: Unit, ticket: Ticket, clocks: Sequence[str], calendars: dict[str, BusinessCalendar]
) -> None:
    rows = await unit.session.execute(
        select(DeadlineRow)
        .where(col(DeadlineRow.ticket) == ticket.id, col(DeadlineRow.met_at).is_(None))
        .where(col(DeadlineRow.alarm_at) <= unit.now, col(DeadlineRow.clock).in_(clocks))
        .order_by(col(DeadlineRow.due_at), col(DeadlineRow.kind))
        .execution_options(populate_existing=True)
    )
    for row in rows.scalars().all():
        clock = ClockFamily(row.clock)
        if clock is ClockFamily.SAFETY or (await _calendar(unit, ticket, calendars)).is_open(unit.now):
            _warn_one(unit, ticket, row, clock)
    await unit.session.flush()


def _warn_one(unit: Unit, ticket: Ticket, row: DeadlineRow, clock: ClockFamily) -> None:
    alarms = tuple((int(percent), datetime.fromisoformat(at)) for percent, at in row.alarms)
    deadline = Deadline(row.kind, clock, row.starts_at, row.due_at, row.met_at, alarms)
    percent = threshold_passed(deadline, row.warned_percent, unit.now)
    if percent is None:
        row.alarm_at = next_alarm(deadline, row.warned_percent)
        return
    row.warned_percent = percent
    row.alarm_at = next_alarm(deadline, percent)
    near = DeadlineNear(
        coop=ticket.coop,
        ticket=ticket.id,
        number=ticket.number,
        kind=row.kind,
        clock=clock,
        due_at=row.due_at,
        percent=percent,
        assignee=ticket.assignee,
        team=ticket.team or None,
    )
    unit.emit(near, ticket.id)


async def _calendar(unit: Unit, ticket: Ticket, known: dict[str, BusinessCalendar]) -> BusinessCalendar:
    """The calendar of the request's home; homes of one building share it."""
    key = ticket.building or ticket.dwelling or ticket.id
    if key not in known:
        known[key] = (await config_for(unit, await home_of(unit, ticket))).calendar
    return known[key]


async def _ids(unit: Unit, condition: str, **values: object) -> list[str]:
    rows = await unit.session.execute(
        text(f"SELECT id FROM aftersales.ticket WHERE coop = :coop AND {condition} ORDER BY id"),  # noqa: S608
        {"coop": unit.coop, **values},
    )
    return list(rows.scalars())
