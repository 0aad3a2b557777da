"""Plays one file into one meter, at any speed, and says what became of it."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import track

from contracts.codes import UNIT_OF, Fluid, Quantity, Unit
from deploy.player_scripts import Series, by_day, contract_for
from deploy.replay_places import Place, Tenancy
from deploy.words import _
from services.metering.fluids import calendar_of
from simulators import feeds
from simulators.feeds import Interval
from simulators.fleet import Fleet
from simulators.publications import Publication

STORE_PATIENCE_S = 300.0
CALM_S = 15.0
"""The days are taken as they are when all has arrived and nothing changed for so long."""
POLL_S = 0.3
DAYS_AT_ONCE = 1_000


@dataclass(frozen=True)
class Feed:
    """One file to play, its days civil days of `zone`."""

    name: str
    intervals: list[Interval]
    zone: str
    quantity: Quantity = Quantity.ENERGY_IMPORT
    fluid: Fluid = Fluid.ELECTRICITY

    @property
    def energy_wh(self) -> int:
        return feeds.whole(sum(one.energy_milli for one in self.intervals))

    @property
    def days_wh(self) -> dict[date, int]:
        """Energy of each civil day; the days add up to the whole exactly."""
        return by_day(self.intervals, calendar_of(self.fluid, self.zone))

    @property
    def tenancy(self) -> Tenancy:
        first = calendar_of(self.fluid, self.zone).day_of(self.intervals[0].start)
        contract = contract_for(self.fluid, [Series(self.quantity, self.intervals)])
        return Tenancy(first, self.intervals[-1].end, self.fluid, contract=contract)

    def summary(self) -> str:
        """The dry run: what would be played."""
        local = ZoneInfo(self.zone)
        first, last = self.intervals[0].start.astimezone(local), self.intervals[-1].end.astimezone(local)
        return _("{name}: {n} intervals of {step} s, {amount}, from {first} to {last}").format(
            name=self.name, n=len(self.intervals), step=self.intervals[0].step_s,
            amount=amount(self.energy_wh, self.quantity), first=f"{first:%Y-%m-%d %H:%M}",
            last=f"{last:%Y-%m-%d %H:%M}",
        )  # fmt: skip

    def publications(self, place: Place, as_registers: bool) -> Iterator[Publication]:
        if as_registers or not Series(self.quantity, self.intervals).is_load_curve:
            return feeds.as_registers(place.device, self.intervals, quantity=self.quantity)
        return feeds.as_load_curves(place.device, self.intervals, self.zone, self.quantity)


@dataclass(frozen=True)
class Played:
    """What became of one file."""

    file: str
    coop: str
    meter: str
    days: int
    days_equal: int
    """Civil days whose stored energy is the file's, to the watt-hour."""
    messages: int
    readings: int
    duplicates: int
    """Readings that were known already, over the meter's cooperative."""
    file_wh: int
    stored_wh: int
    """Over the file's days, as the service shows them; Wh, or of water litres."""
    seconds: float
    quantity: Quantity = Quantity.ENERGY_IMPORT

    @property
    def is_equal(self) -> bool:
        return self.days_equal == self.days

    def document(self) -> dict[str, Any]:
        return asdict(self)

    def words(self) -> str:
        return _(
            "{file}: {days} days, {wanted} in the file, {stored} stored, {equal} of {days} days equal, "
            "{duplicates} duplicates; {readings} readings in {messages} messages, {seconds} s, meter {meter} "
            "of {coop}"
        ).format(
            file=self.file, days=self.days, wanted=amount(self.file_wh, self.quantity),
            stored=amount(self.stored_wh, self.quantity), equal=self.days_equal, duplicates=self.duplicates,
            readings=self.readings, messages=self.messages, seconds=f"{self.seconds:.1f}", meter=self.meter,
            coop=self.coop,
        )  # fmt: skip


def play(
    fleet: Fleet, place: Place, feed: Feed, rate: float | None, *, as_registers: bool, is_quiet: bool
) -> Played:
    """Send the file at `rate` times real time (None: at once), wait until it is settled, and compare."""
    began = time.monotonic()
    before = _counts(place)
    messages: Iterable[Publication] = list(feed.publications(place, as_registers))
    if not is_quiet:
        messages = track(messages, feed.name, console=Console(stderr=True), transient=True)
    pace = Pace(rate, time.monotonic())
    told = None
    for one in messages:
        fleet.idle(pace.wait_seconds(one.at, time.monotonic()))
        # At full speed the clock need not follow: the sandbox lives at the end of its feed from the start.
        if rate is not None and (day := one.at.astimezone(ZoneInfo(feed.zone)).date()) != told:
            told = day
            place.tell_clock(one.at)
        fleet.publish(one)
    fleet.drain()
    place.tell_clock(feed.intervals[-1].end)
    account = fleet.ledger.meters[place.meter]
    stored = _settled(place, feed, before, account.readings)
    wanted = feed.days_wh
    return Played(
        file=feed.name,
        coop=place.coop,
        meter=place.meter,
        days=len(wanted),
        days_equal=sum(stored.get(day) == wh for day, wh in wanted.items()),
        messages=account.acknowledged,
        readings=account.readings,
        duplicates=_counts(place)["readings_duplicate"] - before["readings_duplicate"],
        file_wh=feed.energy_wh,
        stored_wh=sum(stored.get(day, 0) for day in wanted),
        seconds=round(time.monotonic() - began, 1),
        quantity=feed.quantity,
    )


def amount(value: int, quantity: Quantity) -> str:
    """Whole units as people read them."""
    unit = UNIT_OF[quantity]
    return f"{value / 1000:.3f} kWh" if unit is Unit.WH else f"{value} {unit}"


class Pace:
    """When to send what was sent at an instant of the past, at `rate` times real time (None: at once)."""

    def __init__(self, rate: float | None, began: float) -> None:
        self._rate = rate
        self._began = began
        self._first: datetime | None = None

    def wait_seconds(self, at: datetime, now: float) -> float:
        """From `now` on, by the clock in which the pace `began`."""
        if self._rate is None:
            return 0.0
        self._first = self._first or at
        due = (at - self._first).total_seconds() / self._rate
        return max(0.0, due - (now - self._began))


def _settled(place: Place, feed: Feed, before: dict[str, int], readings: int) -> dict[date, int]:
    """The days as the service has them, once they agree with the file, or stay as they are."""
    wanted = feed.days_wh
    end = time.monotonic() + STORE_PATIENCE_S
    known: dict[date, int] = {}
    changed = time.monotonic()
    while time.monotonic() < end:
        counts = _counts(place)
        if _handled(counts) - _handled(before) >= readings:
            found = _days(place, min(wanted), max(wanted), feed.quantity)
            if all(found.get(day) == wh for day, wh in wanted.items()):
                return found
            if found != known:
                known, changed = found, time.monotonic()
            elif time.monotonic() - changed > CALM_S:
                return found
        time.sleep(POLL_S)
    return known or _days(place, min(wanted), max(wanted), feed.quantity)


def _days(place: Place, first: date, last: date, quantity: Quantity) -> dict[date, int]:
    found: dict[date, int] = {}
    while first <= last:
        until = min(last, first + timedelta(days=DAYS_AT_ONCE - 1))
        span = {"from": first, "to": until, "quantity": quantity}
        answer = place.reader.get(f"/meters/{place.meter}/days", **span)
        found |= {date.fromisoformat(day["day"]): day["value"] or 0 for day in answer["days"]}
        first = until + timedelta(days=1)
    return found


def _counts(place: Place) -> dict[str, int]:
    now = place.watcher.get("/operations/overview")
    discarded = sum(now["readings_discarded"].values())
    return {name: now[name] for name in ("readings_stored", "readings_duplicate")} | {"discarded": discarded}


def _handled(counts: dict[str, int]) -> int:
    return sum(counts.values())
