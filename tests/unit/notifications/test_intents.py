"""Who hears of what, once, and by which channel."""

from datetime import UTC, date, datetime, timedelta

import pytest

from contracts.advice import TipRaised
from contracts.aftersales import (
    DeadlineNear,
    IncidentDeclared,
    IncidentResolved,
    IncidentUpdated,
    TicketChanged,
    TicketOpened,
)
from contracts.codes import Category, Channel, ClockFamily, Priority, Responsible, Rule, Tenure
from contracts.members import MovedIn
from services.kit.ids import new_id
from services.notifications import intents, staff_intents
from services.notifications.channels import Reach, plan
from services.notifications.retries import DELAYS_SECONDS, next_try

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
ANNA, BRUNO = new_id("per"), new_id("per")
OCCUPANCY, TICKET = new_id("occ"), new_id("tkt")


def moved_in(quiet: bool = False) -> MovedIn:
    return MovedIn(
        coop="tilleuls",
        occupancy=OCCUPANCY,
        dwelling=new_id("dwl"),
        persons=(ANNA, BRUNO),
        tenure=Tenure.TENANT,
        moved_in_on=date(2026, 11, 1),
        quiet=quiet,
    )


def opened(priority: Priority = Priority.P3) -> TicketOpened:
    return TicketOpened(
        coop="tilleuls",
        ticket=TICKET,
        number=12,
        occupancy=OCCUPANCY,
        place="kitchen",
        element="tap",
        symptom="leak",
        state="submitted",
        priority=priority,
        responsible=Responsible.COOPERATIVE,
        team="plumbing",
        first_answer_due_at=NOW,
    )


def changed(tells_household: bool = True) -> TicketChanged:
    return TicketChanged(
        coop="tilleuls",
        ticket=TICKET,
        number=12,
        occupancy=OCCUPANCY,
        element="tap",
        action="reopen",
        state="reopened",
        actor_role="staff",
        tells_household=tells_household,
    )


def test_each_member_of_a_household_is_welcomed() -> None:
    made = intents.moved_in(moved_in())
    assert [one.person for one in made] == [ANNA, BRUNO]
    assert {one.template for one in made} == {"welcome"}


def test_a_household_recorded_quietly_hears_nothing() -> None:
    assert intents.moved_in(moved_in(quiet=True)) == []


def test_the_same_event_makes_the_same_keys() -> None:
    first, again = intents.ticket_opened(opened(), [ANNA]), intents.ticket_opened(opened(), [ANNA])
    assert [one.dedup_key for one in first] == [one.dedup_key for one in again]


def test_reopening_twice_is_told_twice() -> None:
    (first,) = intents.ticket_changed(changed(), [ANNA], NOW)
    (second,) = intents.ticket_changed(changed(), [ANNA], NOW + timedelta(days=3))
    assert first.dedup_key != second.dedup_key


def test_what_is_not_for_the_household_is_not_told() -> None:
    assert intents.ticket_changed(changed(tells_household=False), [ANNA], NOW) == []


@pytest.mark.parametrize(
    ("priority", "category", "urgent"),
    [
        (Priority.P0, Category.SAFETY, True),
        (Priority.P1, Category.TICKETS, True),
        (Priority.P3, Category.TICKETS, False),
    ],
)
def test_danger_is_told_at_once_and_cannot_be_switched_off(
    priority: Priority, category: Category, urgent: bool
) -> None:
    (one,) = intents.ticket_opened(opened(priority), [ANNA])
    assert (one.category, one.is_urgent) == (category, urgent)


def test_a_tip_carries_its_evidence_and_no_name() -> None:
    event = TipRaised(
        coop="tilleuls",
        tip=new_id("tip"),
        occupancy=OCCUPANCY,
        meter=new_id("mtr"),
        rule=Rule.STANDBY_LOAD,
        variant="notice",
        kwh_year=876,
        eur_year="175.29",
        raised_on=NOW.date(),
        expires_on=NOW.date(),
        evidence={"night_floor_w": 182},
    )
    (one,) = intents.tip_raised(event, [ANNA])
    assert (one.category, one.facts["night_floor_w"], one.facts["eur_year"]) == (Category.TIPS, 182, "175.29")


def test_an_incident_is_told_to_everybody_at_once() -> None:
    event = IncidentDeclared(coop="tilleuls", incident="inc_1", occupancies=(OCCUPANCY,), symptom="no_heat")
    made = intents.incident_declared(event, [ANNA, BRUNO])
    assert all(one.is_urgent and one.category == Category.SAFETY for one in made)


def test_what_staff_write_once_reaches_each_person_once_and_a_step_without_words_nobody() -> None:
    event = IncidentUpdated(
        coop="tilleuls", incident="inc_1", occupancies=(OCCUPANCY,), symptom="no_heat", state="in_progress",
        news="inn_1",
    )  # fmt: skip
    words = {"text_fr": "La pièce arrive.", "text_en": None}
    made = intents.incident_updated(event, [ANNA, BRUNO], words)
    assert [one.facts["text_fr"] for one in made] == ["La pièce arrive."] * 2
    again = intents.incident_updated(event, [ANNA, BRUNO], words)
    assert [one.dedup_key for one in made] == [one.dedup_key for one in again]
    assert intents.incident_updated(event.model_copy(update={"news": None}), [ANNA], None) == []


def test_each_home_is_asked_when_it_is_over_and_staff_hear_of_a_proposal() -> None:
    over = IncidentResolved(coop="tilleuls", incident="inc_1", occupancies=(OCCUPANCY,), symptom="no_heat")
    [first] = intents.incident_resolved(over, [ANNA], NOW)
    [second] = intents.incident_resolved(over, [ANNA], NOW + timedelta(days=1))
    assert first.dedup_key != second.dedup_key
    proposed = IncidentUpdated(coop="tilleuls", incident="inc_1", symptom="no_heat", state="proposed")
    assert [one.template for one in staff_intents.incident_proposed(proposed, [ANNA])] == [
        "incident_proposed"
    ]


def test_a_deadline_warns_once_a_threshold() -> None:
    def warn(percent: int) -> str:
        event = DeadlineNear(
            coop="tilleuls",
            ticket=TICKET,
            number=12,
            kind="repair",
            clock=ClockFamily.SERVICE,
            due_at=NOW,
            percent=percent,
        )
        return staff_intents.deadline_near(event, [ANNA])[0].dedup_key

    assert warn(80) == warn(80)
    assert warn(80) != warn(100)


EVERYTHING = Reach(has_email=True, has_mobile=True, has_postal=True)


@pytest.mark.parametrize(
    ("category", "reach", "expected"),
    [
        (Category.TICKETS, EVERYTHING, [("in_app", "delivered"), ("email", "pending")]),
        (Category.TICKETS, Reach(has_mobile=True), [("in_app", "delivered"), ("sms", "failed")]),
        (Category.TICKETS, Reach(has_postal=True), [("in_app", "delivered"), ("post", "staff_task")]),
        (Category.TIPS, Reach(has_postal=True), [("in_app", "delivered")]),
        (Category.LEGAL, Reach(is_staff=True), [("in_app", "delivered")]),
    ],
)
def test_people_are_reached_by_what_they_have(
    category: Category, reach: Reach, expected: list[tuple[str, str]]
) -> None:
    assert [(one.channel.value, one.state) for one in plan(category, reach, {})] == expected


def test_tips_off_never_turns_tickets_off() -> None:
    no_tips = {(Category.TIPS, Channel.EMAIL): False, (Category.TIPS, Channel.IN_APP): False}
    assert plan(Category.TIPS, EVERYTHING, no_tips) == []
    assert len(plan(Category.TICKETS, EVERYTHING, no_tips)) == 2


@pytest.mark.parametrize("category", [Category.SAFETY, Category.LEGAL, Category.ACCOUNT])
def test_safety_rights_and_account_cannot_be_switched_off(category: Category) -> None:
    all_off = {(category, channel): False for channel in Channel}
    assert len(plan(category, EVERYTHING, all_off)) == 2


def test_retries_come_with_growing_delay_and_end_after_a_day() -> None:
    waits = [next_try(attempts, NOW) for attempts in range(1, len(DELAYS_SECONDS) + 1)]
    assert all(wait is not None for wait in waits)
    assert waits == sorted(waits)  # type: ignore[type-var]
    assert next_try(len(DELAYS_SECONDS) + 1, NOW) is None
