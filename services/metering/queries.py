"""What may be read: a meter's days and curve, who used a household's data, the flow, the quarantine."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text

from contracts.codes import Fluid, Quantity, Reason, Role
from services.kit.principal import Principal
from services.kit.problems import not_found
from services.kit.registry import homes_of
from services.kit.unit import Unit
from services.metering import partitions
from services.metering.days import Calendar
from services.metering.fluids import calendar_of
from services.metering.quarantine import Status

QUANTITIES: dict[Fluid, tuple[Quantity, ...]] = {
    Fluid.ELECTRICITY: (Quantity.ENERGY_IMPORT,),
    Fluid.GAS: (Quantity.ENERGY_IMPORT, Quantity.VOLUME),
    Fluid.WATER: (Quantity.VOLUME,),
    Fluid.HOT_WATER: (Quantity.VOLUME, Quantity.HEAT),
    Fluid.HEAT: (Quantity.HEAT, Quantity.ENERGY_IMPORT),
}
"""What a meter's days are shown in unless asked otherwise: the first that it has."""

_METER = """
SELECT m.id, m.coop, m.dwelling, m.fluid, m.zone, c.business_now
FROM registry.meter m JOIN registry.coop c ON c.slug = m.coop WHERE m.id = :meter
"""
_HAS = """
SELECT quantity FROM metering.series WHERE meter = :meter
UNION SELECT quantity FROM metering.open_day WHERE meter = :meter
"""
# A day of which nothing at all is known was told once, and lost it when an import was taken back; unless a
# person decided so.
_IS_SHOWN = """(coalesce((d.quality ->> 'missing')::int, 0) < d.slots OR EXISTS (
    SELECT 1 FROM metering.edit e
    WHERE e.meter = d.meter AND e.quantity = d.quantity AND e.day = d.day AND e.undone_at IS NULL))"""
_DAYS = """
SELECT day, occupancy, value, slots, quality, cost_eur, cost_reason, peak_va, revision, packed,
       findings
FROM metering.day d WHERE {where} AND {is_shown}
UNION ALL
SELECT o.day, o.occupancy, o.value, o.slots, o.quality, NULL, NULL, NULL, 0, o.packed,
       o.findings
FROM metering.open_day o WHERE {where}
ORDER BY day
"""
_WHERE = """meter = :meter AND quantity = :quantity AND day BETWEEN :first AND :last
  AND (CAST(:occupancies AS text[]) IS NULL OR occupancy = ANY(:occupancies))"""
_NEWEST = f"""
SELECT greatest(
    (SELECT max(day) FROM metering.day d WHERE meter = :meter AND quantity = :quantity AND {_IS_SHOWN}
     AND (CAST(:occupancies AS text[]) IS NULL OR occupancy = ANY(:occupancies))),
    (SELECT max(day) FROM metering.open_day WHERE meter = :meter AND quantity = :quantity
     AND (CAST(:occupancies AS text[]) IS NULL OR occupancy = ANY(:occupancies))))
"""  # noqa: S608 - only a constant is formatted in
_DISAGREEMENTS = """
SELECT d.instant, d.register, r.value_milli AS kept_milli, d.value_milli AS other_milli
FROM metering.disagreement d JOIN metering.reading r
    ON r.meter = d.meter AND r.register = d.register AND r.instant = d.instant
    AND r.utc_day = (d.instant AT TIME ZONE 'UTC')::date
WHERE d.meter = :meter AND d.instant >= :start AND d.instant <= :end
ORDER BY d.instant, d.register, d.value_milli LIMIT 500
"""
_USES = """
SELECT used_on, purpose, actor, why, uses, last_at FROM metering.data_use
WHERE occupancy = :occupancy
  AND (CAST(:after_on AS date) IS NULL
       OR (used_on, purpose, actor, why) < (:after_on, :after_purpose, :after_actor, :after_why))
ORDER BY used_on DESC, purpose DESC, actor DESC, why DESC LIMIT :limit
"""
_FLOW = """
SELECT coalesce(sum(received), 0)::bigint AS received, coalesce(sum(stored), 0)::bigint AS stored,
       coalesce(sum(duplicate), 0)::bigint AS duplicate, coalesce(sum(late), 0)::bigint AS late,
       coalesce(sum(discarded_no_consent), 0)::bigint AS no_consent,
       coalesce(sum(discarded_outside_occupancy), 0)::bigint AS outside,
       count(*) FILTER (WHERE silent_since IS NOT NULL) AS silent
FROM metering.meter_state
"""
_REJECTED = """
SELECT * FROM metering.quarantine
WHERE {where} AND (CAST(:reason AS text) IS NULL OR reason = :reason)
  AND (CAST(:status AS text) IS NULL OR status = :status)
  AND (CAST(:after_at AS timestamptz) IS NULL OR (received_at, id) < (:after_at, :after_id))
ORDER BY received_at DESC, id DESC LIMIT :limit
"""


UsePlace = tuple[date, str, str, str]
"""Day of use, purpose, actor, why: where a page of the ledger ended."""


@dataclass(frozen=True, slots=True)
class Sight:
    """A meter as one caller may see it. `occupancies` bounds what is shown; None: all of it."""

    id: str
    coop: str
    zone: str
    quantity: Quantity
    today: date
    occupancies: list[str] | None
    fluid: Fluid = Fluid.ELECTRICITY

    @property
    def calendar(self) -> Calendar:
        return calendar_of(self.fluid, self.zone)


async def sight(unit: Unit, who: Principal, meter: str, quantity: Quantity | None = None) -> Sight:
    """What `who` may see of a meter. A resident: its own dwelling's, for its own period. Staff: common parts.
    404 otherwise."""
    row = (await unit.session.execute(text(_METER), {"meter": meter})).one_or_none()
    if row is None:
        raise not_found()
    today = calendar_of(Fluid(row.fluid), row.zone).day_of(row.business_now or unit.wall)
    occupancies = None
    is_common = row.dwelling is None and who.role is Role.STAFF
    if who.role is not Role.OPERATOR and not is_common:
        homes = await homes_of(unit, who.person)
        occupancies = [home.occupancy for home in homes if home.dwelling == row.dwelling]
        if not occupancies:
            raise not_found()
    if quantity is None:
        has = await measured(unit, meter)
        quantity = in_order(Fluid(row.fluid), has)[0]
    return Sight(row.id, row.coop, row.zone, quantity, today, occupancies, Fluid(row.fluid))


async def measured(unit: Unit, meter: str) -> set[Quantity]:
    """What the meter has days of."""
    return {Quantity(name) for name in (await unit.session.execute(text(_HAS), {"meter": meter})).scalars()}


def in_order(fluid: Fluid, has: Set[Quantity]) -> tuple[Quantity, ...]:
    """Of what a meter has days of, what it is shown in first, then the others; never empty."""
    usual = [quantity for quantity in QUANTITIES[fluid] if quantity in has]
    others = [quantity for quantity in Quantity if quantity in has and quantity not in usual]
    return (*usual, *others) or QUANTITIES[fluid][:1]


async def days(unit: Unit, seen: Sight, first: date, last: date) -> Sequence[Any]:
    """Closed days, and with revision 0 those still open, from `first` to `last` inclusive."""
    rows = await unit.session.execute(
        text(_DAYS.format(where=_WHERE, is_shown=_IS_SHOWN)),
        {
            "meter": seen.id, "quantity": seen.quantity.value, "first": first, "last": last,
            "occupancies": seen.occupancies,
        },
    )  # fmt: skip
    return rows.all()


async def newest_day(unit: Unit, seen: Sight) -> date | None:
    """The latest day of which anything is known."""
    rows = await unit.session.execute(
        text(_NEWEST), {"meter": seen.id, "quantity": seen.quantity.value, "occupancies": seen.occupancies}
    )
    found: date | None = rows.scalar_one()
    return found


async def disagreements(unit: Unit, seen: Sight, day: date) -> Sequence[Any]:
    """Values of that day that were sent again with another value: the first stands."""
    civil = seen.calendar.day(day)
    rows = await unit.session.execute(
        text(_DISAGREEMENTS), {"meter": seen.id, "start": civil.starts_at, "end": civil.ends_at}
    )
    return rows.all()


async def data_uses(unit: Unit, occupancy: str, limit: int, after: UsePlace | None) -> Sequence[Any]:
    """The ledger of one occupancy, latest first."""
    on, purpose, actor, why = after or (None, None, None, None)
    rows = await unit.session.execute(
        text(_USES),
        {
            "occupancy": occupancy, "limit": limit, "after_on": on, "after_purpose": purpose,
            "after_actor": actor, "after_why": why,
        },
    )  # fmt: skip
    return rows.all()


def use_place(after: list[Any] | None) -> UsePlace | None:
    """The cursor of a page of the ledger as its sort key."""
    return (date.fromisoformat(after[0]), str(after[1]), str(after[2]), str(after[3])) if after else None


async def flow(unit: Unit) -> dict[str, Any]:
    """Counts of readings and meters over what the caller sees, and how far settling lags."""
    one = unit.session.execute
    counts = (await one(text(_FLOW))).one()
    waiting = (
        await one(
            text(
                "SELECT count(*) FILTER (WHERE status <> 'retried') AS rejected,"  # noqa: S608
                " count(*) FILTER (WHERE codec = 'reading' AND status <> 'retried') AS unplaced"
                f" FROM metering.quarantine WHERE {_of_coop(unit)}"
            ),
            {"coop": unit.coop},
        )
    ).one()
    meters = (await one(text("SELECT count(*) FROM registry.meter"))).scalar_one()
    oldest = (await one(text("SELECT min(marked_at) FROM metering.dirty_day"))).scalar_one()
    without_partition = await partitions.count_missing(unit)
    return {
        "readings_received": counts.received + waiting.unplaced,
        "readings_stored": counts.stored,
        "readings_duplicate": counts.duplicate,
        "readings_late": counts.late,
        "readings_rejected": waiting.rejected,
        "readings_discarded": {"no_consent": counts.no_consent, "outside_occupancy": counts.outside},
        "meters": meters,
        "meters_silent": counts.silent,
        "readings_without_partition": without_partition,
        "lag_seconds": max(0.0, (unit.wall - oldest).total_seconds()) if oldest else 0.0,
    }


async def rejected(
    unit: Unit,
    limit: int,
    reason: Reason | None = None,
    status: Status | None = None,
    after: tuple[datetime, str] | None = None,
) -> Sequence[Any]:
    """The quarantine, latest first."""
    at, id = after or (None, None)
    rows = await unit.session.execute(
        text(_REJECTED.format(where=_of_coop(unit))),
        {
            "limit": limit, "reason": reason, "status": status, "after_at": at, "after_id": id,
            "coop": unit.coop,
        },
    )  # fmt: skip
    return rows.all()


def _of_coop(unit: Unit) -> str:
    """Row-level security shows no other cooperative's rows; said once more, an index finds them."""
    return "coop = CAST(:coop AS text)" if unit.coop else "CAST(:coop AS text) IS NULL"


async def one_rejected(unit: Unit, id: str) -> Any:
    """One row of the quarantine, locked; 404 when the caller may not know of it."""
    row = (
        await unit.session.execute(
            text("SELECT * FROM metering.quarantine WHERE id = :id FOR UPDATE"), {"id": id}
        )
    ).one_or_none()
    if row is None:
        raise not_found()
    return row
