"""Tickets from move-in onward. Published by `aftersales`."""

from datetime import date
from typing import ClassVar

from contracts.base import BuildingId, DwellingId, Event, Instant, OccupancyId, TicketId
from contracts.codes import ClockFamily, Priority, Responsible


class TicketOpened(Event):
    subject: ClassVar[str] = "aftersales.ticket_opened.v1"
    ticket: TicketId
    number: int
    """The short number people say on the phone, counted per cooperative."""
    occupancy: OccupancyId | None = None
    dwelling: DwellingId | None = None
    building: BuildingId | None = None
    place: str
    element: str
    symptom: str
    state: str
    priority: Priority
    responsible: Responsible
    team: str
    first_answer_due_at: Instant | None = None
    channel: str | None = None
    """How it came: a code of the group `channels`."""


class TicketChanged(Event):
    subject: ClassVar[str] = "aftersales.ticket_changed.v1"
    ticket: TicketId
    number: int
    occupancy: OccupancyId | None = None
    building: BuildingId | None = None
    element: str
    action: str
    state: str
    actor_role: str
    appointment_at: Instant | None = None
    expected_at: Instant | None = None
    """When whoever is on the way thinks to be there."""
    side: str | None = None
    """On whose side a visit was missed: member, contractor or cooperative."""
    appointment_until: Instant | None = None
    """The end of the window that begins at `appointment_at`."""
    change_until: Instant | None = None
    """Until when its household moves or calls off the visit by itself; null when it must call."""
    slots: int | None = None
    """How many windows the household can choose from now, where it has to choose one."""
    outcome: str | None = None
    """What came of the work: a code of the group `outcomes`."""
    remark: int | None = None
    """The step whose words say what remains to do: its place in the history, in `registry.step_remark`."""
    debtor: str | None = None
    """Who was written to: a code of the group `parties`."""
    party: str | None = None
    """The firm that is to do the work, in `registry.firm`; null for the cooperative's own team."""
    at_home: bool = True
    """Whether somebody has to open: false for the shared parts of a building."""
    is_signed: bool = False
    """Whether signatures end it, the household's and the cooperative's, rather than one's word."""
    raised_to: Priority | None = None
    """p0 or p1, where this step made it more urgent than it was: the cooperative's people hear of it as of a
    request that came so."""
    symptom: str | None = None
    """Told with `raised_to`, as is `team`: the team that sees to it."""
    team: str | None = None
    first_answer_due_at: Instant | None = None
    """Told with `raised_to`: until when a person has to call back."""
    tells_household: bool
    """True when the household should hear of it."""


class IncidentDeclared(Event):
    """A person confirmed that several homes have one cause, or a home joined them."""

    subject: ClassVar[str] = "aftersales.incident_declared.v1"
    incident: str
    building: BuildingId | None = None
    occupancies: tuple[OccupancyId, ...]
    """The households that hear of it for the first time."""
    symptom: str
    family: str | None = None
    news: str | None = None
    """The text staff wrote for all, in `registry.incident_news`."""
    expected_at: Instant | None = None
    """When staff expect it to be over."""


class IncidentUpdated(Event):
    """An incident was proposed, moved on, or staff wrote how it goes."""

    subject: ClassVar[str] = "aftersales.incident_updated.v1"
    incident: str
    building: BuildingId | None = None
    occupancies: tuple[OccupancyId, ...] = ()
    """The households to write to; empty when only the cooperative's people are concerned."""
    symptom: str
    family: str | None = None
    state: str
    news: str | None = None
    expected_at: Instant | None = None


class IncidentResolved(Event):
    """The cause is gone as far as the cooperative knows: each household is asked whether it is so at home."""

    subject: ClassVar[str] = "aftersales.incident_resolved.v1"
    incident: str
    building: BuildingId | None = None
    occupancies: tuple[OccupancyId, ...]
    symptom: str
    family: str | None = None
    news: str | None = None


class DeadlineNear(Event):
    """A promise or a legal window is about to be lost."""

    subject: ClassVar[str] = "aftersales.deadline_near.v1"
    ticket: TicketId
    number: int
    kind: str
    clock: ClockFamily
    due_at: Instant
    percent: int
    assignee: str | None = None
    """Who answers for the request, and its `team`: they hear of it; of what is missed, all staff hear."""
    team: str | None = None
    digest_at: Instant | None = None
    """When what can wait for the morning is next told by mail, all together, soon after the cooperative
    opens. Null for safety, which does not wait."""


class InspectionSigned(Event):
    """Both sides signed an état des lieux or a livraison, or the cooperative took note of what was added."""

    subject: ClassVar[str] = "aftersales.inspection_signed.v1"
    inspection: str
    occupancy: OccupancyId
    kind: str
    """`etat_des_lieux` or `livraison`."""
    held_on: date
    findings: int
    """How many became requests."""
    amendment: str | None = None
    """What the household added afterwards, once the cooperative took note of it."""


class CheckInDue(Event):
    """A household is asked whether all is well, before legal windows shut."""

    subject: ClassVar[str] = "aftersales.check_in_due.v1"
    check_in: str
    occupancy: OccupancyId
    kind: str
    windows: tuple[str, ...]
    """Codes of the windows it is asked for."""
    ends_on: date | None = None
    """The last day, included, of the first of them to shut."""
