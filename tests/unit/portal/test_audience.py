"""Who is told that something changed. Nobody is told of a neighbour's home or another cooperative's."""

import pytest

from contracts.advice import TipRaised
from contracts.aftersales import IncidentDeclared, TicketChanged
from contracts.base import Event
from contracts.codes import Category, Channel, Role, Rule
from contracts.notifications import Delivered
from contracts.time import HourPassed
from services.kit.ids import new_id
from services.kit.principal import PLATFORM, Principal
from services.portal.audience import ADDRESSED, PARTS, changed

HOME, NEIGHBOUR = new_id("occ"), new_id("occ")
ME = new_id("per")


def _who(role: str, coop: str = "tilleuls", person: str = ME) -> Principal:
    return Principal(person, Role(role), coop)


def _tip(occupancy: str, coop: str = "tilleuls") -> TipRaised:
    return TipRaised(
        coop=coop,
        tip=new_id("tip"),
        occupancy=occupancy,
        meter=new_id("mtr"),
        rule=Rule.STANDBY_LOAD,
        variant="high",
        kwh_year=400,
        eur_year="80.00",
        raised_on="2026-11-20",
        expires_on="2027-02-20",
        evidence={},
    )


def _ticket(**where: str) -> TicketChanged:
    return TicketChanged(
        coop="tilleuls",
        ticket=new_id("tkt"),
        number=214,
        element="radiator",
        action="assign",
        state="assigned",
        actor_role="staff",
        tells_household=True,
        **where,
    )


def test_a_household_hears_of_its_own_tip_only() -> None:
    homes = frozenset({HOME})
    assert changed(_tip(HOME), _who("resident"), homes) == {"tips"}
    assert changed(_tip(NEIGHBOUR), _who("resident"), homes) == set()
    assert changed(_tip(HOME, coop="acacias"), _who("resident"), homes) == set()


def test_a_household_without_a_home_any_more_hears_nothing() -> None:
    assert changed(_tip(HOME), _who("resident"), frozenset()) == set()
    assert changed(_ticket(), _who("resident"), frozenset()) == set()


def test_an_incident_is_told_to_every_home_it_touches() -> None:
    event = IncidentDeclared(
        coop="tilleuls", incident=new_id("inc"), occupancies=(NEIGHBOUR, HOME), symptom="no_heat"
    )
    assert changed(event, _who("resident"), frozenset({HOME})) == {"tickets"}
    assert changed(event, _who("resident"), frozenset({new_id("occ")})) == set()


def test_a_message_is_told_to_its_person_only() -> None:
    event = Delivered(
        coop="tilleuls",
        intent=new_id("ntf"),
        person=ME,
        channel=Channel.IN_APP,
        category=Category.TIPS,
    )
    assert changed(event, _who("resident"), frozenset()) == {"messages"}
    assert changed(event, _who("resident", person=new_id("per")), frozenset({HOME})) == set()


@pytest.mark.parametrize(
    ("role", "parts"), [("staff", {"tickets"}), ("caretaker", {"tickets"}), ("operator", set())]
)
def test_the_team_hears_of_every_ticket_of_its_cooperative(role: str, parts: set[str]) -> None:
    event = _ticket(occupancy=HOME)
    assert changed(event, _who(role), frozenset()) == parts
    assert changed(event, _who(role, coop="acacias"), frozenset()) == set()


def test_staff_do_not_hear_of_tips() -> None:
    assert changed(_tip(HOME), _who("staff"), frozenset()) == set()


def test_a_platform_operator_hears_of_all_cooperatives() -> None:
    event = Delivered(
        coop="acacias", intent=new_id("ntf"), person=ME, channel=Channel.EMAIL, category=Category.TIPS
    )
    assert changed(event, _who("operator", coop=PLATFORM), frozenset()) == {"mailbox"}


def test_what_concerns_nobody_is_not_listened_to() -> None:
    assert HourPassed.subject not in ADDRESSED
    assert all(issubclass(event, Event) for event in PARTS)
