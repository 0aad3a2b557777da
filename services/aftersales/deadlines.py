"""The clocks of a request: safety promises, service promises and legal dates, recomputed from its history.

Safety runs day and night and never pauses. Service counts the cooperative's working time and pauses only
while the household or an agreed access is awaited. Legal dates are counted by the calendar.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from contracts.codes import ClockFamily, Priority, Regime, Responsible, Tenure
from services.aftersales.business_calendar import BusinessCalendar
from services.aftersales.legal_time import end_of_day, plus_months
from services.aftersales.lifecycle import Standing
from services.aftersales.priority import HeatingPeriod, default_heating_period
from services.aftersales.tables import load
from services.aftersales.taxonomy import element_of
from services.aftersales.warranty import Dates, Warranty


@dataclass(frozen=True)
class Deadline:
    """A promise or legal date. `met_at` is when it was kept or ceased to matter; None while it runs."""

    kind: str
    clock: ClockFamily
    starts_at: datetime
    due_at: datetime
    met_at: datetime | None = None

    def percent(self, now: datetime) -> int:
        """How much of the time given is used, 0 to 100."""
        given = (self.due_at - self.starts_at).total_seconds()
        if given <= 0 or now >= self.due_at:
            return 100
        return max(0, int(100 * (now - self.starts_at).total_seconds() / given))

    def is_overdue(self, now: datetime) -> bool:
        """Whether it was missed: still running after its time, or met too late."""
        return (self.met_at or now) > self.due_at


@dataclass(frozen=True)
class TicketFacts:
    """What the clocks depend on, beside the history."""

    element: str
    symptom: str
    priority: Priority
    responsible: Responsible
    standing: Standing
    tenure: Tenure | None = None
    dates: Dates = field(default_factory=Dates)
    warranties: tuple[Warranty, ...] = ()
    heating: HeatingPeriod | None = None
    etat_des_lieux_on: date | None = None
    """Day of the tenant's entry inspection, where one was recorded."""
    declared_to_insurer_on: date | None = None
    """Day the dommages-ouvrage insurer received the declaration."""


def deadlines(facts: TicketFacts, calendar: BusinessCalendar) -> list[Deadline]:
    """All clocks of a request, soonest first. All instants are UTC."""
    found = [*_promises(facts, calendar), *_answers(facts, calendar), *_legal(facts, calendar)]
    ended_at = facts.standing.ended_at
    return sorted(
        (_stopped(deadline, ended_at) for deadline in found),
        key=lambda deadline: (deadline.due_at, deadline.kind),
    )


def threshold_passed(deadline: Deadline, warned_percent: int, now: datetime) -> int | None:
    """The highest warning threshold that is reached and was not yet warned of; None when there is none."""
    used = deadline.percent(now)
    steps: list[int] = load("deadlines")["warn_at_percent"][deadline.clock.value]
    return max((step for step in steps if warned_percent < step <= used), default=None)


def told_at_opening(deadline: Deadline, now: datetime) -> int:
    """The threshold a new request starts from: a legal period well under way is no news, its end is."""
    first: int = load("deadlines")["warn_at_percent"]["legal"][0]
    return first if deadline.clock is ClockFamily.LEGAL and deadline.percent(now) >= first else 0


def _stopped(deadline: Deadline, ended_at: datetime | None) -> Deadline:
    if deadline.met_at is None and ended_at is not None:
        return Deadline(deadline.kind, deadline.clock, deadline.starts_at, deadline.due_at, ended_at)
    return deadline


def _promises(facts: TicketFacts, calendar: BusinessCalendar) -> list[Deadline]:
    standing = facts.standing
    met = {
        "first_answer": standing.first_answer_at,
        "call_back": standing.first_answer_at,
        "make_safe": standing.made_safe_at or standing.done_at,
        "repair": standing.done_at,
    }
    found = []
    for row in load("deadlines")["promises"][facts.priority.value]:
        starts_at = standing.opened_at
        if row["kind"] == "repair" and standing.reopened_at is not None:
            starts_at = standing.reopened_at  # the first result stays in the history
        due_at = _due(row, starts_at, standing, calendar)
        clock = ClockFamily(row["clock"])
        found.append(Deadline(row["kind"], clock, starts_at, due_at, met.get(row["kind"])))
    return found


def _due(row: dict[str, Any], start: datetime, standing: Standing, calendar: BusinessCalendar) -> datetime:
    """Service promises move by the working time that pauses took; safety ones never do."""
    if "minutes" in row:
        return start.astimezone(UTC) + timedelta(minutes=row["minutes"])
    if "calendar_days" in row:
        day = start.astimezone(calendar.zone).date() + timedelta(days=row["calendar_days"])
        due_at = calendar.last_close(day)
    elif "working_days" in row:
        due_at = calendar.end_of_working_day(start, row["working_days"])
    else:
        due_at = calendar.add(start, timedelta(minutes=row["working_minutes"]))
    # A pause counts only inside the promise's own time, in the order of the pauses.
    for paused_at, resumed_at in standing.pauses:
        until = resumed_at or max(standing.as_of, paused_at)
        if until > start and paused_at < due_at:
            due_at = calendar.add(due_at, calendar.elapsed(max(paused_at, start), until))
    return due_at


def _answers(facts: TicketFacts, calendar: BusinessCalendar) -> list[Deadline]:
    standing, found = facts.standing, []
    if standing.state == "done" and standing.done_at is not None:
        days = load("deadlines")["household_answer"]["working_days"]
        due_at = calendar.end_of_working_day(standing.done_at, days)
        found.append(Deadline("household_answer", ClockFamily.SERVICE, standing.done_at, due_at))
    if standing.state == "waiting_parts":
        days = load("deadlines")["contractor_parts"]["working_days"]
        due_at = calendar.end_of_working_day(standing.since, days)
        found.append(Deadline("contractor_parts", ClockFamily.SERVICE, standing.since, due_at))
    return found


def _legal(facts: TicketFacts, calendar: BusinessCalendar) -> list[Deadline]:
    opened_at, zone = facts.standing.opened_at, calendar.zone
    opened_on = opened_at.astimezone(zone).date()
    found: list[Deadline] = []

    def add(kind: str, starts_on: date, ends_on: date) -> None:
        starts_at = end_of_day(starts_on, zone) - timedelta(hours=23, minutes=59, seconds=59)
        due_at = end_of_day(ends_on, zone)
        found.append(Deadline(kind, ClockFamily.LEGAL, starts_at.astimezone(UTC), due_at.astimezone(UTC)))

    for warranty in facts.warranties:
        if warranty.regime is Regime.NONE or warranty.starts_on is None or warranty.ends_on is None:
            continue
        add(warranty.regime.value, warranty.starts_on, warranty.ends_on)
        if warranty.list_by_on is not None and opened_on <= warranty.list_by_on:
            add("apparent_list", warranty.starts_on, warranty.list_by_on)
    table = load("deadlines")["legal"]
    if facts.tenure is Tenure.TENANT:
        entry_on = facts.etat_des_lieux_on or facts.dates.moved_in_on
        if entry_on is not None:
            ends_on = entry_on + timedelta(days=table["edl_completion"]["calendar_days"])
            if entry_on <= opened_on <= ends_on:
                add("edl_completion", entry_on, ends_on)
            season_on = (facts.heating or default_heating_period()).next_start(entry_on)
            heating_on = plus_months(season_on, table["edl_heating"]["months"])
            if element_of(facts.element).trade == "heating" and entry_on <= opened_on <= heating_on:
                add("edl_heating", entry_on, heating_on)
        if facts.responsible is Responsible.COOPERATIVE and facts.priority is not Priority.P4:
            days = table["works_21_days"]["calendar_days"]
            add("works_21_days", opened_on, opened_on + timedelta(days=days))
    if facts.symptom == "leak_from_neighbour":
        days = table["insurance_declaration"]["working_days"]
        due_on = calendar.end_of_working_day(opened_at, days).astimezone(zone).date()
        add("insurance_declaration", opened_on, due_on)
    if facts.declared_to_insurer_on is not None:
        for kind in ("do_refusal", "do_position", "do_offer"):
            ends_on = facts.declared_to_insurer_on + timedelta(days=table[kind]["calendar_days"])
            add(kind, facts.declared_to_insurer_on, ends_on)
    return found
