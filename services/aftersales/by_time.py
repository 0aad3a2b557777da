"""What passing time does to requests: promises move, warnings are given, silence settles what may settle."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text

from contracts.aftersales import DeadlineNear
from contracts.codes import ClockFamily
from services.aftersales import actions
from services.aftersales.assess import home_of, standing_of, wind_clocks
from services.aftersales.config import config_for
from services.aftersales.deadlines import Deadline, threshold_passed
from services.aftersales.lifecycle import PAUSING, REOPEN_DAYS
from services.aftersales.model import DeadlineRow, Ticket
from services.kit.outage import is_outage
from services.kit.unit import Unit

_LOG = logging.getLogger(__name__)


async def rewind_paused(unit: Unit) -> None:
    """Move the promises of requests that wait for their household."""
    for ticket_id in await _ids(unit, "state = ANY(:states)", states=list(PAUSING)):
        async with _alone(unit, ticket_id):
            ticket = await unit.session.get_one(Ticket, ticket_id)
            await wind_clocks(unit, ticket, await home_of(unit, ticket), await standing_of(unit, ticket))


async def warn(unit: Unit) -> None:
    """One `DeadlineNear` per threshold; promises and legal dates only in the cooperative's hours."""
    rows = await unit.session.execute(
        text(
            "SELECT d.ticket, d.kind FROM aftersales.ticket_deadline d"
            " JOIN aftersales.ticket t ON t.id = d.ticket"
            " WHERE d.coop = :coop AND d.met_at IS NULL AND d.warned_percent < 100"
            " AND NOT (d.clock = 'service' AND t.state = ANY(:pausing))"
            " AND :now >= d.starts_at + (d.due_at - d.starts_at) / 2 ORDER BY d.due_at, d.ticket, d.kind"
        ),
        {"coop": unit.coop, "now": unit.now, "pausing": list(PAUSING)},
    )
    for ticket_id, kind in rows.all():
        async with _alone(unit, ticket_id):
            await _warn_one(unit, ticket_id, kind)


async def settle(unit: Unit) -> None:
    """Silence after routine work is a yes; never for a réserve or a warranty, where a signature counts."""
    lapsed = (
        "state = 'done' AND occupancy IS NOT NULL AND inspection IS NULL AND EXISTS (SELECT 1"
        " FROM aftersales.ticket_deadline d WHERE d.ticket = ticket.id AND d.kind = 'household_answer'"
        " AND d.due_at < :now) AND NOT EXISTS (SELECT 1 FROM aftersales.ticket_warranty w"
        " WHERE w.ticket = ticket.id AND w.regime <> 'none')"
    )
    for ticket_id in await _ids(unit, lapsed, now=unit.now):
        async with _alone(unit, ticket_id):
            await actions.lapse(unit, ticket_id, "lapse")
    settled = "state = 'resolved' AND ended_at <= :now - make_interval(days => :days)"
    for ticket_id in await _ids(unit, settled, now=unit.now, days=REOPEN_DAYS):
        async with _alone(unit, ticket_id):
            await actions.lapse(unit, ticket_id, "close")


@asynccontextmanager
async def _alone(unit: Unit, ticket_id: str) -> AsyncIterator[None]:
    try:
        async with unit.part():
            yield
    except Exception as error:
        if is_outage(error):
            raise
        _LOG.exception("a request's time could not be kept", extra={"ticket": ticket_id})


async def _warn_one(unit: Unit, ticket_id: str, kind: str) -> None:
    row = await unit.session.get_one(DeadlineRow, (ticket_id, kind))
    ticket = await unit.session.get_one(Ticket, ticket_id)
    clock = ClockFamily(row.clock)
    deadline = Deadline(row.kind, clock, row.starts_at, row.due_at)
    percent = threshold_passed(deadline, row.warned_percent, unit.now)
    if percent is None:
        return
    if clock is not ClockFamily.SAFETY:
        config = await config_for(unit, await home_of(unit, ticket))
        if not config.calendar.is_open(unit.now):
            return
    row.warned_percent = percent
    near = DeadlineNear(
        coop=ticket.coop,
        ticket=ticket.id,
        number=ticket.number,
        kind=row.kind,
        clock=clock,
        due_at=row.due_at,
        percent=percent,
    )
    unit.emit(near, ticket.id)


async def _ids(unit: Unit, condition: str, **values: object) -> list[str]:
    rows = await unit.session.execute(
        text(f"SELECT id FROM aftersales.ticket WHERE coop = :coop AND {condition} ORDER BY id"),  # noqa: S608
        {"coop": unit.coop, **values},
    )
    return list(rows.scalars())
