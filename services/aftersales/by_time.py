"""What passing time does to requests: promises move, warnings are given, silence settles what may settle."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import groupby

from sqlalchemy import text
from sqlmodel import col, select

from contracts.aftersales import DeadlineNear
from contracts.codes import ClockFamily
from services.aftersales import actions
from services.aftersales.actions import locked_of
from services.aftersales.assess import home_of
from services.aftersales.business_calendar import BusinessCalendar
from services.aftersales.clock import Deadline
from services.aftersales.config import config_for
from services.aftersales.deadlines import next_alarm, threshold_passed
from services.aftersales.digests import digest_at
from services.aftersales.life_terms import REOPEN_DAYS, reopen_values
from services.aftersales.lifecycle import PAUSING
from services.aftersales.model import DeadlineRow, Ticket
from services.aftersales.winding_together import learn_settings, wind_all
from services.kit.outage import is_outage
from services.kit.unit import Unit

_LOG = logging.getLogger(__name__)


EVERY = tuple(family.value for family in ClockFamily)
AT_ONCE = 500
"""Requests warned of together."""
CALENDARS = "calendars by building"
"""What the unit knows them by, see `Unit.once`: they do not depend on its instant."""


async def rewind_paused(unit: Unit) -> None:
    """Move the promises of requests that wait for their household."""
    waiting = await _ids(unit, "state = ANY(:states)", states=list(PAUSING))
    for first in range(0, len(waiting), AT_ONCE):
        await wind_all(unit, await locked_of(unit, waiting[first : first + AT_ONCE]))


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
    due = list(rows.scalars())
    for first in range(0, len(due), AT_ONCE):
        some = due[first : first + AT_ONCE]
        try:
            async with unit.part():
                await _warn_of(unit, some, clocks)
        except Exception as error:
            if is_outage(error):
                raise
            for ticket_id in some:  # one of them is the trouble
                async with _alone(unit, ticket_id):
                    await _warn_of(unit, [ticket_id], clocks)


async def settle(unit: Unit) -> None:
    """Silence after routine work is a yes, once it was asked twice; never for a réserve or a warranty, where
    signatures count."""
    done = (
        "state = 'done' AND occupancy IS NOT NULL AND inspection IS NULL AND EXISTS (SELECT 1"
        " FROM aftersales.ticket_deadline d WHERE d.ticket = t.id AND d.kind = 'household_answer'"
        " AND {due} < :now) AND NOT EXISTS (SELECT 1 FROM aftersales.ticket_warranty w"
        " WHERE w.ticket = t.id AND w.regime <> 'none')"
    )
    for action, condition, values in (
        ("lapse", done.format(due="d.due_at"), {"now": unit.now}),
        ("remind", done.format(due="d.starts_at + (d.due_at - d.starts_at) / 2"), {"now": unit.now}),
        (
            "close",
            f"state = 'resolved' AND ended_at + make_interval(days => {REOPEN_DAYS}) <= :now",
            {"now": unit.now, **reopen_values()},
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


async def _warn_of(unit: Unit, ticket_ids: Sequence[str], clocks: Sequence[str]) -> None:
    tickets = {ticket.id: ticket for ticket in await locked_of(unit, ticket_ids)}
    rows = await unit.session.execute(
        select(DeadlineRow)
        .where(col(DeadlineRow.ticket).in_(list(tickets)), col(DeadlineRow.met_at).is_(None))
        .where(col(DeadlineRow.alarm_at) <= unit.now, col(DeadlineRow.clock).in_(clocks))
        .order_by(col(DeadlineRow.ticket), col(DeadlineRow.due_at), col(DeadlineRow.kind))
        .execution_options(populate_existing=True)
    )
    calendars_known = await calendars(unit)
    unknown = [ticket for ticket in tickets.values() if _place(ticket) not in calendars_known]
    if len(unknown) > 1:
        await learn_settings(unit, unknown)
    for ticket_id, due in groupby(rows.scalars().all(), lambda row: row.ticket):
        ticket, near, morning, is_open = tickets[ticket_id], list(due), None, False
        if any(row.clock != ClockFamily.SAFETY for row in near):
            try:
                calendar = await calendar_of(unit, ticket)
                is_open, morning = calendar.is_open(unit.now), digest_at(calendar, unit.now)
            except (LookupError, ValueError):  # what is about safety needs no calendar
                _LOG.exception("a request's time could not be kept", extra={"ticket": ticket_id})
            near = [row for row in near if is_open or row.clock == ClockFamily.SAFETY]
        for row in near:
            _warn_one(unit, ticket, row, ClockFamily(row.clock), morning)
    await unit.session.flush()


def _warn_one(
    unit: Unit, ticket: Ticket, row: DeadlineRow, clock: ClockFamily, morning: datetime | None
) -> None:
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
        digest_at=None if clock is ClockFamily.SAFETY else morning,
    )
    unit.emit(near, ticket.id)


async def calendar_of(unit: Unit, ticket: Ticket) -> BusinessCalendar:
    """The calendar of the request's home; homes of one building share it. Raises LookupError when `members`
    knows the home no more."""
    known = await calendars(unit)
    key = _place(ticket)
    if key not in known:
        known[key] = (await config_for(unit, await home_of(unit, ticket))).calendar
    return known[key]


def _place(ticket: Ticket) -> str:
    return ticket.building or ticket.dwelling or ticket.id


async def calendars(unit: Unit) -> dict[str, BusinessCalendar]:
    """Those that the unit knows, by building; what is put in stays known."""

    async def none_yet() -> dict[str, BusinessCalendar]:
        return {}

    return await unit.once(CALENDARS, none_yet)


async def _ids(unit: Unit, condition: str, **values: object) -> list[str]:
    rows = await unit.session.execute(
        text(f"SELECT id FROM aftersales.ticket t WHERE coop = :coop AND {condition} ORDER BY id"),  # noqa: S608
        {"coop": unit.coop, **values},
    )
    return list(rows.scalars())
