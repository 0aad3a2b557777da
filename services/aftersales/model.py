"""The tables of the after-sales room. What people wrote in their own words stays here, never in events."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, DateTime, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from services.aftersales import walking_model as walking
from services.aftersales.desk import model as desk
from services.aftersales.dwelling_file import model as dwelling_file
from services.aftersales.incidents import model as incidents
from services.aftersales.inspections import model as inspections
from services.aftersales.intake import model as intake
from services.aftersales.notices import model as notices
from services.aftersales.opinions import model as opinions
from services.aftersales.parties import model as parties
from services.aftersales.photos import model as photos
from services.aftersales.visits import model as visits

OF_PARTS = (
    desk, dwelling_file, incidents, inspections, intake, notices, opinions, parties, photos, visits, walking
)  # fmt: skip
"""Each part of the room keeps its tables beside its rules; whoever imports this module knows them all."""
SCHEMA = "aftersales"
WHOLE_COOP = ""
"""The `building` of a setting that holds for the whole cooperative."""


def _instant(nullable: bool = False) -> Any:
    return Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=nullable))


def _json(nullable: bool = False) -> Any:
    return Field(default=None, sa_column=Column(JSONB, nullable=nullable))


class Ticket(SQLModel, table=True):
    """A request as it stands. `state`, `next_due_at` and `ended_at` follow from its events."""

    __tablename__ = "ticket"
    __table_args__ = (
        Index("ticket_number", "coop", "number", unique=True),
        Index("ticket_queue", "coop", "state", "next_due_at"),
        Index("ticket_occupancy", "occupancy"),
        Index("ticket_by_due", "coop", "next_due_at", "id"),
        Index("ticket_open_by_due", "coop", "next_due_at", "id", postgresql_where=text("ended_at IS NULL")),
        Index("ticket_running", "id", postgresql_where=text("ended_at IS NULL")),
        {"schema": SCHEMA},
    )
    id: str = Field(primary_key=True)
    coop: str
    number: int
    occupancy: str | None = None
    dwelling: str | None = None
    building: str | None = None
    place: str
    element: str
    symptom: str
    description: str | None = None
    """The reporter's own words; null once erased."""
    noticed_on: date
    channel: str
    opened_by: str
    reported_by: str | None = None
    inspection: str | None = Field(default=None, foreign_key="aftersales.inspection.id")
    """The état des lieux or livraison it was found at."""
    cause: str
    priority: str
    responsible: str
    basis: str
    reasons: list[dict[str, Any]] = _json()
    set_by_person: list[str] = _json()
    """Which of `priority`, `responsible`, `team` a person decided: rules no longer change them."""
    team: str
    assignee: str | None = None
    """The named contact: a person of `registry.staff`."""
    installed_on: date | None = None
    declared_to_insurer_on: date | None = None
    party: str | None = Field(default=None, foreign_key="aftersales.party.id")
    """Whom it is claimed on or given to, when that is not the cooperative itself."""
    incident: str | None = None
    state: str
    opened_at: datetime = _instant()
    appointment_at: datetime | None = _instant(nullable=True)
    ended_at: datetime | None = _instant(nullable=True)
    next_due_at: datetime | None = _instant(nullable=True)
    version: int
    """Grows by one with each change, for optimistic locking."""


class TicketEvent(SQLModel, table=True):
    """One action of a request's history. Only ever added; erasing a person blanks its words."""

    __tablename__ = "ticket_event"
    __table_args__ = (
        Index(
            "ticket_event_key",
            "ticket",
            "idempotency_key",
            unique=True,
            postgresql_where=text("idempotency_key IS NOT NULL"),
        ),
        {"schema": SCHEMA},
    )
    ticket: str = Field(primary_key=True, foreign_key="aftersales.ticket.id")
    place_in_history: int = Field(primary_key=True)
    coop: str
    action: str
    actor: str
    role: str
    reason: str | None = None
    comment: str | None = None
    appointment_at: datetime | None = _instant(nullable=True)
    state: str
    """The state it led to."""
    occurred_at: datetime = _instant()
    """Business time."""
    recorded_at: datetime = _instant()
    """Wall time."""
    channel: str | None = None
    """How it came: a code of the group `channels`, or `desk`, `link`, `api`; null in old histories."""
    facts: dict[str, Any] | None = _json(nullable=True)
    """What else the step keeps, codes and days only; see `lifecycle.TABLE`."""
    idempotency_key: str | None = None
    """Of the caller: the same key is the same step, however often it is sent."""


class TicketMessage(SQLModel, table=True):
    """A word between household and cooperative about a request."""

    __tablename__ = "ticket_message"
    __table_args__ = (Index("ticket_message_ticket", "ticket", "written_at"), {"schema": SCHEMA})
    id: str = Field(primary_key=True)
    coop: str
    ticket: str = Field(foreign_key="aftersales.ticket.id")
    author: str
    role: str
    body: str | None = None
    written_at: datetime = _instant()


class WarrantyRow(SQLModel, table=True):
    """A warranty that ran when the request was told; see `warranty.Warranty`."""

    __tablename__ = "ticket_warranty"
    __table_args__ = ({"schema": SCHEMA},)
    ticket: str = Field(primary_key=True, foreign_key="aftersales.ticket.id")
    regime: str = Field(primary_key=True)
    coop: str
    debtor: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    list_by_on: date | None = None
    basis: str | None = None
    reasons: list[dict[str, Any]] = _json()
    also: list[str] = Field(
        default_factory=list, sa_column=Column(JSONB, nullable=False, server_default=text("'[]'::jsonb"))
    )
    """Who owes it beside the debtor."""


class DeadlineRow(SQLModel, table=True):
    """A clock of a request, and the highest warning given; see `deadlines.Deadline`."""

    __tablename__ = "ticket_deadline"
    __table_args__ = (
        Index("ticket_deadline_running", "due_at", postgresql_where=text("met_at IS NULL")),
        Index("ticket_deadline_alarm", "alarm_at", postgresql_where=text("alarm_at IS NOT NULL")),
        {"schema": SCHEMA},
    )
    ticket: str = Field(primary_key=True, foreign_key="aftersales.ticket.id")
    kind: str = Field(primary_key=True)
    coop: str
    clock: str
    starts_at: datetime = _instant()
    due_at: datetime = _instant()
    met_at: datetime | None = _instant(nullable=True)
    warned_percent: int
    alarm_at: datetime | None = _instant(nullable=True)
    """When the next warning is due; null while none is."""
    alarms: list[list[Any]] = _json()
    """Percent of the time given and the instant (ISO 8601) at which that much is used, ascending."""


class Inspection(SQLModel, table=True):
    """An *état des lieux* (tenant) or a *livraison* (buyer): two legal acts, never one."""

    __tablename__ = "inspection"
    __table_args__ = (Index("inspection_occupancy", "occupancy"), {"schema": SCHEMA})
    id: str = Field(primary_key=True)
    coop: str
    occupancy: str
    kind: str
    held_on: date
    recorded_by: str
    recorded_at: datetime = _instant()
    opened: dict[str, str] = Field(
        default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default=text("'{}'::jsonb"))
    )
    """The request of each finding, by what was found (`merging.kept`)."""


class ResponsibilityRule(SQLModel, table=True):
    """A rule of the cooperative's own, or of one building; see `responsibility.Override`."""

    __tablename__ = "responsibility_rule"
    __table_args__ = (Index("responsibility_rule_coop", "coop"), {"schema": SCHEMA})
    id: str = Field(primary_key=True)
    coop: str
    building: str | None = None
    trade: str | None = None
    element: str | None = None
    symptom: str | None = None
    tenure: str | None = None
    responsible: str
    basis: str
    valid_from: date
    valid_to: date | None = None


class Setting(SQLModel, table=True):
    """Configuration by cooperative and building: `heating_period`, `calendar`, `teams`, `copropriete`,
    `terms` (decisions on legal terms that are not confirmed)."""

    __tablename__ = "setting"
    __table_args__ = ({"schema": SCHEMA},)
    coop: str = Field(primary_key=True)
    building: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    value: Any = _json()


class Counter(SQLModel, table=True):
    """The last ticket number of a cooperative."""

    __tablename__ = "counter"
    __table_args__ = ({"schema": SCHEMA},)
    coop: str = Field(primary_key=True)
    last: int
