"""Plays a cooperative's month through the real doors: clock, moves, readings over MQTT, tickets."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from simulators import tally
from simulators.api import Api
from simulators.faults import Faults
from simulators.fleet import Fleet
from simulators.ledger import Ledger
from simulators.lines import Line
from simulators.meter import midnight
from simulators.partners import open_partners
from simulators.plans import Plan, age_days
from simulators.publications import Publication
from simulators.residence import ZONE, Builder, Household, consenting
from simulators.scenes import Scenes
from simulators.staff import Desk
from simulators.tally import Account, Amount

LAG_PATIENCE_S = 3.0
DRAIN_PATIENCE_S = 60.0
CALM_S = 5.0
"""What differs and has not changed for so long, with nothing on its way, will not change."""
POLL_S = 0.1


@dataclass(frozen=True)
class Stage:
    """Where the month is played and by whom."""

    coop: str
    operator: Api
    builder: Builder
    desk: Desk
    fleet: Fleet
    profile: str = "none"
    seed: int = 1


class Month:
    """`days` whole civil days from `first_day`. Households that plan to arrive later do so on their day."""

    def __init__(self, stage: Stage, plans: list[Plan], first_day: date, days: int) -> None:
        self._stage, self._plans = stage, plans
        self.first_day, self.days = first_day, days
        self.households: list[Household] = []
        self.told: Household | None = None
        """The household that shows most of what there is to see."""
        self._scenes = Scenes(stage.desk, first_day, days)
        self._faults = Faults(stage.profile, stage.seed)
        self._before = stage.operator.get("/operations/overview")

    @property
    def ledger(self) -> Ledger:
        return self._stage.fleet.ledger

    @property
    def lines(self) -> list[Line]:
        """Every meter: those of homes, then those of common parts."""
        own = [line for household in self.households for line in household.lines]
        return [*own, *self._stage.builder.common]

    @property
    def last_day(self) -> date:
        return self.first_day + timedelta(days=self.days - 1)

    def prepare(self, progress: Callable[[], None] = lambda: None) -> None:
        """The households that are there before the month begins."""
        self.set_clock(midnight(self.first_day, ZONE))
        for wanted in self._plans:
            if not wanted.is_new:
                self._move_in(wanted)
                progress()
        builder, desk = self._stage.builder, self._stage.desk
        desk.agenda.set_clock = self.set_clock
        if self.households:
            letters = desk.letters
            desk.meet(open_partners(desk.staff, desk.base_url, builder.buildings, letters))
            self.told = self._scenes.prepare(self.households)

    def play(self, progress: Callable[[date], None] = lambda day: None) -> None:
        """Every day: arrivals, readings, the evening's tickets, then the clock moves on."""
        of_day_before = 0
        for offset in range(self.days):
            day = self.first_day + timedelta(days=offset)
            self._arrivals(day)
            self._stage.fleet.publish_all(self._publications(day))
            self._stage.desk.day(self.households, day)
            self._exchanges(day)
            # A clock that runs more than a day ahead of the readings would make every meter look silent;
            # the day just sent is dealt with while the next one is lived.
            self.wait_handled(LAG_PATIENCE_S, of_day_before)
            of_day_before = self.ledger.readings
            self.set_clock(midnight(day + timedelta(days=1), ZONE))
            progress(day)
        self._stage.fleet.publish_all(self._faults.rest())

    def set_clock(self, now: datetime) -> None:
        self._stage.operator.post(f"/coops/{self._stage.coop}/clock", {"now": now.isoformat()})

    def wait_handled(self, patience_seconds: float, readings: int | None = None) -> bool:
        """Until the service has dealt with so many acknowledged readings, all unless told otherwise; False
        when it did not in time."""
        wanted = self.ledger.readings if readings is None else readings
        end = time.monotonic() + patience_seconds
        while self.handled() < wanted:
            if time.monotonic() > end:
                return False
            time.sleep(POLL_S)
        return True

    def handled(self) -> int:
        """Readings stored, found duplicate, or discarded for want of consent, since the month began."""
        counts = self.counts()
        return counts["readings_stored"] + counts["readings_duplicate"] + counts["discarded"]

    def lag_seconds(self) -> float:
        """Age of the oldest reading that is not yet in its day."""
        return float(self._stage.operator.get("/operations/overview")["lag_seconds"])

    def counts(self) -> dict[str, int]:
        now = self._stage.operator.get("/operations/overview")
        names = ("readings_received", "readings_stored", "readings_duplicate", "readings_rejected")
        counts = {name: _number(now.get(name)) - _number(self._before.get(name)) for name in names}
        counts["discarded"] = _number(now.get("readings_discarded")) - _number(
            self._before.get("readings_discarded")
        )
        return counts

    def published(self) -> dict[Amount, int]:
        """What the meters of consenting homes and of common parts counted, by the devices' own account."""
        return tally.published(self.ledger, self._accounts())

    def stored(self) -> dict[Amount, int]:
        """The same as each household sees it, and staff the common parts, day by day."""
        return tally.stored(self._accounts(), self.first_day, self.last_day)

    def drain(
        self, patience_seconds: float = DRAIN_PATIENCE_S
    ) -> tuple[dict[Amount, int], dict[Amount, int]]:
        """(published, stored), once they agree, or nothing changes any more, or patience ends."""
        end = time.monotonic() + patience_seconds
        self.wait_handled(patience_seconds)
        published, stored, changed = self.published(), self.stored(), time.monotonic()
        while stored != published and time.monotonic() < end:
            time.sleep(POLL_S * 5)
            before, stored = stored, self.stored()
            if stored != before or self.lag_seconds() > 0:
                changed = time.monotonic()
            elif time.monotonic() - changed > CALM_S:
                break
        return published, stored

    def _arrivals(self, day: date) -> None:
        for wanted in self._plans:
            if wanted.is_new and wanted.moved_in_on == day:
                self._scenes.arrival(self._move_in(wanted), wanted)

    def _exchanges(self, day: date) -> None:
        """In the evening staff note which electricity meters the fitter replaced that day."""
        for household in self.households:
            line = household.electricity
            if line.exchange is None or line.exchange.at.date() != day:
                continue
            body = {
                "on": day,
                "at": line.exchange.at.isoformat(),
                "old_index": str(Decimal(line.exchange.old_index_wh) / 1000),
                "new_index": 0,
                "serial": f"L{household.home.index:011}",
            }
            self._stage.desk.staff.post(f"/meters/{line.device.meter}/exchange", body)

    def _accounts(self) -> Iterator[Account]:
        return tally.accounts(consenting(self.households), self._stage.builder.common, self._stage.desk.staff)

    def _move_in(self, wanted: Plan) -> Household:
        reception_on = self.first_day - timedelta(days=age_days(wanted.building))
        household = self._stage.builder.move_in(wanted, reception_on)
        for line in (*household.lines, *self._stage.builder.common):
            self._stage.fleet.add(line.device)
        self.households.append(household)
        return household

    def _publications(self, day: date) -> Iterator[Publication]:
        """All devices' messages of a day in the order in which they would send them."""
        messages: list[Publication] = []
        for line in self.lines:
            messages += line.day(day)
        messages.sort(key=lambda one: one.at)
        return self._faults.apply(messages)


def now() -> datetime:
    return datetime.now(UTC)


def _number(value: Any) -> int:
    """A count, or the sum of counts by reason."""
    if isinstance(value, dict):
        return sum(_number(part) for part in value.values())
    return int(value or 0)
