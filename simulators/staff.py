"""Simulated staff and residents who live the tickets of a month over the HTTP API only."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from contracts.codes import Tenure
from simulators import stories
from simulators.api import Api, ApiError
from simulators.presence import is_public_holiday
from simulators.residence import ZONE, Household, Plan
from simulators.weather import Weather

DILIGENCE = 0.75
"""Chance that a working day brings a ticket its next step."""
REOPENED = 0.12
REFUSED = 0.5
"""Share refused of what is the resident's own to repair."""
STAFF_NEXT = {
    "submitted": "acknowledge",
    "reopened": "acknowledge",
    "acknowledged": "qualify",
    "qualified": "assign",
    "assigned": "schedule",
    "scheduled": "start",
    "in_progress": "finish",
}


@dataclass
class Case:
    """A ticket as those who live it remember it."""

    id: str
    household: Household
    state: str = "submitted"
    responsible: str = ""
    legal: tuple[str, ...] = ()
    """What the last caller could do next."""
    times_reopened: int = 0
    is_signed: bool = False
    """Whether the household has signed, and the staff have not."""


@dataclass
class Desk:
    """The residences' tickets. `staff` acts for the cooperative; each household acts for itself."""

    coop: str
    staff: Api
    weather: Weather
    seed: int
    cases: list[Case] = field(default_factory=list)
    actions: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    """Actions that the service answered with 409, by name: in a sound run there is none."""

    def inspect(self, household: Household, wanted: Plan) -> None:
        """What the état des lieux (tenants) or the livraison (everybody else) finds becomes tickets."""
        rng = Random(f"{self.seed}:inspection:{household.home.index}")
        kind = "etat_des_lieux" if wanted.tenure is Tenure.TENANT else "livraison"
        body = {"kind": kind, "on": wanted.moved_in_on, "findings": stories.findings(rng)}
        answer = self.staff.post(f"/occupancies/{household.occupancy}/inspection", body)
        for ticket in answer["tickets"]:
            self._remember(ticket if isinstance(ticket, str) else ticket["id"], household)

    def day(self, households: list[Household], day: date) -> None:
        """One day: households report what broke, staff work on working days, households answer."""
        outdoor_c = self.weather.mean(day)
        for household in households:
            rng = Random(f"{self.seed}:fault:{household.home.index}:{day.toordinal()}")
            happened = stories.fault(day, outdoor_c, rng)
            if happened is not None:
                self._open(household, happened, rng)
        is_working_day = day.weekday() < 5 and not is_public_holiday(day)
        for case in list(self.cases):
            rng = Random(f"{self.seed}:case:{self.cases.index(case)}:{day.toordinal()}")
            if case.state == "done" and case.is_signed:
                self._act(self.staff, case, "sign_off", rng)
                case.is_signed = False
            elif case.state == "done":
                self._household_answers(case, rng)
            elif is_working_day and rng.random() < DILIGENCE:
                self._staff_step(case, day, rng)

    def _open(self, household: Household, happened: stories.Fault, rng: Random) -> None:
        channel = rng.choices(["portal", "phone", "caretaker", "counter"], [6, 3, 1, 1])[0]
        body = {
            "occupancy": household.occupancy,
            "place": happened.place,
            "element": happened.element,
            "symptom": happened.symptom,
            "description": happened.description,
            "channel": channel,
        }
        caller = household.api
        if channel != "portal":
            caller = self.staff
            body["reported_by"] = household.person
        answer = caller.post("/tickets", body)
        self._remember(answer["id"], household, answer)

    def _remember(self, ticket: str, household: Household, answer: dict[str, Any] | None = None) -> None:
        case = Case(ticket, household)
        household.tickets.append(ticket)
        self.cases.append(case)
        if answer is not None:
            self._learn(case, answer)

    def _staff_step(self, case: Case, day: date, rng: Random) -> None:
        action = STAFF_NEXT.get(case.state)
        if action is None:
            return
        if case.state == "qualified" and case.responsible == "resident" and rng.random() < REFUSED:
            self._act(self.staff, case, "refuse", rng, reason="resident_upkeep")
            return
        if action == "assign" and "assign" not in case.legal and "notify_debtor" in case.legal:
            action = "notify_debtor"
        if action == "acknowledge" and rng.random() < 0.2:
            self._message(case, rng)
        more: dict[str, Any] = {}
        if action == "schedule":
            more["appointment_at"] = appointment(day, rng)
        self._act(self.staff, case, action, rng, **more)

    def _household_answers(self, case: Case, rng: Random) -> None:
        if rng.random() > 0.6:
            return
        reopens = rng.random() < REOPENED and case.times_reopened == 0
        resident = case.household.api
        self._learn(case, resident.get(f"/tickets/{case.id}"))
        wanted = "reopen" if reopens else "sign_off" if "sign_off" in case.legal else "confirm"
        self._act(resident, case, wanted, rng)
        case.times_reopened += reopens
        case.is_signed = wanted == "sign_off"

    def _message(self, case: Case, rng: Random) -> None:
        case.household.api.post(f"/tickets/{case.id}/messages", {"body": stories.words("message", rng)})

    def _act(self, caller: Api, case: Case, action: str, rng: Random, **more: Any) -> None:
        said = stories.words(action, rng)
        body = {"action": action, **more} | ({"comment": said} if said else {})
        try:
            answer = caller.post(f"/tickets/{case.id}/actions", body)
        except ApiError as error:
            if error.status != 409:
                raise
            # Somebody else was faster (an automatic step): look again tomorrow.
            self.refused[action] += 1
            answer = caller.get(f"/tickets/{case.id}")
        else:
            self.actions[action] += 1
        self._learn(case, answer)

    @staticmethod
    def _learn(case: Case, answer: dict[str, Any]) -> None:
        case.state = answer.get("state", case.state)
        case.responsible = answer.get("responsible", case.responsible)
        case.legal = tuple(answer.get("legal_actions", ()))


def appointment(day: date, rng: Random) -> datetime:
    """A working morning or afternoon within the week."""
    on = day + timedelta(days=rng.randint(1, 4))
    while on.weekday() > 4 or is_public_holiday(on):
        on += timedelta(days=1)
    return datetime.combine(on, time(rng.choice((8, 9, 10, 14, 15, 16))), ZoneInfo(ZONE)).astimezone(UTC)
