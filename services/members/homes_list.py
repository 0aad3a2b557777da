"""What staff see of the cooperative's homes: who lives where, and which homes are free."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_
from sqlmodel import col, select

from contracts.codes import Right, Tenure
from services.kit.unit import Unit
from services.members.actions.common import today
from services.members.model import Coop, Dwelling, Occupancy, Person, Resident
from services.members.occupancies import Period

MOST = 300
"""Rows of one page; a search narrows them."""


@dataclass(frozen=True)
class Household:
    occupancy: str
    names: tuple[str, ...]
    tenure: Tenure
    moved_in_on: date
    moved_out_on: date | None


@dataclass(frozen=True)
class Home:
    dwelling: Dwelling
    household: Household | None
    """Who lives there today, or is expected."""


async def homes(unit: Unit, search: str = "") -> list[Home]:
    """By residence and reference; `search` looks in references, residences and names."""
    assert unit.coop
    coop = await unit.session.get_one(Coop, unit.coop)
    day = today(unit, coop.zone)
    query = select(Dwelling).where(Dwelling.coop == unit.coop)
    if search:
        like = f"%{search.replace('%', '').replace('_', '')}%"
        named = (
            select(Occupancy.dwelling)
            .join(Resident, col(Resident.occupancy) == col(Occupancy.id))
            .join(Person, col(Person.id) == col(Resident.person))
            .where(col(Person.name).ilike(like))
        )
        query = query.where(
            or_(
                col(Dwelling.ref).ilike(like),
                col(Dwelling.residence).ilike(like),
                col(Dwelling.id).in_(named),
            )
        )
    rows = await unit.session.scalars(query.order_by(Dwelling.residence, Dwelling.ref).limit(MOST))
    dwellings = list(rows)
    households = await _households(unit, [row.id for row in dwellings], day)
    return [Home(row, households.get(row.id)) for row in dwellings]


async def _households(unit: Unit, dwellings: list[str], day: date) -> dict[str, Household]:
    rows = await unit.session.execute(
        select(Occupancy, Resident, Person)
        .join(Resident, col(Resident.occupancy) == col(Occupancy.id))
        .join(Person, col(Person.id) == col(Resident.person))
        .where(
            col(Occupancy.dwelling).in_(dwellings),
            or_(col(Occupancy.moved_out_on).is_(None), col(Occupancy.moved_out_on) >= day),
        )
        .order_by(col(Occupancy.moved_in_on).desc(), col(Resident.since_on), col(Person.name))
    )
    found: dict[str, Household] = {}
    names: dict[str, list[str]] = {}
    for occupancy, resident, person in rows.all():
        if resident.right in (Right.HOLDER, Right.CO_HOLDER) and Period(
            resident.since_on, resident.until_on
        ).overlaps(Period(day)):
            names.setdefault(occupancy.id, []).append(person.name)
        # Later rows are earlier households: of one there and one expected, who lives there is shown.
        found[occupancy.dwelling] = Household(
            occupancy.id, (), Tenure(occupancy.tenure), occupancy.moved_in_on, occupancy.moved_out_on
        )
    return {
        dwelling: Household(
            one.occupancy, tuple(names.get(one.occupancy, ())), one.tenure, one.moved_in_on, one.moved_out_on
        )
        for dwelling, one in found.items()
    }
