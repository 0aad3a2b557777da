"""Outages of a simulated month: one that is over, lived from the first report to the last answer, and one
that still lasts when the month ends."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from simulators import stories
from simulators.agenda import Agenda, evening, in_desk_hours, later
from simulators.cases import Case
from simulators.residence import Household
from simulators.staff import Desk


class Outage:
    """Homes report the same within minutes; a person confirms the one cause, and writes once to all."""

    def __init__(self, desk: Desk, homes: Sequence[Household], story: dict[str, Any], at: datetime) -> None:
        self._desk, self._story, self._began_at = desk, story, at
        self._cases: list[Case] = []
        self._incident: str | None = None
        for place, household in enumerate(homes):
            told_at = at + timedelta(minutes=5 * place)
            desk.agenda.add(told_at, self._report, household, place)
        confirmed_at = at + timedelta(minutes=5 * len(homes) + 15)
        desk.agenda.add(confirmed_at, self._confirm)
        for hours, news in story["news"]:
            desk.agenda.add(at + timedelta(hours=hours), self._tell, news)
        if story.get("lasts_hours"):
            desk.agenda.add(at + timedelta(hours=story["lasts_hours"]), self._resolve)

    @property
    def _agenda(self) -> Agenda:
        return self._desk.agenda

    def _report(self, household: Household, number: int, now: datetime) -> None:
        said = stories.fault_of(self._story, number)
        body = {
            "occupancy": household.occupancy, "place": said.place, "element": said.element,
            "symptom": said.symptom, "description": said.description, "channel": "portal",
        }  # fmt: skip
        answer = household.api.post("/tickets", body)
        self._cases.append(self._desk.take(answer["id"], household, now, answer, is_alone=False))

    def _confirm(self, now: datetime) -> None:
        staff = self._desk.staff
        found = [staff.get(f"/tickets/{case.id}")["incident"] for case in self._cases]
        self._incident = next((one for one in found if one), None)  # households hear of it once confirmed
        if self._incident is None:  # too few homes to be taken for one cause: each is seen to by itself
            for case in self._cases:
                self._desk.see_to(case, now)
            return
        expected_at = self._began_at + timedelta(hours=self._story["expected_hours"])
        self._act(
            "confirm",
            text_fr=self._story["confirmed"],
            expected_at=expected_at.isoformat(),
            tells_all=True,
        )
        self._act("start")
        for case in self._cases if self._story.get("is_made_safe") else ():
            self._desk.make_safe(case, self._desk.staff, now)

    def _tell(self, news: str, now: datetime) -> None:
        if self._incident is not None:
            self._act("tell", text_fr=news, tells_all=True)

    def _resolve(self, now: datetime) -> None:
        if self._incident is None:
            return
        self._act("resolve", text_fr=self._story["resolved"])
        for number, case in enumerate(self._cases):
            at = evening(now, case.rng, 0 if number % 3 else 1)
            self._agenda.add(at, self._answer, case, number)

    def _answer(self, case: Case, number: int, now: datetime) -> None:
        """Every home says whether it is back; one of them says that it is not."""
        is_back = number != 1
        body: dict[str, Any] = {"is_back": is_back, "occupancy": case.household.occupancy}
        if not is_back:
            body["comment"] = self._story["not_back"]
        api = case.household.api
        path = f"/incidents/{self._incident}/answer"
        if self._desk.doings.ask("incident_answer", lambda: api.post(path, body)) is None:
            return
        if is_back:
            self._desk.opinion(case)
            self._agenda.add(
                in_desk_hours(later(now, case.rng, 30, 90)), self._desk.countersign, case, self._desk.staff
            )
        else:
            self._agenda.add(later(now, case.rng, 15, 30), self._desk.see_to, case)

    def _act(self, action: str, **more: Any) -> None:
        path = f"/incidents/{self._incident}/actions"
        staff = self._desk.staff
        self._desk.doings.ask(f"incident_{action}", lambda: staff.post(path, {"action": action, **more}))
