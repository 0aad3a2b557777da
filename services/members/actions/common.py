"""Helpers of several actions: an object of the caller's cooperative or 404, and today's civil day."""

from datetime import date
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from services.kit.problems import not_found
from services.kit.unit import Unit


class Owned(Protocol):
    coop: str


T = TypeVar("T", bound=Owned)


async def owned(unit: Unit, kind: type[T], key: object, lock: bool = False) -> T:
    """The row, with the unit working for its cooperative from here on. 404 when it is another's."""
    row = await unit.session.get(kind, key, with_for_update=lock or None)
    if row is None:
        raise not_found()
    if unit.coop is None:
        await unit.enter(row.coop)
    elif unit.coop != row.coop:
        raise not_found()
    return row


def today(unit: Unit, zone: str) -> date:
    """The civil day of the unit's business time."""
    return unit.now.astimezone(ZoneInfo(zone)).date()
