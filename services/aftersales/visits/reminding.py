"""The day before a visit its household is reminded, once, in the afternoon by the cooperative's clock."""

from datetime import datetime, time, timedelta

from sqlmodel import col, select

from services.aftersales.actions import SYSTEM
from services.aftersales.model import Ticket
from services.aftersales.parties import tries
from services.aftersales.taxonomy import element_of
from services.aftersales.telling import changed
from services.aftersales.visits import news
from services.aftersales.visits.model import Visit
from services.aftersales.visits.terms import terms_of
from services.kit.registry import zone_of
from services.kit.unit import Unit


async def remind(unit: Unit) -> None:
    """A duty of the hour. Who chose the window a moment ago needs no reminder; a replica that repeats the
    hour reminds nobody twice."""
    zone, terms = await zone_of(unit), await terms_of(unit)
    local = unit.now.astimezone(zone)
    if local.hour < terms.remind_from_hour:
        return
    begins = datetime.combine(local.date() + timedelta(days=1), time(), zone)
    rows = await unit.session.execute(
        select(Visit, Ticket)
        .join(Ticket, col(Ticket.id) == col(Visit.ticket))
        .where(
            col(Visit.coop) == unit.coop,
            col(Visit.state) == "booked",
            col(Visit.reminded_at).is_(None),
            col(Visit.starts_at) >= begins,
            col(Visit.starts_at) < datetime.combine(local.date() + timedelta(days=2), time(), zone),
            col(Visit.booked_at) <= unit.now - timedelta(hours=terms.fresh_hours),
        )
        .order_by(col(Visit.starts_at), col(Visit.id))
        .with_for_update(of=Visit.__table__, skip_locked=True)  # type: ignore[attr-defined]
    )
    for visit, ticket in rows.all():
        visit.reminded_at = unit.now
        more = await news.of_visit(unit, visit) | {"at_home": not element_of(ticket.element).is_common}
        unit.emit(changed(ticket, "visit_reminder", SYSTEM, more=more), ticket.id)


async def forget_tries(unit: Unit) -> None:
    """Another duty: how often links were tried is not kept."""
    await tries.forget(unit)
