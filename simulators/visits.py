"""How work gets done in simulated homes: windows are proposed, one is chosen, somebody comes, or does not."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulators import stories
from simulators.agenda import (
    PARIS,
    Agenda,
    evening,
    in_desk_hours,
    later,
    local,
    next_working_day,
    visit_after,
    visit_before,
)
from simulators.api import Api
from simulators.cases import Case, Doings
from simulators.partners import Firm, Partners
from simulators.pictures import repaired

UNHURRIED_DAYS = 8
NEAR = timedelta(hours=6)
NO_PHOTO = "Rien à montrer : le réglage ne se voit pas."


@dataclass
class Visits:
    """Arranges and plays visits. `is_done` is told when the work of a request is finished."""

    agenda: Agenda
    doings: Doings
    partners: Partners
    is_done: Callable[[Case, Api, datetime], None]

    def arrange(self, case: Case, staff: Api, now: datetime) -> None:
        """Of an assigned request: who does the work proposes, the household chooses.

        What presses, and what no firm comes for, is settled by telephone.
        """
        firm = self.partners[case.party]
        at = self._wanted(case, now)
        if firm is None or not firm.works_by_link or case.is_pressing or at - now < NEAR:
            self._agree(case, staff, at)
            return
        spare = local(next_working_day(at.astimezone(PARIS).date()), 9)
        starts = [at, spare]

        def propose(then: datetime) -> None:
            if case.state != "assigned" or not self._proposed(firm, case, starts):
                return
            if case.ends != "choose":
                self.agenda.add(
                    min(later(then, case.rng, 20, 300), at - timedelta(hours=1)),
                    self._choose,
                    case,
                    staff,
                    at,
                )

        self.agenda.add(later(now, case.rng, 15, 90), propose)

    def _wanted(self, case: Case, now: datetime) -> datetime:
        due_at = case.repair_due_at
        if case.is_pressing:
            return max(visit_today(now), now + timedelta(minutes=45))
        if case.is_slow and due_at is not None and case.priority != "p4":
            case.is_slow = False
            return visit_after(max(due_at, now), case.rng)
        days = UNHURRIED_DAYS if case.priority == "p4" else 3
        return visit_before(now, due_at, case.rng, days)

    def _proposed(self, firm: Firm, case: Case, starts: list[datetime]) -> bool:
        here = [at.astimezone(PARIS) for at in starts]
        windows = {
            "day": [f"{at:%Y-%m-%d}" for at in here],
            "start": [f"{at:%H:%M}" for at in here],
            "end": [f"{at + timedelta(hours=2):%H:%M}" for at in here],
        }
        return self.doings.by_link(firm, case, "slots", windows)

    def _agree(self, case: Case, staff: Api, at: datetime) -> None:
        if self.doings.act(staff, case, "schedule", appointment_at=at.isoformat()):
            self._expect(case, staff, at)

    def _choose(self, case: Case, staff: Api, at: datetime, now: datetime) -> None:
        resident = case.household.api
        offered = resident.get(f"/tickets/{case.id}/slots")["slots"]
        wanted = [one for one in offered if datetime.fromisoformat(one["starts_at"]) == at] or offered
        if not wanted:
            self._agree(case, staff, at)
            return
        slot = wanted[0]["id"]
        booked = self.doings.ask(
            "choose_visit", lambda: resident.post(f"/tickets/{case.id}/visits", {"slot": slot})
        )
        if booked is not None:
            case.state = "scheduled"
            self._expect(case, staff, datetime.fromisoformat(booked["starts_at"]))

    def _expect(self, case: Case, staff: Api, at: datetime) -> None:
        firm = self.partners[case.party]
        if case.ends == "missed":
            case.ends = ""
            self.agenda.add(at + timedelta(hours=2, minutes=30), self._missed, case, staff)
            return
        if firm is not None and firm.works_by_link:
            self.agenda.add(at - timedelta(minutes=20), self._on_the_way, case, firm)
        self.agenda.add(at + timedelta(minutes=10), self._work, case, staff, firm)

    def _on_the_way(self, case: Case, firm: Firm, now: datetime) -> None:
        if case.state == "scheduled":
            self.doings.by_link(firm, case, "on-the-way", {"minutes": "20"})

    def _missed(self, case: Case, staff: Api, now: datetime) -> None:
        """Nobody came: the household says so, and is offered the next windows."""
        comment = "Nous étions là, personne n'est venu ni n'a appelé."
        if self.doings.act(case.household.api, case, "missed", side="contractor", comment=comment):
            self.agenda.add(in_desk_hours(later(now, case.rng, 15, 60)), self._anew, case, staff)

    def _anew(self, case: Case, staff: Api, now: datetime) -> None:
        case.learn(staff.get(f"/tickets/{case.id}"))
        if case.state == "assigned":
            self.arrange(case, staff, now)

    def _work(self, case: Case, staff: Api, firm: Firm | None, now: datetime) -> None:
        if case.state not in ("scheduled", "assigned"):
            return
        by_link = firm is not None and firm.works_by_link
        if by_link:
            assert firm is not None
            is_begun = self.doings.by_link(firm, case, "start")
        else:
            is_begun = self.doings.act(staff, case, "start")
        if is_begun:
            case.state = "in_progress"
            self.agenda.add(
                now + timedelta(minutes=case.rng.choice((30, 45, 60, 75))),
                self._finish,
                case,
                staff,
                firm if by_link else None,
            )

    def _finish(self, case: Case, staff: Api, firm: Firm | None, now: datetime) -> None:
        if firm is None:
            if self.doings.act(staff, case, "finish"):
                self.is_done(case, staff, now)
            return
        outcome = "fixed"
        if case.ends == "parts":
            case.ends, outcome = "", "needs_parts"
        fields = {"outcome": outcome, "note": stories.words(outcome, case.rng) or "Réparé."}
        photo = repaired(case.rng.randint(0, 9)) if case.rng.random() < 0.2 else None
        if photo is None:
            fields["no_photo"] = NO_PHOTO
        if not self.doings.by_link(firm, case, "finish", fields, photo):
            return
        if outcome == "fixed":
            case.state = "done"
            self.is_done(case, staff, now)
        else:
            case.state = "waiting_parts"
            arrives = local(next_working_day(next_working_day(next_working_day(now.date()))), 10)
            self.agenda.add(arrives, self._parts_came, case, staff)

    def _parts_came(self, case: Case, staff: Api, now: datetime) -> None:
        if self.doings.act(staff, case, "resume") and case.state in ("assigned", "in_progress"):
            at = visit_before(now, None, case.rng)
            if case.state == "assigned":
                self._agree(case, staff, at)
            else:
                firm = self.partners[case.party]
                self.agenda.add(at, self._finish, case, staff, firm)


def visit_today(now: datetime) -> datetime:
    """When somebody can be there at once: two hours from now, by day also on a Sunday."""
    here = now.astimezone(PARIS) + timedelta(hours=2)
    if here.hour < 7:
        return local(here.date(), 7, 30)
    if here.hour >= 21:
        return local(here.date() + timedelta(days=1), 7, 30)
    return here.replace(minute=here.minute // 5 * 5, second=0, microsecond=0)


def home_again(now: datetime, case: Case) -> datetime:
    """When the household looks at what was done."""
    days = case.rng.choices((0, 1, 2), (6, 3, 1))[0]
    return max(evening(now, case.rng, days), now + timedelta(minutes=30))
