"""Computes the clocks of many requests at once: what they depend on is asked in a few statements."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Select, text
from sqlmodel import col, or_, select

from services.aftersales import registry
from services.aftersales.assess import home_of, warranty_of
from services.aftersales.config import config_for, config_from
from services.aftersales.dwelling_file.dates import Recorded, counting
from services.aftersales.dwelling_file.equipment import best_of
from services.aftersales.dwelling_file.model import Equipment
from services.aftersales.model import (
    WHOLE_COOP,
    DeadlineRow,
    ResponsibilityRule,
    Setting,
    Ticket,
    WarrantyRow,
)
from services.aftersales.registry import Home
from services.aftersales.standings import standing_of, standings_of
from services.aftersales.warranty import Warranty
from services.aftersales.winding import clocks_given, keep, wind_clocks
from services.kit.outage import is_outage
from services.kit.unit import Unit

_LOG = logging.getLogger(__name__)
T = TypeVar("T", bound=Any)

_DAYS = """
SELECT kind, day, about, recorded_at, id, NULL AS occupancy FROM aftersales.legal_date
WHERE about = ANY(:abouts)
UNION ALL
SELECT kind, min(held_on), NULL, NULL, NULL, occupancy FROM aftersales.inspection
WHERE occupancy = ANY(:occupancies) GROUP BY occupancy, kind
"""


async def wind_all(unit: Unit, tickets: Sequence[Ticket]) -> None:
    """As `wind_clocks` of each of these requests of the unit's cooperative, which the unit holds locked. One
    whose clocks cannot be computed is left as it is and logged."""
    ids = [ticket.id for ticket in tickets]
    if not ids:
        return
    try:
        async with unit.part():
            await _together(unit, tickets)
            await unit.session.flush()
    except Exception as error:
        if is_outage(error):
            raise
        for ticket_id in ids:  # one of them is the trouble
            await _alone(unit, ticket_id)


async def learn_settings(unit: Unit, tickets: Iterable[Ticket]) -> None:
    """Ask together what `home_of` and `config_for` are asked of each of these requests of households."""
    occupancies = {ticket.occupancy for ticket in tickets if ticket.occupancy is not None}
    await registry.learn_homes(unit, occupancies)
    homes = [await registry.home_of_occupancy(unit, occupancy) for occupancy in occupancies]
    await _learn_configs(unit, {home for home in homes if home is not None})


async def _together(unit: Unit, tickets: Sequence[Ticket]) -> None:
    homes = await _homes(unit, tickets)
    tickets = [ticket for ticket in tickets if ticket.id in homes]
    if not tickets:
        return
    await _learn(unit, tickets, homes)
    standings = await standings_of(unit, tickets)
    ids = [ticket.id for ticket in tickets]
    warranties: dict[str, list[Warranty]] = defaultdict(list)
    for warranty in await _all(unit, select(WarrantyRow).where(col(WarrantyRow.ticket).in_(ids))):
        warranties[warranty.ticket].append(warranty_of(warranty))
    clocks: dict[str, list[DeadlineRow]] = defaultdict(list)
    for clock in await _all(unit, select(DeadlineRow).where(col(DeadlineRow.ticket).in_(ids))):
        clocks[clock.ticket].append(clock)
    for ticket in tickets:
        home, standing = homes[ticket.id], standings[ticket.id]
        try:
            found = await clocks_given(
                unit, ticket, home, standing, await config_for(unit, home), warranties[ticket.id]
            )
        except ValueError:  # a calendar that is never open
            _not_computed(ticket.id)
            continue
        await keep(unit, ticket, standing, found, clocks[ticket.id])


async def _homes(unit: Unit, tickets: Sequence[Ticket]) -> dict[str, Home]:
    """By request; of those whose home `members` still knows."""
    await registry.learn_homes(unit, {ticket.occupancy for ticket in tickets if ticket.occupancy is not None})
    found: dict[str, Home] = {}
    of_buildings: dict[str | None, Home] = {}
    for ticket in tickets:
        try:
            if ticket.occupancy is None and ticket.building in of_buildings:
                found[ticket.id] = of_buildings[ticket.building]
                continue
            found[ticket.id] = await home_of(unit, ticket)
        except LookupError:
            _not_computed(ticket.id)
        else:
            if ticket.occupancy is None:
                of_buildings[ticket.building] = found[ticket.id]
    return found


async def _learn(unit: Unit, tickets: Iterable[Ticket], homes: dict[str, Home]) -> None:
    """Leave with the unit what `clocks_given` and `config_for` would ask of each: see `Unit.once`."""
    every = set(homes.values())
    await _learn_configs(unit, every)
    await _learn_days(unit, every)
    dwellings = {home.dwelling for home in every if home.dwelling is not None}
    buildings = {home.building for home in every if home.building is not None}
    pieces: dict[tuple[str, str], list[Equipment]] = defaultdict(list)
    there = or_(col(Equipment.dwelling).in_(dwellings), col(Equipment.building).in_(buildings))
    for piece in await _all(unit, select(Equipment).where(there)):
        for about in {piece.dwelling, piece.building}:
            if about is not None:
                pieces[about, piece.element].append(piece)
    for ticket in tickets:
        home, element = homes[ticket.id], ticket.element
        known = {piece.id: piece for about in (home.dwelling, home.building) if about is not None
                 for piece in pieces.get((about, element), ())}  # fmt: skip
        unit.learn(
            ("equipment", home, element, ticket.place, ticket.noticed_on),
            best_of(known.values(), ticket.place, ticket.noticed_on),
        )


async def _learn_configs(unit: Unit, homes: Iterable[Home]) -> None:
    settings = await _all(
        unit, select(Setting).where(col(Setting.coop) == unit.coop).order_by(col(Setting.building))
    )
    rules = await _all(unit, select(ResponsibilityRule).where(col(ResponsibilityRule.coop) == unit.coop))
    for home in homes:
        concern = (WHOLE_COOP, home.building or WHOLE_COOP)
        unit.learn(
            ("config", home), config_from(home, [row for row in settings if row.building in concern], rules)
        )


async def _learn_days(unit: Unit, homes: Iterable[Home]) -> None:
    homes = list(homes)
    recorded: dict[str, list[Recorded]] = defaultdict(list)
    rows = await unit.session.execute(
        text(_DAYS),
        {
            "abouts": sorted({about for home in homes for about in home.abouts}),
            "occupancies": [home.occupancy for home in homes if home.occupancy is not None],
        },
    )
    for *day, occupancy in rows:
        found = Recorded(*day)
        recorded[found.about or f"inspection {occupancy}"].append(found)
    for home in homes:
        known = [one for about in home.abouts for one in recorded[about]]
        unit.learn(("legal days", home), counting(home, known + recorded[f"inspection {home.occupancy}"]))


async def _all(unit: Unit, query: Select[T]) -> Sequence[T]:
    found: Sequence[T] = (await unit.session.execute(query)).scalars().all()
    return found


async def _alone(unit: Unit, ticket_id: str) -> None:
    try:
        async with unit.part():
            ticket = await unit.session.get_one(Ticket, ticket_id, populate_existing=True)
            await wind_clocks(unit, ticket, await home_of(unit, ticket), await standing_of(unit, ticket))
            await unit.session.flush()
    except Exception as error:
        if is_outage(error):
            raise
        _not_computed(ticket_id)


def _not_computed(ticket_id: str) -> None:
    _LOG.exception("a request's clocks could not be computed", extra={"ticket": ticket_id})
