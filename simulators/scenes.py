"""What a month shows for certain, besides what chance brings: outages, refusals, check-ins, handovers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from contracts.codes import Heating, Purpose, Tenure
from simulators import stories
from simulators.agenda import is_working_day, local
from simulators.handover import hold
from simulators.outages import Outage
from simulators.plans import Plan
from simulators.residence import Household
from simulators.staff import Desk

NOT_WITHIN_DAYS = 7
"""A shorter month has no time for scripted scenes in its middle."""
ASKED_BEFORE_END_DAYS = 4
SHARED_HEAT = (Heating.COLLECTIVE, Heating.DISTRICT)


@dataclass(frozen=True)
class Scenes:
    """Puts the scenes of `stories.yaml` on the desk's agenda."""

    desk: Desk
    first_day: date
    days: int

    @property
    def _last_day(self) -> date:
        return self.first_day + timedelta(days=self.days - 1)

    def prepare(self, households: Sequence[Household]) -> Household:
        """For the households that are there from the beginning; returns the one that shows most."""
        told = hero(households)
        near = [one for one in households if one.building == told.building]
        self.desk.outspoken = told.residence
        others = [one for one in near if one is not told] or [told]
        for number, story in enumerate(stories.scripted()):
            home = told if story["ends"] == "choose" else others[number * 3 % len(others)]
            self._report(home, story)
        self._past_outage(others)
        self._present_outage(told, near)
        self._check_ins(others)
        return told

    def arrival(self, household: Household, wanted: Plan) -> None:
        """The day somebody moves in: recorded in one go, or held on a phone."""
        if not wanted.handover:
            at = local(wanted.moved_in_on, 11)
            self.desk.agenda.add(at, lambda now: self.desk.inspect(household, wanted, now))
            return
        kind = "etat_des_lieux" if wanted.tenure is Tenure.TENANT else "livraison"
        at = local(wanted.moved_in_on, 10, 30)
        self.desk.agenda.add(
            at, lambda now: hold(self.desk, household, kind, now, wanted.handover == "signed")
        )

    def _report(self, household: Household, story: stories.Story) -> None:
        day = self.first_day + timedelta(days=int(story["part"] * (self.days - 1)))
        if story["ends"] == "choose":
            while not is_working_day(day):
                day -= timedelta(days=1)
        at = local(day, story.get("hour", 9), 10)
        said = stories.fault_of(story, 0)
        self.desk.agenda.add(at, self._told, household, said, story["ends"])

    def _told(self, household: Household, said: stories.Fault, ends: str, now: datetime) -> None:
        self.desk.report(household, said, now, ends)

    def _past_outage(self, near: Sequence[Household]) -> None:
        """Heating on the coldest working day of the first weeks; hot water where it is not cold."""
        if self.days < NOT_WITHIN_DAYS:
            return
        asked = [self.first_day + timedelta(days=n) for n in range(2, max(3, self.days * 3 // 5))]
        working = [day for day in asked if is_working_day(day)] or asked
        coldest = min(working, key=self.desk.weather.mean)
        heated = _of_one_staircase([one for one in near if one.home.heating in SHARED_HEAT])
        is_cold = self.desk.weather.mean(coldest) < stories.COLD_C and len(heated) >= 3
        homes = heated if is_cold else _of_one_staircase(near)
        story = stories.outage("heating" if is_cold else "hot_water")
        Outage(self.desk, homes[:6], story, local(coldest, 7, 5))

    def _present_outage(self, told: Household, near: Sequence[Household]) -> None:
        """The lift of the household that shows most, since the last evening."""
        homes = [one for one in near if one.staircase == told.staircase and one is not told]
        Outage(self.desk, homes[:3], stories.outage("lift"), local(self._last_day, 17, 40))

    def _check_ins(self, others: Sequence[Household]) -> None:
        """Most households answer what they are asked; the one that shows most has not yet."""
        day = self._last_day - timedelta(days=ASKED_BEFORE_END_DAYS)
        for number, household in enumerate(others):
            at = local(day, 18 + number % 3, number * 5 % 60)
            self.desk.agenda.add(at, self._asked, household, number)

    def _asked(self, household: Household, number: int, now: datetime) -> None:
        path = f"/occupancies/{household.occupancy}/check-ins"
        api, is_fine = household.api, number % 4 != 1
        answer = {"answer": "fine" if is_fine else "problem"}
        for one in api.get(path)["check_ins"]:
            if one["answer"] is not None or one["asked_at"] is None:
                continue
            self.desk.doings.ask("check_in", partial(api.post, f"/check-ins/{one['id']}/answer", answer))
            if not is_fine:
                said = stories.found_late(number)
                self.desk.report(household, said, now, "accepted")


def hero(households: Sequence[Household]) -> Household:
    """Who is asked about by the first login: advised, with something to be advised on, in the newest
    building."""

    def worth(one: Household) -> tuple[bool, bool, bool, int]:
        return (
            one.building == 0,
            Purpose.ADVICE in one.consents,
            "high_standby" in one.home.anomalies,
            -one.home.index,
        )

    return max(households, key=worth)


def _of_one_staircase(homes: Sequence[Household]) -> list[Household]:
    """Those of the staircase that has most of them."""
    by_staircase: dict[str, list[Household]] = {}
    for one in homes:
        by_staircase.setdefault(one.staircase, []).append(one)
    return max(by_staircase.values(), key=len, default=[])
