"""Who told it, when it is not the caller: a person of that household, or a name that staff heard."""

import re

from sqlalchemy import text

from contracts.codes import Role
from services.aftersales.registry import Home
from services.kit.problems import invalid
from services.kit.registry import local_today
from services.kit.unit import Unit
from services.kit.web import Principal

MOST_NAME = 80
"""Characters of a name that somebody gives at the telephone."""
_ID = re.compile(r"[a-z]{3}_\w+")


def is_id(text: str) -> bool:
    """Whether it looks like an id rather than a name."""
    return _ID.fullmatch(text) is not None


async def check(unit: Unit, who: Principal, home: Home, told_by: str | None) -> None:
    """422 unless nobody is named, or somebody of the home's household, or by staff a short name.

    So that a request never comes into another person's copy of their data.
    """
    if told_by is None:
        return
    if is_id(told_by):
        if await _lives_there(unit, home.occupancy, told_by):
            return
        raise invalid("/reported_by", "unknown_person", "Name a person of this household, or leave it out.")
    if who.role is Role.RESIDENT:
        raise invalid("/reported_by", "unknown_person", "Name a person of your household by its id.")
    if len(told_by) > MOST_NAME or not told_by.strip():
        raise invalid("/reported_by", "too_long", "Give a name of 80 characters at most.")


async def _lives_there(unit: Unit, occupancy: str | None, person: str) -> bool:
    found = await unit.session.execute(
        text(
            "SELECT 1 FROM registry.resident WHERE occupancy = :occupancy AND person = :person"
            " AND (until_on IS NULL OR until_on >= :today) LIMIT 1"
        ),
        {"occupancy": occupancy, "person": person, "today": await local_today(unit)},
    )
    return found.first() is not None
