"""What metering asks the `members` room's views: meters, who lives there, what they allow, contracts."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from sqlalchemy import text

from contracts.codes import Fluid, Purpose, Quantity, TariffKind
from contracts.units import GasFactor
from services.kit.unit import Unit
from services.metering.admission import Ground, Stay
from services.metering.days import Calendar
from services.metering.fluids import calendar_of
from services.metering.tariffs import Contract

_METERS = """
SELECT m.id, m.coop, m.dwelling, m.fluid, m.zone, c.sandbox, c.business_now
FROM registry.meter m JOIN registry.coop c ON c.slug = m.coop WHERE m.id = ANY(:meters)
"""
_OCCUPANCIES = """
SELECT o.id, o.dwelling, o.starts_at, o.ends_at, o.moved_in_on, o.moved_out_on,
       array(SELECT c.purpose FROM registry.consent c WHERE c.occupancy = o.id) AS purposes
FROM registry.occupancy o WHERE o.dwelling = ANY(:dwellings) ORDER BY o.starts_at, o.id
"""
_CONTRACTS = """
SELECT meter, valid_from, tariff, subscribed_kva, offpeak, prices, gas_kwh_m3
FROM registry.contract WHERE meter = ANY(:meters) ORDER BY meter, valid_from
"""
_EXCHANGES = """
SELECT meter, quantity, exchanged_on, exchanged_at, old_milli,
       new_milli
FROM registry.exchange WHERE meter = ANY(:meters) ORDER BY meter, exchanged_on, id
"""
_CHANNELS = """
SELECT gateway, channel, meter FROM registry.channel
WHERE gateway = ANY(:gateways) AND channel = ANY(:channels)
"""


@dataclass(frozen=True, slots=True)
class Exchange:
    """Another register counts at the meter's place from `at` on: the instant where it was noted, else some
    time on that civil day. Indices in thousandths of the unit, where they were read."""

    at: datetime | date
    quantity: Quantity
    old_milli: int | None
    new_milli: int | None


@dataclass(frozen=True, slots=True)
class Occupancy:
    id: str
    starts_at: datetime
    ends_at: datetime | None
    first_day: date
    last_day: date | None
    purposes: frozenset[str]

    def by(self, calendar: Calendar) -> "Occupancy":
        """From and to where the days of a meter begin: the gas of a household's first morning, before six,
        is the day before's."""
        if not calendar.first_hour:
            return self
        after = None if self.last_day is None else calendar.day(self.last_day).ends_at
        return replace(self, starts_at=calendar.day(self.first_day).starts_at, ends_at=after)

    @property
    def may_keep_days(self) -> bool:
        return bool(self.purposes & {Purpose.DAILY, Purpose.HALF_HOURLY})

    @property
    def may_keep_slots(self) -> bool:
        return Purpose.HALF_HOURLY in self.purposes

    def covers(self, day: date) -> bool:
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


@dataclass(slots=True)
class Meter:
    id: str
    coop: str
    dwelling: str | None
    fluid: Fluid
    zone: str
    business_now: datetime | None
    """A sandbox's own clock; None means wall time."""
    occupancies: list[Occupancy] = field(default_factory=list)
    contracts: list[Contract] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    """In time order; asked for with the contracts."""

    @property
    def calendar(self) -> Calendar:
        return calendar_of(self.fluid, self.zone)

    @property
    def ground(self) -> Ground:
        if self.dwelling is None:
            return Ground(self.coop, self.calendar, None)
        stays = [Stay(o.starts_at, o.ends_at, o.may_keep_days) for o in self.occupancies]
        return Ground(self.coop, self.calendar, stays)

    def occupancy_on(self, day: date) -> Occupancy | None:
        """The household of `day`; on a day that two share, the one that moved in."""
        return next((o for o in reversed(self.occupancies) if o.covers(day)), None)


async def meters(unit: Unit, ids: Iterable[str], *, contracts: bool = False) -> dict[str, Meter]:
    """The meters that exist, with their households and, when asked for, contracts and exchanges."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    rows = await unit.session.execute(text(_METERS), {"meters": wanted})
    found = {
        row.id: Meter(row.id, row.coop, row.dwelling, Fluid(row.fluid), row.zone, row.business_now)
        for row in rows
    }
    await _add_occupancies(unit, found)
    if contracts:
        for row in await unit.session.execute(text(_CONTRACTS), {"meters": wanted}):
            if row.meter in found:
                found[row.meter].contracts.append(
                    Contract(
                        row.valid_from, TariffKind(row.tariff), row.subscribed_kva,
                        tuple(row.offpeak or ()), row.prices,
                        None if row.gas_kwh_m3 is None else GasFactor.of_kwh_per_m3(row.gas_kwh_m3),
                    )
                )  # fmt: skip
        for row in await unit.session.execute(text(_EXCHANGES), {"meters": wanted}):
            if row.meter in found:
                found[row.meter].exchanges.append(
                    Exchange(
                        row.exchanged_at or row.exchanged_on, Quantity(row.quantity),
                        row.old_milli, row.new_milli,
                    )
                )  # fmt: skip
    return found


async def channels(unit: Unit, named: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """(gateway, channel) to meter, for those that are mapped."""
    pairs = {(gateway, channel) for gateway, channel in named if "\x00" not in channel}
    if not pairs:
        return {}
    rows = await unit.session.execute(
        text(_CHANNELS),
        {"gateways": sorted({g for g, _ in pairs}), "channels": sorted({c for _, c in pairs})},
    )
    return {(row.gateway, row.channel): row.meter for row in rows}


async def _add_occupancies(unit: Unit, found: dict[str, Meter]) -> None:
    dwellings = sorted({meter.dwelling for meter in found.values() if meter.dwelling})
    if not dwellings:
        return
    by_dwelling: dict[str, list[Occupancy]] = defaultdict(list)
    for row in await unit.session.execute(text(_OCCUPANCIES), {"dwellings": dwellings}):
        by_dwelling[row.dwelling].append(
            Occupancy(
                row.id, row.starts_at, row.ends_at, row.moved_in_on, row.moved_out_on, frozenset(row.purposes)
            )
        )
    for meter in found.values():
        if meter.dwelling:
            meter.occupancies = [one.by(meter.calendar) for one in by_dwelling[meter.dwelling]]
