"""How many requests a household opens, and how many sentences it has understood, before it is asked to wait.

Counted in the database: every replica counts the same, and a restart forgets nothing. What is kept is an id
and the instants of the last tries, until the longest window is over. Dangers, staff and simulated
cooperatives have no limit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import text

from contracts.codes import Priority, Role
from services.aftersales.tables import load
from services.kit.i18n import mark as _
from services.kit.principal import Principal
from services.kit.problems import Problem
from services.kit.unit import Unit

_TAKE = """
WITH limited AS (SELECT 1 FROM registry.coop WHERE slug = %(coop)s AND NOT sandbox),
taken AS (
    INSERT INTO aftersales.household_tally AS kept (coop, who, what, instants, last_at)
    SELECT %(coop)s, %(who)s, %(what)s, array_fill(%(at)s::timestamptz, ARRAY[%(times)s::int]), %(at)s
    FROM limited
    ON CONFLICT (coop, who, what) DO UPDATE SET last_at = excluded.last_at,
        instants = ARRAY(SELECT one FROM unnest(kept.instants) AS one WHERE one > %(since)s)
            || excluded.instants
    WHERE (SELECT count(*) FROM unnest(kept.instants) AS one WHERE one > %(since)s) < %(most)s
    RETURNING 1)
SELECT EXISTS (SELECT 1 FROM taken) OR NOT EXISTS (SELECT 1 FROM limited) AS is_free
"""
"""Counted if there is room. Only the household's own row is held, so that of two tries at once, in any two
replicas, the second one sees the first."""
_KEPT = """
SELECT instants FROM aftersales.household_tally
WHERE coop = %(coop)s AND who = %(who)s AND what = %(what)s
  AND EXISTS (SELECT 1 FROM registry.coop WHERE slug = %(coop)s AND NOT sandbox)
"""


@dataclass
class Window:
    """At most `times` in any `seconds`, for each of whoever comes. What is begun within it is finished: three
    things told together may be more."""

    what: str
    times: int
    seconds: int

    def begins(self, at: datetime) -> datetime:
        """What was done until then does not matter any more."""
        return at - timedelta(seconds=self.seconds)

    def wait(self, instants: Sequence[datetime], at: datetime) -> int:
        """Whole seconds until there is room again after these; 0 while there is."""
        recent = sorted(one for one in instants if one > self.begins(at))
        if len(recent) < self.times:
            return 0
        frees = recent[len(recent) - self.times]
        return max(1, ceil((frees - self.begins(at)).total_seconds()))


OPENED = Window("opened", **load("intake/limits")["opened"])
UNDERSTOOD = Window("understood", **load("intake/limits")["understood"])


async def wait_to_open(
    unit: Unit, who: Principal, occupancy: str | None, priorities: Iterable[Priority]
) -> int:
    """Seconds until the household may open these requests; 0 now, and then they are counted.

    A danger is opened whatever came before it.
    """
    wanted = list(priorities)
    if who.role is not Role.RESIDENT or Priority.P0 in wanted:
        return 0
    return await taken(unit, OPENED, occupancy or who.id, len(wanted))


async def wait_to_understand(unit: Unit, who: Principal) -> int:
    """Seconds until the person may have another sentence understood; 0 now, and then it is counted."""
    if who.role is not Role.RESIDENT:
        return 0
    return await taken(unit, UNDERSTOOD, who.id)


async def still_to_wait(unit: Unit, who: Principal, occupancy: str | None) -> int:
    """Seconds until the household can go on with what it was telling; nothing is counted."""
    return max(await _wait(unit, OPENED, occupancy or who.id), await _wait(unit, UNDERSTOOD, who.id))


async def taken(unit: Unit, window: Window, who: str, times: int = 1) -> int:
    """Count it for that household or person, with the rest of the transaction: 0. Seconds to wait where there
    is no room, and then nothing is counted."""
    values = {"what": window.what, "most": window.times, "times": times, "since": window.begins(unit.wall)}
    [row] = await unit.ask(_TAKE, values | {"coop": unit.coop, "who": who, "at": unit.wall})
    return 0 if row.is_free else max(1, await _wait(unit, window, who))


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


async def forget(unit: Unit) -> None:
    """A duty: how often somebody came is kept no longer than it matters."""
    longest = max(OPENED.seconds, UNDERSTOOD.seconds)
    await unit.session.execute(
        text("DELETE FROM aftersales.household_tally WHERE coop = :coop AND last_at <= :before"),
        {"coop": unit.coop, "before": unit.wall - timedelta(seconds=longest)},
    )


async def _wait(unit: Unit, window: Window, who: str) -> int:
    kept = await unit.ask(_KEPT, {"coop": unit.coop, "who": who, "what": window.what})
    return window.wait(kept[0].instants, unit.wall) if kept else 0
