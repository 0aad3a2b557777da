"""Making an edit, undoing it, and the history of both: who, when and why."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from sqlalchemy import text

from contracts.codes import EditKind, Purpose, Quantity
from services.kit.i18n import mark as _
from services.kit.ids import new_id
from services.kit.principal import Principal
from services.kit.problems import conflict, invalid, not_found
from services.kit.unit import Unit
from services.metering import ledger, marking, queries, registry
from services.metering.days import SLOT_US
from services.metering.drafts import facts_of
from services.metering.meter_locks import wait_for_meter
from services.metering.queries import Sight
from services.metering.retention import readings_are_gone
from services.metering.touching import SETTLED_BY

LARGEST_VALUE = 100_000_000
"""Whole units of one half-hour: far beyond any meter here, within what every reader can hold."""
_MAKE = """
INSERT INTO metering.edit (id, coop, meter, quantity, day, occupancy, first_slot, last_slot, kind, amounts,
    why, made_by, made_at)
VALUES (:id, :coop, :meter, :quantity, :day, :occupancy, :first_slot, :last_slot, :kind,
    CAST(:amounts AS jsonb), :why, :made_by, :made_at)
"""
_UNDO = """
UPDATE metering.edit SET undone_by = :by, undone_at = :at, undone_why = :why WHERE id = :id
"""
_MADE = """
SELECT * FROM metering.edit
WHERE meter = :meter AND quantity = :quantity
  AND (CAST(:day AS date) IS NULL OR day = :day)
  AND (CAST(:occupancies AS text[]) IS NULL OR occupancy = ANY(:occupancies))
  AND (CAST(:after AS text) IS NULL OR id < :after)
ORDER BY id DESC LIMIT :limit
"""
_IS_FROZEN = f"""
SELECT d.is_frozen OR {readings_are_gone("d", around_days=0)}
FROM metering.day d WHERE d.meter = :meter AND d.quantity = :quantity AND d.day = :day
UNION ALL
SELECT false FROM metering.open_day WHERE meter = :meter AND quantity = :quantity AND day = :day
LIMIT 1
"""  # noqa: S608 - only a constant is formatted in
_FINAL = f"""
SELECT d.day FROM metering.day d
WHERE d.meter = :meter AND d.quantity = :quantity AND d.day = ANY(:days)
  AND (d.is_frozen OR {readings_are_gone("d", around_days=0)})
"""  # noqa: S608 - only a constant is formatted in


@dataclass(frozen=True, slots=True)
class Wanted:
    """An edit as a person asks for it; both slots are inside. `total` is spread evenly over them."""

    day: date
    first_slot: int
    last_slot: int
    kind: EditKind
    why: str
    values: tuple[int | None, ...] | None = None
    total: int | None = None


async def make(unit: Unit, who: Principal, seen: Sight, wanted: Wanted) -> str:
    """Decide about some half-hours; the day is settled and told again. Returns the edit's id.

    409 where the household's half-hours may not be kept, nobody lives there, or the readings are gone; 422
    where no half-hour there can hold as much.
    """
    amounts = _amounts(seen, wanted)
    highest = max((amount or 0 for amount in amounts or ()), default=0)
    occupancy = await _ground(unit, seen, wanted.day, wanted.kind, highest)
    id = new_id("edt")
    await unit.session.execute(
        text(_MAKE),
        {
            "id": id, "coop": seen.coop, "meter": seen.id, "quantity": seen.quantity.value,
            "day": wanted.day, "occupancy": occupancy, "first_slot": wanted.first_slot,
            "last_slot": wanted.last_slot, "kind": wanted.kind.value,
            "amounts": None if amounts is None else _json(amounts), "why": wanted.why, "made_by": who.id,
            "made_at": unit.wall,
        },
    )  # fmt: skip
    await _took_effect(unit, who, seen, wanted.day, occupancy)
    return id


async def undo(unit: Unit, who: Principal, id: str, why: str) -> Any:
    """What was there before stands again. Returns the edit; 404 when unknown, 409 when undone already."""
    row = await one(unit, id)
    if row.undone_at is not None:
        raise conflict("already_undone", _("This edit was undone already."))
    seen = await queries.sight(unit, who, row.meter, Quantity(row.quantity))
    if unit.coop is None:
        await unit.enter(seen.coop)
    await _ground(unit, seen, row.day, None)
    await unit.session.execute(text(_UNDO), {"id": id, "by": who.id, "at": unit.wall, "why": why})
    await _took_effect(unit, who, seen, row.day, row.occupancy)
    return await one(unit, id)


async def final_days(unit: Unit, seen: Sight, days: Collection[date]) -> frozenset[date]:
    """Those of `days` whose readings are gone: nothing can be decided about them, and nothing undone."""
    values = {"meter": seen.id, "quantity": seen.quantity.value, "days": sorted(set(days))}
    found = await unit.session.execute(text(_FINAL), values)
    return frozenset(found.scalars())


async def one(unit: Unit, id: str) -> Any:
    """One edit, locked; 404 when the caller may not know of it."""
    rows = await unit.session.execute(
        text("SELECT * FROM metering.edit WHERE id = :id FOR UPDATE"), {"id": id}
    )
    row = rows.one_or_none()
    if row is None:
        raise not_found()
    return row


async def history(
    unit: Unit, seen: Sight, limit: int, *, day: date | None = None, after: str | None = None
) -> Sequence[Any]:
    """The edits of a meter, or of one of its days, latest first, those undone too."""
    rows = await unit.session.execute(
        text(_MADE),
        {
            "meter": seen.id, "quantity": seen.quantity.value, "day": day, "occupancies": seen.occupancies,
            "after": after, "limit": limit,
        },
    )  # fmt: skip
    return rows.all()


def spread(total: int, slots: int) -> tuple[int, ...]:
    """`total` over so many half-hours as evenly as whole units allow; the parts add up to it."""
    bounds = [(2 * total * slot + slots) // (2 * slots) for slot in range(slots + 1)]
    return tuple(after - before for before, after in pairwise(bounds))


def _amounts(seen: Sight, wanted: Wanted) -> tuple[int | None, ...] | None:
    """The values of a `set`, checked. 422 names the field that is wrong."""
    slots = seen.calendar.day(wanted.day).slots
    if seen.quantity not in SETTLED_BY.values():
        raise invalid("/quantity", "not_settled", _("This quantity has no half-hours."))
    if wanted.day > seen.today:
        raise invalid("/day", "in_future", _("The day has not begun."))
    if wanted.first_slot > wanted.last_slot:
        raise invalid("/from_slot", "after_to", _("`from_slot` is after `to_slot`."))
    if wanted.last_slot >= slots:
        raise invalid(
            "/to_slot", "beyond_the_day", _("This day has %(slots)s half-hours, counted from 0."), slots=slots
        )
    count = wanted.last_slot - wanted.first_slot + 1
    if wanted.kind is not EditKind.SET:
        if wanted.values is not None or wanted.total is not None:
            raise invalid("/values", "not_for_this_kind", _("Only `set` takes values."))
        return None
    if (wanted.values is None) == (wanted.total is None):
        raise invalid("/values", "values_missing", _("`set` takes either `values` or a `total`."))
    if wanted.total is not None:
        return spread(wanted.total, count)
    if wanted.values is not None and len(wanted.values) != count:
        raise invalid("/values", "wrong_count", _("Give %(count)s values, one per half-hour."), count=count)
    return wanted.values


async def _ground(unit: Unit, seen: Sight, day: date, kind: EditKind | None, highest: int = 0) -> str | None:
    """The household whose day it is, None for a common part; 409 where its half-hours may not be kept, 422
    where no half-hour can hold `highest`: someone wrote Wh for kWh."""
    await wait_for_meter(unit, seen.id)  # what a withdrawal deletes is not written again behind its back
    meter = (await registry.meters(unit, [seen.id], contracts=True))[seen.id]
    occupancy = meter.occupancy_on(day)
    if meter.dwelling is not None:
        if occupancy is None:
            raise conflict("outside_occupancy", _("Nobody lived there on that day."))
        if not occupancy.may_keep_slots:
            raise conflict("no_half_hours", _("The household does not let half-hours be kept."))
    rules = facts_of(meter, seen.quantity, seen.calendar.day(day)).thresholds(day, seen.quantity)
    if highest > rules.most_units(SLOT_US):
        raise invalid(
            "/values", "beyond_the_possible", _("More than this installation can use in half an hour.")
        )
    key = {"meter": seen.id, "quantity": seen.quantity.value, "day": day}
    is_frozen = (await unit.session.execute(text(_IS_FROZEN), key)).scalar_one_or_none()
    if is_frozen:
        raise conflict("frozen", _("The readings of this day are gone: it can no longer change."))
    if is_frozen is None and kind in (EditKind.CONFIRM, EditKind.DISCARD):
        raise conflict(
            "nothing_measured", _("Nothing was measured on this day."), legal_actions=[EditKind.SET]
        )
    return occupancy.id if occupancy else None


async def _took_effect(unit: Unit, who: Principal, seen: Sight, day: date, occupancy: str | None) -> None:
    await marking.one(unit, seen.coop, seen.id, seen.quantity, day)
    if occupancy:
        use = ledger.Use(occupancy, seen.today, Purpose.HALF_HOURLY, who.id, seen.coop, ledger.EDITED)
        await ledger.note(unit, Counter([use]))


def _json(amounts: tuple[int | None, ...]) -> str:
    return "[" + ",".join("null" if amount is None else str(amount) for amount in amounts) + "]"
