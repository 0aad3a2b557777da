"""Simulated staff and residents who live the tickets of a month through the doors that real ones have.

Staff work by what is due next: a danger at once, day and night; the rest in desk hours.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from contracts.codes import Tenure
from simulators import stories
from simulators.agenda import Agenda, evening, in_desk_hours, later, local
from simulators.api import Api
from simulators.cases import Case, Doings
from simulators.forms import Fields
from simulators.partners import Partners
from simulators.plans import Plan
from simulators.residence import Household
from simulators.visits import Visits, home_again
from simulators.weather import Weather

SLOW = 0.13
"""Share whose visit comes after the day that was promised."""
REFUSED = 0.5
"""Share refused of what is the resident's own to repair; the rest is done all the same."""
SILENT = 0.06
"""Share of finished work on which the household says nothing for days."""
CONTENT = 0.86
CHASED = 0.12
"""Share of requests whose household asks for news."""


@dataclass
class Desk:
    """The residences' tickets. `people` act for the cooperative, each household for itself."""

    coop: str
    people: list[Api]
    weather: Weather
    seed: int
    base_url: str = ""
    letters: Path | None = None
    """The embedded mailbox, where firms find their personal link."""
    cases: list[Case] = field(default_factory=list)
    partners: Partners = field(default_factory=Partners)
    doings: Doings = field(default_factory=Doings)
    agenda: Agenda = field(init=False)
    visits: Visits = field(init=False)
    outspoken: str = ""
    """The residence whose households always say what they think."""

    def __post_init__(self) -> None:
        self.agenda = Agenda(lambda at: None)
        self.visits = Visits(self.agenda, self.doings, self.partners, self.done)

    @property
    def staff(self) -> Api:
        return self.people[0]

    @property
    def refused(self) -> Counter[str]:
        return self.doings.refused

    def meet(self, partners: Partners) -> None:
        """From now on they are who work is given to."""
        self.partners = self.visits.partners = partners

    def inspect(self, household: Household, wanted: Plan, now: datetime) -> None:
        """What the état des lieux (tenants) or the livraison (everybody else) finds becomes tickets."""
        rng = Random(f"{self.seed}:inspection:{household.home.index}")
        kind = "etat_des_lieux" if wanted.tenure is Tenure.TENANT else "livraison"
        body = {"kind": kind, "on": wanted.moved_in_on, "findings": stories.findings(rng)}
        answer = self.staff.post(f"/occupancies/{household.occupancy}/inspection", body)
        for ticket in answer["tickets"]:
            self.take(ticket, household, now)

    def day(self, households: list[Household], day: date) -> None:
        """One day: households report what broke, and all that is due that day is done."""
        outdoor_c = self.weather.mean(day)
        for household in households:
            rng = Random(f"{self.seed}:fault:{household.home.index}:{day.toordinal()}")
            happened = stories.fault(day, outdoor_c, rng)
            if happened is not None and household.moved_in_on < day:
                at = local(day, rng.randint(7, 20), rng.choice((5, 20, 35, 50)))
                self.agenda.add(at, self.report, household, happened)
        self.agenda.add(local(day, 17), lambda now: None)  # the day's reminders leave in the afternoon
        self.agenda.run_until(local(day + timedelta(days=1), 0))

    def report(self, household: Household, happened: stories.Fault, now: datetime, ends: str = "") -> Case:
        """A household tells of a fault, itself or to somebody of the cooperative."""
        rng = Random(f"{self.seed}:told:{household.home.index}:{now.isoformat()}")
        channel = (
            "portal" if ends else rng.choices(["portal", "phone", "caretaker", "counter"], [6, 3, 1, 1])[0]
        )
        body = {
            "occupancy": household.occupancy,
            "place": happened.place,
            "element": happened.element,
            "symptom": happened.symptom,
            "description": happened.description,
            "channel": channel,
            "availability": rng.choice((["morning"], ["afternoon"], [], ["morning", "afternoon"])),
        }
        caller = household.api
        if channel != "portal":
            caller = self.staff
            body["reported_by"] = household.person
        answer = caller.post("/tickets", body)
        return self.take(answer["id"], household, now, answer, ends)

    def take(
        self,
        ticket: str,
        household: Household,
        now: datetime,
        answer: dict[str, Any] | None = None,
        ends: str = "",
        is_alone: bool = True,
    ) -> Case:
        """A ticket is there: somebody will see to it. Not `is_alone`: it is lived with its incident."""
        rng = Random(f"{self.seed}:case:{len(self.cases)}")
        case = Case(ticket, household, rng, ends, is_slow=not ends and rng.random() < SLOW)
        household.tickets.append(ticket)
        self.cases.append(case)
        case.learn(answer if answer is not None else self.staff.get(f"/tickets/{ticket}"))
        if is_alone:
            at = later(now, rng, 10, 30) if case.must_be_safe else in_desk_hours(later(now, rng, 15, 120))
            self.agenda.add(at, self.see_to, case)
        return case

    def see_to(self, case: Case, now: datetime) -> None:
        """From a new, reopened or detached request to one that is in somebody's hands."""
        staff = case.rng.choice(self.people)
        case.learn(staff.get(f"/tickets/{case.id}"))
        if case.state == "attached":
            return
        if case.state in ("submitted", "reopened"):
            self.doings.act(staff, case, "acknowledge")
            if case.must_be_safe and not case.is_slow:
                soon = (30, 100) if case.is_pressing else (90, 400)
                self.agenda.add(later(now, case.rng, *soon), self.make_safe, case, staff)
        if case.ends.startswith("refused"):
            self._refuse(case, staff, now)
            return
        if case.state == "acknowledged":
            self.doings.act(staff, case, "qualify")
        is_theirs = case.state == "qualified" and case.responsible == "resident" and not case.ends
        if is_theirs and case.rng.random() < REFUSED:
            is_tenant = case.household.tenure is Tenure.TENANT
            reason = "resident_upkeep" if is_tenant else "owner_private_part"
            self.doings.act(staff, case, "refuse", reason=reason)
            return
        if case.rng.random() < CHASED:
            self.agenda.add(evening(now, case.rng, 1), self._chase, case, staff)
        if case.state == "qualified":
            self._give(case, staff, now)
        if case.state == "assigned":
            self.visits.arrange(case, staff, now)

    def done(self, case: Case, staff: Api, now: datetime) -> None:
        """The work is finished: those who did it and those who live there say what they think."""
        firm = self.partners[case.party]
        good: Fields = {"verdict": "good", "marks": case.rng.choice((["well_told"], ["on_time"], []))}
        if firm is not None and firm.works_by_link and case.rng.random() < 0.6:
            self.doings.by_link(firm, case, "opinion", good)
        else:
            self.doings.ask("opinion", lambda: staff.call("PUT", f"/tickets/{case.id}/opinion", good))
        is_late = not case.ends and case.rng.random() < SILENT
        days = timedelta(days=case.rng.randint(5, 8) if is_late else 0)
        self.agenda.add(home_again(now, case) + days, self._answer, case, staff)

    def _give(self, case: Case, staff: Api, now: datetime) -> None:
        """The debtor is written to where a warranty runs, before anybody is sent."""
        builder = self.partners.builder(set(case.regimes))
        if "notify_debtor" in case.legal and case.regimes - {"none"}:
            self.doings.act(staff, case, "notify_debtor")
        is_builders = builder is not None and case.responsible in ("contractor", "cooperative")
        if builder is not None and is_builders and (not case.is_pressing or "assign" not in case.legal):
            case.party = builder.id
        else:
            case.party = staff.get(f"/tickets/{case.id}/routing")["party"]
            if builder is not None and "set_formal_aside" in case.legal:
                # What presses does not wait for the builder's firms to be put on notice in vain.
                self.doings.act(staff, case, "set_formal_aside", reason="no_essential")
        self.doings.act(staff, case, "assign", party=case.party)
        if case.party and builder is not None and case.party == builder.id:
            self.agenda.add(in_desk_hours(later(now, case.rng, 900, 1800)), self._committed, case, staff)

    def _committed(self, case: Case, staff: Api, now: datetime) -> None:
        case.learn(staff.get(f"/tickets/{case.id}"))
        if "secure_claim" in case.legal and case.rng.random() < 0.7:
            self.doings.act(staff, case, "secure_claim", secured_by="commitment")

    def make_safe(self, case: Case, staff: Api, now: datetime) -> None:
        case.learn(staff.get(f"/tickets/{case.id}"))
        if "make_safe" in case.legal:
            self.doings.act(staff, case, "make_safe")

    def _chase(self, case: Case, staff: Api, now: datetime) -> None:
        if case.state not in ("assigned", "scheduled"):
            return
        path = f"/tickets/{case.id}/messages"
        case.household.api.post(path, {"body": stories.words("message", case.rng)})
        self.agenda.add(
            in_desk_hours(later(now, case.rng, 15, 60)),
            lambda when: staff.post(path, {"body": stories.words("reply", case.rng)}),
        )

    def _refuse(self, case: Case, staff: Api, now: datetime) -> None:
        """The household contests, and another person answers."""
        ending, case.ends = case.ends, ""
        other = self.people[(self.people.index(staff) + 1) % len(self.people)]
        answer = "uphold" if ending == "refused_upheld" else "overturn"

        def answered(when: datetime) -> None:
            if self.doings.act(other, case, answer) and answer == "overturn":
                case.ends = "accepted"
                self.see_to(case, when)

        def contest(when: datetime) -> None:
            if self.doings.act(case.household.api, case, "contest") and ending != "refused_contested":
                self.agenda.add(in_desk_hours(later(when, case.rng, 600, 1500)), answered)

        if self.doings.act(staff, case, "refuse", reason="resident_upkeep"):
            self.agenda.add(evening(now, case.rng, 1), contest)

    def _answer(self, case: Case, staff: Api, now: datetime) -> None:
        resident = case.household.api
        case.learn(resident.get(f"/tickets/{case.id}"))
        if case.state != "done":
            return
        if case.ends in ("half_fixed", "reopen"):
            ending, case.ends = case.ends, ""
            if self.doings.act(resident, case, ending):
                case.is_slow = False
                at = in_desk_hours(later(now, case.rng, 15, 60))
                self.agenda.add(at, self.see_to, case)
            return
        signs = "sign_off" in case.legal
        if self.doings.act(resident, case, "sign_off" if signs else "confirm"):
            self.opinion(case)
            if signs:
                at = in_desk_hours(later(now, case.rng, 60, 300))
                self.agenda.add(at, self.countersign, case, staff)

    def opinion(self, case: Case) -> None:
        """What the household thinks, when it says so."""
        if case.household.residence != self.outspoken and case.rng.random() > 0.5:
            return
        is_good = case.rng.random() < CONTENT
        marks = case.rng.sample(
            ["quick", "well_done", "well_told", "on_time"] if is_good else ["slow", "badly_told"], 2
        )
        body = {"verdict": "good" if is_good else "bad", "marks": marks}
        path = f"/tickets/{case.id}/opinion"
        self.doings.ask("opinion", lambda: case.household.api.call("PUT", path, body))

    def countersign(self, case: Case, staff: Api, now: datetime) -> None:
        case.learn(staff.get(f"/tickets/{case.id}"))
        if "sign_off" in case.legal:
            self.doings.act(staff, case, "sign_off")
