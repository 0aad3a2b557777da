"""What is asked before anything else, and the numbers to call: everybody's, and the cooperative's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlmodel import col, select

from services.aftersales.model import WHOLE_COOP, Setting
from services.aftersales.public_contact import contact_of
from services.aftersales.tables import load
from services.aftersales.words import word
from services.kit.registry import local_today, staff
from services.kit.unit import Unit

SETTING = "emergency_numbers"
"""Name of the setting, by cooperative and building: the name of a number to the number."""
OWN = "own"
ANY = "any"
"""The number for whatever has none of its own."""


@dataclass(frozen=True)
class Danger:
    """A situation in which one calls before one writes; what is recorded of it afterwards."""

    code: str
    element: str
    symptom: str
    place: str
    first: Mapping[str, str]
    """What to do before anything else, in one line, by language."""
    advice: Mapping[str, str]
    """What else to do, by language."""
    calls: tuple[str, ...]
    """Whom to call, in this order: `own`, the cooperative, or a number of the table `calls`."""
    own_number: str | None
    """The name of the cooperative's number that comes before it."""
    is_asked: bool
    """False: known from the household's words only."""
    is_call_first: bool


@dataclass(frozen=True)
class Number:
    """A number to call, and what it is for in the reader's language."""

    call: str
    label: str
    is_public: bool = False
    """True for a public service, False for the cooperative."""
    is_day_and_night: bool = False
    """Of the cooperative's: it gave this number for emergencies."""


@cache
def safety() -> tuple[Danger, ...]:
    """All dangers, in the order in which they are asked."""
    emergencies = load("priority")["emergencies"]
    return tuple(_danger(row, emergencies) for row in load("intake/safety")["dangers"])


def danger_of(code: str) -> Danger | None:
    """The danger of that code; None for any other."""
    return next((danger for danger in safety() if danger.code == code), None)


def number_names() -> list[str]:
    """What a cooperative may give numbers for."""
    return list(load("intake/safety")["numbers"])


async def own_number(unit: Unit, building: str | None, name: str | None) -> str | None:
    """The building's own number, else the cooperative's; of that name, else the one for everything."""
    if name is None:
        return None
    rows = await unit.session.execute(
        select(Setting).where(
            col(Setting.coop) == unit.coop,
            col(Setting.name) == SETTING,
            col(Setting.building).in_([WHOLE_COOP, building or WHOLE_COOP]),
        )
    )
    by_building = {row.building: dict(row.value or {}) for row in rows.scalars()}
    for wanted in (name, ANY):
        for where in (building or WHOLE_COOP, WHOLE_COOP):
            if number := by_building.get(where, {}).get(wanted):
                return str(number)
    return None


async def numbers(unit: Unit, danger: Danger, building: str | None, language: str) -> list[Number]:
    """Whom to call for that danger, most fitting first, each with what it is for."""
    found = []
    for name in danger.calls:
        if name != OWN:
            found.append(_public(name, await local_today(unit), language))
        elif own := await own_number(unit, building, danger.own_number):
            found.append(Number(own, word("intake", "call_own", language), is_day_and_night=True))
        elif office := await office_number(unit, building):
            found.append(Number(office, word("intake", "call_office", language)))
    return [one for one in found if one is not None]


def _public(name: str, on: date, language: str) -> Number | None:
    row = load("intake/safety")["calls"][name]
    return Number(row["call"], row[language], is_public=True) if row["valid_from"] <= on else None


async def office_number(unit: Unit, building: str | None) -> str | None:
    """Where a person of the cooperative is reached: by day and night, else as it publishes, else by name."""
    own = await own_number(unit, building, ANY)
    if own is None and unit.coop is not None:
        published = await contact_of(unit, unit.coop)
        own = published.phone if published else None
    phones = [one.phone for one in await staff(unit, unit.coop) if one.phone and one.role == "staff"]
    return own or next(iter(phones), None)


def _danger(row: Mapping[str, Any], emergencies: Mapping[str, Any]) -> Danger:
    advice = emergencies[row["advice"]] if "advice" in row else row
    return Danger(
        code=row["code"],
        element=row["element"],
        symptom=row["symptom"],
        place=row["place"],
        first=row["first"],
        advice={language: advice[language] for language in ("fr", "en")},
        calls=tuple(row["calls"]),
        own_number=row.get("number"),
        is_asked=row.get("asked", True),
        is_call_first=row.get("call_first", True),
    )
