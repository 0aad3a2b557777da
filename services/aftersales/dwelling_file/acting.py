"""What people do with a dwelling's file: record a legal day or equipment, answer a check-in."""

from datetime import date
from typing import Any

from sqlmodel import col, select

from contracts.codes import Role
from services.aftersales import registry
from services.aftersales.assess import decide, home_of
from services.aftersales.dwelling_file import asking, check_ins, dates, equipment
from services.aftersales.dwelling_file.equipment import Where
from services.aftersales.dwelling_file.model import CheckIn, Equipment
from services.aftersales.model import Ticket
from services.aftersales.past_days import check_not_ancient
from services.aftersales.registry import Home
from services.aftersales.standings import standing_of
from services.aftersales.winding import wind_clocks
from services.kit.problems import Problem, conflict, invalid, not_found
from services.kit.registry import local_today
from services.kit.unit import Unit
from services.kit.web import Principal

OF_HOUSEHOLD = ("livraison", "etat_des_lieux")


async def record_date(unit: Unit, home: Home, kind: str, day: date, by: str, note: str | None = None) -> None:
    """A réception is the dwelling's (or building's, without one); the other days are the household's.

    Requests under way are looked into again by rule, and what the household is asked moves with it.
    """
    if kind in OF_HOUSEHOLD:
        if home.occupancy is None:
            raise invalid("/kind", "no_household", "Nobody lives there: record it once somebody does.")
        about = home.occupancy
    else:
        about = home.dwelling or home.building or ""
    if day > await local_today(unit):
        raise invalid("/on", "in_the_future", "Record it once it has been held.")
    check_not_ancient("/on", day)
    await dates.record(unit, about, kind, day, by, note)
    await asking.replan(unit, home)
    await _look_again(unit, home)


async def record_equipment(unit: Unit, home: Home, by: str, facts: dict[str, Any]) -> Equipment:
    """A piece with its own day of installation; requests about it are looked into again."""
    known = await dates.dates_of(unit, home)
    row = await equipment.add(unit, _where(home), known.reception_on, by, facts)
    await _look_again(unit, home, row.element)
    return row


async def change_equipment(unit: Unit, home: Home, piece: str, by: str, facts: dict[str, Any]) -> Equipment:
    row = await equipment.change(unit, _where(home), piece, by, facts)
    await _look_again(unit, home, row.element)
    return row


async def check_in_of(unit: Unit, check_in: str, who: Principal) -> CheckIn:
    """The question, once it was asked; 404 when it is another household's."""
    row = await unit.session.get(CheckIn, check_in)
    if row is None or row.state == "planned":
        raise not_found()
    if who.role is Role.RESIDENT and row.occupancy not in await registry.own_occupancies(unit, who.person):
        raise not_found()
    return row


async def answer(unit: Unit, check_in: str, who: Principal, said: str) -> CheckIn:
    """Keep the household's answer. It may change its mind from well to wrong, never the other way."""
    row = await check_in_of(unit, check_in, who)
    if said not in check_ins.ANSWERS:
        raise invalid("/answer", "unknown_code", "Use one of: %(codes)s.", codes=", ".join(check_ins.ANSWERS))
    if row.answer == said:
        return row
    if row.answer == check_ins.PROBLEM:
        raise already_answered()
    row.state, row.answer, row.answered_by, row.answered_at = "answered", said, who.id, unit.now
    await unit.session.flush()
    return row


def already_answered() -> Problem:
    return conflict("already_answered", "Something was said to be wrong: follow the request instead.")


def _where(home: Home) -> Where:
    return Where(dwelling=home.dwelling) if home.dwelling else Where(building=home.building)


async def _look_again(unit: Unit, home: Home, element: str | None = None) -> None:
    """Requests that are under way there are decided again by what is known now."""
    query = select(Ticket).where(col(Ticket.coop) == unit.coop, col(Ticket.ended_at).is_(None))
    if home.dwelling is not None:
        query = query.where(col(Ticket.dwelling) == home.dwelling)
    else:
        query = query.where(col(Ticket.building) == home.building)
    if element is not None:
        query = query.where(col(Ticket.element) == element)
    for ticket in (await unit.session.execute(query.order_by(col(Ticket.id)))).scalars().all():
        there = await home_of(unit, ticket)
        await decide(unit, ticket, there)
        await wind_clocks(unit, ticket, there, await standing_of(unit, ticket))
        ticket.version += 1
    await unit.session.flush()
