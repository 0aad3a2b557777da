"""How many requests a household opens, and how many sentences it has understood, before it is asked to wait.

Counted in memory, by each portal process for itself. Dangers, staff and simulated cooperatives have no limit.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import ceil

from sqlalchemy import text

from contracts.codes import Priority, Role
from services.aftersales.tables import load
from services.kit.i18n import mark as _
from services.kit.principal import Principal
from services.kit.problems import Problem
from services.kit.unit import Unit

MOST_KEPT = 20_000
"""Households remembered at a time; those not heard of for longest are forgotten first."""


@dataclass
class Window:
    """At most `times` in any `seconds`, for each of whoever comes."""

    times: int
    seconds: int
    _seen: OrderedDict[tuple[str, str], deque[float]] = field(default_factory=OrderedDict)

    def wait(self, who: tuple[str, str], at: float) -> int:
        """Whole seconds until there is room again; 0 while there is."""
        recent = [one for one in self._seen.get(who, ()) if one > at - self.seconds]
        return 0 if len(recent) < self.times else max(1, ceil(recent[0] + self.seconds - at))

    def count(self, who: tuple[str, str], at: float, times: int = 1) -> None:
        """Remember that it was done; what is older than the latest `times` does not matter any more."""
        seen = self._seen.setdefault(who, deque(maxlen=self.times))
        seen.extend([at] * times)
        self._seen.move_to_end(who)
        while len(self._seen) > MOST_KEPT:
            self._seen.popitem(last=False)

    def forget(self) -> None:
        self._seen.clear()


OPENED = Window(**load("intake/limits")["opened"])
UNDERSTOOD = Window(**load("intake/limits")["understood"])


async def wait_to_open(
    unit: Unit, who: Principal, occupancy: str | None, priorities: Iterable[Priority]
) -> int:
    """Seconds until the household may open these requests; 0 now, and then they are counted.

    A danger is opened whatever came before it.
    """
    wanted = list(priorities)
    key = (unit.coop or "", occupancy or who.id)
    if who.role is not Role.RESIDENT or Priority.P0 in wanted:
        return 0
    return await _taken(unit, OPENED, key, len(wanted))


async def wait_to_understand(unit: Unit, who: Principal) -> int:
    """Seconds until the person may have another sentence understood; 0 now, and then it is counted."""
    if who.role is not Role.RESIDENT:
        return 0
    return await _taken(unit, UNDERSTOOD, (unit.coop or "", who.id), 1)


async def still_to_wait(unit: Unit, who: Principal, occupancy: str | None) -> int:
    """Seconds until the household can go on with what it was telling; nothing is counted."""
    at, coop = unit.wall.timestamp(), unit.coop or ""
    wait = max(OPENED.wait((coop, occupancy or who.id), at), UNDERSTOOD.wait((coop, who.id), at))
    return wait if wait and not await _is_simulated(unit) else 0


def too_many(wait: int) -> Problem:
    """429 with when there is room again, and the words that a person is there meanwhile."""
    return Problem(
        429,
        "too_many_reports",
        _("That is more than a household usually reports. Wait %(minutes)s min, or call your cooperative."),
        headers={"Retry-After": str(wait)},
        figures={"minutes": -(-wait // 60)},
        retry_after_s=wait,
    )


async def _taken(unit: Unit, window: Window, key: tuple[str, str], times: int) -> int:
    at = unit.wall.timestamp()
    wait = window.wait(key, at)
    if wait and await _is_simulated(unit):
        wait = 0
    if not wait:
        window.count(key, at, times)
    return wait


async def _is_simulated(unit: Unit) -> bool:
    found = await unit.session.execute(
        text("SELECT sandbox FROM registry.coop WHERE slug = :coop"), {"coop": unit.coop}
    )
    return bool(found.scalar_one_or_none())
