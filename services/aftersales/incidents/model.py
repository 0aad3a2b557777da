"""The tables of incidents: one cause, its reports, its history, what was written to all, who follows it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, DateTime, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

SCHEMA = "aftersales"
IS_OPEN = "state IN ('proposed', 'confirmed', 'in_progress')"
"""SQL: like reports of the same place still join it."""
LEADS_ON = "state IN ('proposed', 'confirmed', 'in_progress', 'merged')"
"""SQL: like reports of the same place join it, or what it was joined into."""


def _instant(nullable: bool = False) -> Any:
    return Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=nullable))


def _json() -> Any:
    return Field(default=None, sa_column=Column(JSONB, nullable=False))


class Incident(SQLModel, table=True):
    """One cause that several homes report. `state` follows from its events; see `stages`."""

    __tablename__ = "incident"
    __table_args__ = (
        Index("incident_open", "coop", "family", "scope", unique=True, postgresql_where=text(IS_OPEN)),
        Index("incident_leads_on", "coop", "family", "scope", postgresql_where=text(LEADS_ON)),
        Index("incident_joined", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
        Index("incident_list", "coop", "began_at"),
        {"schema": SCHEMA},
    )
    id: str = Field(primary_key=True)
    """`inc_…`"""
    coop: str
    family: str
    """A code of the group `incident_families`."""
    scope: str
    """Where: `staircase:bld_…/A`, `building:bld_…`, `residence:Les Aulnes`, `plant:plt_…` or
    `gateway:gtw_…`."""
    building: str | None = None
    element: str
    symptom: str
    """Of the report that made it; words for households come from it."""
    state: str
    owner: str | None = None
    """The named person who confirmed it and answers for it."""
    evidence: dict[str, Any] = _json()
    """Why it was proposed: dwellings that reported, dwellings whose meters fell, dwellings served."""
    tells_all: bool = False
    """Every household served is written to, not only those that reported or follow."""
    began_at: datetime = _instant()
    """Business time of the first report."""
    expected_at: datetime | None = _instant(nullable=True)
    """When staff expect it to be over."""
    next_news_at: datetime | None = _instant(nullable=True)
    """By when staff promised to write again; none once they have, unless they promise anew."""
    confirmed_at: datetime | None = _instant(nullable=True)
    resolved_at: datetime | None = _instant(nullable=True)
    merged_into: str | None = None
    after: str | None = None
    """The incident of like reports that was resolved or dismissed shortly before this one was proposed."""
    version: int


class IncidentEvent(SQLModel, table=True):
    """One step of an incident's history. Only ever added."""

    __tablename__ = "incident_event"
    __table_args__ = ({"schema": SCHEMA},)
    incident: str = Field(primary_key=True, foreign_key="aftersales.incident.id")
    place_in_history: int = Field(primary_key=True)
    coop: str
    action: str
    actor: str
    role: str
    reason: str | None = None
    detail: dict[str, Any] = _json()
    """What undoing it needs: the scope or the state before, children moved."""
    state: str
    occurred_at: datetime = _instant()
    recorded_at: datetime = _instant()


class IncidentNews(SQLModel, table=True):
    """A text that staff wrote once for every household concerned. Public: it names nobody."""

    __tablename__ = "incident_news"
    __table_args__ = (Index("incident_news_incident", "incident", "written_at"), {"schema": SCHEMA})
    id: str = Field(primary_key=True)
    """`inn_…`"""
    coop: str
    incident: str = Field(foreign_key="aftersales.incident.id")
    kind: str
    """`declared`, `progress`, `resolved` or `withdrawn`."""
    text_fr: str
    text_en: str | None = None
    expected_at: datetime | None = _instant(nullable=True)
    written_by: str
    written_at: datetime = _instant()


class IncidentReport(SQLModel, table=True):
    """That a home reported what several homes may report: codes and places, no words."""

    __tablename__ = "incident_report"
    __table_args__ = (
        Index("incident_report_cluster", "coop", "family", "scope", "reported_at"),
        Index("incident_report_incident", "incident"),
        {"schema": SCHEMA},
    )
    ticket: str = Field(primary_key=True, foreign_key="aftersales.ticket.id")
    coop: str
    family: str
    scope: str
    """The narrowest place whose common cause it may be."""
    place: str
    """The dwelling, or the building of a shared part's request."""
    occupancy: str | None = None
    reported_at: datetime = _instant()
    incident: str | None = Field(default=None, foreign_key="aftersales.incident.id")
    """The incident it belongs to, or was taken out of by a dismissal."""
    via: str | None = None
    """The incident of its own place, when that had been joined into `incident` before this report came."""
    answer: str | None = None
    """To "is it back for you?": `back` or `not_back`; null until answered."""
    answered_at: datetime | None = _instant(nullable=True)


class IncidentFollower(SQLModel, table=True):
    """A household that follows an incident without a request of its own."""

    __tablename__ = "incident_follower"
    __table_args__ = (Index("incident_follower_occupancy", "occupancy"), {"schema": SCHEMA})
    incident: str = Field(primary_key=True, foreign_key="aftersales.incident.id")
    occupancy: str = Field(primary_key=True)
    coop: str
    person: str
    followed_at: datetime = _instant()
    answer: str | None = None
    answered_at: datetime | None = _instant(nullable=True)


class Plant(SQLModel, table=True):
    """A plant that serves several buildings: one boiler house, one district heating substation."""

    __tablename__ = "plant"
    __table_args__ = (Index("plant_ref", "coop", "ref", unique=True), {"schema": SCHEMA})
    id: str = Field(primary_key=True)
    """`plt_…`"""
    coop: str
    ref: str
    """The cooperative's own name of it."""
    families: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    """What fails everywhere when it fails."""
    buildings: list[str] = Field(sa_column=Column(JSONB, nullable=False))


class MeterProposal(SQLModel, table=True):
    """A fault of the supply seen in a home's readings: a person looks before anything is opened."""

    __tablename__ = "meter_proposal"
    __table_args__ = (
        Index("meter_proposal_open", "coop", "family", "scope", postgresql_where=text("state = 'proposed'")),
        Index("meter_proposal_list", "coop", "raised_at"),
        {"schema": SCHEMA},
    )
    id: str = Field(primary_key=True)
    """The fault's own id `flt_…`: told again, it is the same proposal."""
    coop: str
    meter: str
    dwelling: str | None = None
    building: str | None = None
    occupancy: str | None = None
    fault: str
    """A code of the group `supply_faults`."""
    element: str
    symptom: str
    family: str | None = None
    scope: str | None = None
    since: datetime = _instant()
    raised_at: datetime = _instant()
    evidence: dict[str, Any] = _json()
    """The days the fault was seen in and their figures; emptied when the household takes its leave back."""
    state: str
    """`proposed`, `accepted`, `dismissed` or `cleared` (the readings are well again)."""
    ticket: str | None = Field(default=None, foreign_key="aftersales.ticket.id")
    incident: str | None = Field(default=None, foreign_key="aftersales.incident.id")
    via: str | None = None
    """As of a report."""
    decided_by: str | None = None
    decided_at: datetime | None = _instant(nullable=True)
    reason: str | None = None
