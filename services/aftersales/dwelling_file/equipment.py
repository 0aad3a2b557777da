"""Equipment with its own day of installation: what is recorded, and which piece a request is about."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast

from sqlmodel import col, or_, select

from services.aftersales.dwelling_file.facts import EquipmentRegime, Installed
from services.aftersales.dwelling_file.model import Equipment
from services.aftersales.past_days import check_past
from services.aftersales.tables import load
from services.aftersales.taxonomy import taxonomy
from services.aftersales.warranty import Dates
from services.kit.ids import new_id
from services.kit.problems import invalid, not_found
from services.kit.unit import Unit


@dataclass(frozen=True)
class Where:
    """Whose equipment: a dwelling's, or a building's for what is shared."""

    dwelling: str | None = None
    building: str | None = None


async def of(
    unit: Unit,
    dwelling: str | None,
    element: str,
    place: str | None = None,
    *,
    building: str | None = None,
    on: date | None = None,
) -> Installed | None:
    """The equipment that stands for `element` there on civil day `on`: that place's first, then the newest.

    None when none is recorded: the element then came with the works.
    """
    rows = await unit.session.execute(
        select(Equipment).where(
            col(Equipment.element) == element,
            or_(
                *(
                    column == value
                    for column, value in (
                        (col(Equipment.dwelling), dwelling),
                        (col(Equipment.building), building),
                    )
                    if value is not None
                )
            ),
        )
    ) if dwelling or building else None  # fmt: skip
    return best_of(list(rows.scalars()) if rows else (), place, on)


def best_of(rows: Iterable[Equipment], place: str | None, on: date | None) -> Installed | None:
    """Which of the pieces that are recorded for an element stands there on that day, as `of` says."""
    known = [
        row
        for row in rows
        if (on is None or row.installed_on <= on)
        and (row.ended_on is None or (on is not None and on <= row.ended_on))
        and _is_there(row, place)
    ]
    best = max(
        known,
        key=lambda row: (row.place is not None and row.place == place, row.dwelling is not None,
                         row.installed_on, row.id),
        default=None,
    )  # fmt: skip
    return installed(best) if best else None


def _is_there(row: Equipment, place: str | None) -> bool:
    """Whether the piece may be the one that is meant. What is shared is reported from anywhere."""
    if row.building is not None or row.element in load("dwelling_file/equipment")["one_per_home"]:
        return True
    return row.place is None or place is None or row.place == place


def warranty_dates(dates: Dates, found: Installed | None) -> Dates:
    """The dates that count for an element, given the equipment that stands for it."""
    if found is None or found.regime == "works":
        return dates
    if found.regime == "ouvrage":
        return replace(
            dates, reception_on=found.installed_on, livraison_on=None, installed_on=None, is_own_work=True
        )
    return replace(dates, installed_on=found.installed_on, contract_ends_on=found.contract_ends_on)


async def listed(unit: Unit, where: Where, *, with_ended: bool = True) -> list[Equipment]:
    """What is recorded there, what still stands first, the newest first."""
    rows = await unit.session.execute(
        select(Equipment).where(
            col(Equipment.dwelling) == where.dwelling
            if where.dwelling
            else col(Equipment.building) == where.building
        )
    )
    found = [row for row in rows.scalars() if with_ended or row.ended_on is None]
    return sorted(found, key=lambda row: (row.ended_on is not None, -row.installed_on.toordinal(), row.id))


async def add(
    unit: Unit, where: Where, reception_on: date | None, by: str, facts: dict[str, Any]
) -> Equipment:
    """Record a piece. Left to itself, what came after the réception is under its installer's contract.

    A piece of the same element and place that still stands is ended the day before, when `replaces` it.
    """
    assert unit.coop is not None
    replaces = facts.pop("replaces", None)
    regime = facts.pop("warranty_regime", None) or usual_regime(facts["installed_on"], reception_on)
    row = Equipment(
        id=new_id("equ"),
        coop=unit.coop,
        dwelling=where.dwelling,
        building=where.building,
        warranty_regime=regime,
        recorded_by=by,
        recorded_at=unit.now,
        **facts,
    )
    await _check(unit, row)
    if replaces is not None:
        old = await one(unit, where, replaces)
        if old.installed_on > row.installed_on:
            raise invalid("/replaces", "installed_later", "What it replaces was installed after it.")
        old.ended_on, old.changed_by, old.changed_at = row.installed_on, by, unit.now
    unit.session.add(row)
    await unit.session.flush()
    unit.forget()
    return row


async def change(unit: Unit, where: Where, equipment: str, by: str, facts: dict[str, Any]) -> Equipment:
    """Correct what is recorded; None empties a field that may be empty."""
    row = await one(unit, where, equipment)
    for name, value in facts.items():
        if value is None and name in ("element", "installed_on", "warranty_regime"):
            raise invalid(f"/{name}", "required", "This cannot be emptied.")
        setattr(row, name, value)
    row.changed_by, row.changed_at = by, unit.now
    await _check(unit, row)
    await unit.session.flush()
    unit.forget()
    return row


async def one(unit: Unit, where: Where, equipment: str) -> Equipment:
    """404 when it is not recorded there."""
    row = await unit.session.get(Equipment, equipment)
    if row is None or (row.dwelling, row.building) != (where.dwelling, where.building):
        raise not_found()
    return row


def usual_regime(installed_on: date, reception_on: date | None) -> EquipmentRegime:
    """What stood at the réception belongs to the works; without a réception date nobody can say so."""
    return "works" if reception_on is not None and installed_on <= reception_on else "contract"


def installed(row: Equipment) -> Installed:
    return Installed(
        row.id,
        row.element,
        row.installed_on,
        cast(EquipmentRegime, row.warranty_regime),
        row.place,
        row.contract_ends_on,
    )


async def _check(unit: Unit, row: Equipment) -> None:
    known = taxonomy()
    await check_past(unit, "/installed_on", row.installed_on)
    if row.element not in known.elements:
        raise invalid("/element", "unknown_code", "Use an element of GET /taxonomy.")
    if row.place is not None and row.place not in known.places:
        raise invalid("/place", "unknown_code", "Use a place of GET /taxonomy.")
    for name in ("ended_on", "contract_ends_on"):
        value = getattr(row, name)
        if value is not None and value < row.installed_on:
            raise invalid(f"/{name}", "before_installation", "It cannot end before it was installed.")
