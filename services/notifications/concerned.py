"""Which of a cooperative's people a warning concerns."""

from collections.abc import Sequence

from contracts.aftersales import DeadlineNear, TicketChanged, TicketOpened
from services.kit.registry import Staff

MISSED = 100


def near(event: DeadlineNear, people: Sequence[Staff]) -> list[str]:
    """Who answers for the request and the rest of its team; everybody of what is missed or nobody's."""
    staff = [person for person in people if person.role == "staff"]
    named = {
        person.id
        for person in people
        if person.id == event.assignee or (person.team is not None and person.team == event.team)
    }
    if event.percent >= MISSED or not named:
        named |= {person.id for person in staff}
    return sorted(named)


def danger(event: TicketOpened | TicketChanged, people: Sequence[Staff]) -> list[str]:
    """All staff, whatever their team, and whoever is of the team that sees to it: at night nobody knows who
    looks at the mail."""
    return sorted(
        person.id
        for person in people
        if person.role == "staff" or (person.team is not None and person.team == event.team)
    )
