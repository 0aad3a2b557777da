"""Who may be told that something changed, and which part of their pages it concerns."""

from collections.abc import Callable

from contracts import advice, aftersales, members, metering, notifications, readings
from contracts.base import Event
from contracts.codes import Role
from services.kit.principal import PLATFORM, Principal

RESIDENT, CARETAKER, STAFF, OPERATOR = Role.RESIDENT, Role.CARETAKER, Role.STAFF, Role.OPERATOR
TEAM = frozenset({CARETAKER, STAFF})

PARTS: dict[type[Event], dict[Role, str]] = {
    metering.DayClosed: {RESIDENT: "consumption", OPERATOR: "flow"},
    metering.MeterSilent: {OPERATOR: "meters"},
    metering.MeterHeard: {OPERATOR: "meters"},
    metering.SupplyFault: {OPERATOR: "meters"},
    metering.SupplyFaultCleared: {OPERATOR: "meters"},
    readings.Rejected: {OPERATOR: "quarantine"},
    advice.TipRaised: {RESIDENT: "tips"},
    advice.TipOutcome: {RESIDENT: "tips"},
    aftersales.TicketOpened: {RESIDENT: "tickets", CARETAKER: "tickets", STAFF: "tickets"},
    aftersales.TicketChanged: {RESIDENT: "tickets", CARETAKER: "tickets", STAFF: "tickets"},
    aftersales.IncidentDeclared: {RESIDENT: "tickets", CARETAKER: "tickets", STAFF: "tickets"},
    aftersales.IncidentUpdated: {RESIDENT: "tickets", CARETAKER: "tickets", STAFF: "tickets"},
    aftersales.IncidentResolved: {RESIDENT: "tickets", CARETAKER: "tickets", STAFF: "tickets"},
    aftersales.DeadlineNear: {CARETAKER: "tickets", STAFF: "tickets"},
    aftersales.InspectionSigned: {RESIDENT: "tickets", CARETAKER: "tickets", STAFF: "tickets"},
    notifications.Delivered: {RESIDENT: "messages", OPERATOR: "mailbox"},
    notifications.Failed: {STAFF: "messages", OPERATOR: "mailbox"},
    members.MovedIn: {STAFF: "homes"},
    members.MovedOut: {STAFF: "homes"},
    members.ConsentChanged: {RESIDENT: "consumption"},
    members.ContractChanged: {OPERATOR: "meters"},
    members.MeterExchanged: {OPERATOR: "meters"},
}
"""Event, reader's role and the name the page hears. The name is also that of the fragment."""

NAMES = frozenset(name for parts in PARTS.values() for name in parts.values())
ADDRESSED = tuple(event.subject for event in PARTS)


def changed(event: Event, who: Principal, homes: frozenset[str]) -> set[str]:
    """The parts of the pages of `who` that `event` concerns; empty when it is none of their business.

    `homes` are the occupancies a resident belongs to.
    """
    part = PARTS.get(type(event), {}).get(who.role)
    if part is None or who.coop not in (PLATFORM, event.coop):
        return set()
    if who.role is RESIDENT and not _concerns(event, who, homes):
        return set()
    return {part}


def _concerns(event: Event, who: Principal, homes: frozenset[str]) -> bool:
    """Whether the event names the resident or a home of theirs. Nobody is told of a neighbour's."""
    fields: dict[str, Callable[[object], bool]] = {
        "person": lambda value: value == who.person,
        "occupancy": lambda value: value in homes,
        "occupancies": lambda value: isinstance(value, tuple) and not homes.isdisjoint(value),
    }
    return any(test(getattr(event, name)) for name, test in fields.items() if hasattr(event, name))
