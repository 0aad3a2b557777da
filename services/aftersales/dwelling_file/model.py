"""Tables of the dwelling's file: legal dates, equipment, check-ins, changes of settings, opinions."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, DateTime, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

SCHEMA = "aftersales"


def _instant(nullable: bool = False) -> Any:
    return Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=nullable))


class DwellingFile(SQLModel, table=True):
    """That a household's file was opened, when it moved in: its check-ins are then planned, once."""

    __tablename__ = "dwelling_file"
    __table_args__ = (Index("dwelling_file_dwelling", "dwelling"), {"schema": SCHEMA})
    occupancy: str = Field(primary_key=True)
    coop: str
    dwelling: str
    opened_at: datetime = _instant()


class LegalDate(SQLModel, table=True):
    """A legal day that the cooperative recorded after the fact. Only ever added: the latest counts."""

    __tablename__ = "legal_date"
    __table_args__ = (Index("legal_date_about", "about", "kind", "recorded_at"), {"schema": SCHEMA})
    id: str = Field(primary_key=True)
    coop: str
    about: str
    """A dwelling or building (`reception`), or an occupancy (`livraison`, `etat_des_lieux`)."""
    kind: str
    day: date
    note: str | None = None
    """The document it rests on."""
    recorded_by: str
    recorded_at: datetime = _instant()


class Equipment(SQLModel, table=True):
    """A piece of equipment with its own day of installation and warranty; see `facts.EquipmentRegime`."""

    __tablename__ = "equipment"
    __table_args__ = (
        Index("equipment_dwelling", "dwelling", "element"),
        Index("equipment_building", "building", "element"),
        {"schema": SCHEMA},
    )
    id: str = Field(primary_key=True)
    coop: str
    dwelling: str | None = None
    building: str | None = None
    """One of the two: a shared boiler or lift is the building's."""
    element: str
    place: str | None = None
    installed_on: date
    warranty_regime: str
    contract_ends_on: date | None = None
    serial: str | None = None
    note: str | None = None
    ended_on: date | None = None
    """Its last day, when it was taken out or replaced."""
    recorded_by: str
    recorded_at: datetime = _instant()
    changed_by: str | None = None
    changed_at: datetime | None = _instant(nullable=True)


class CheckIn(SQLModel, table=True):
    """A question to a household before a window shuts; see `check_ins`. One of a kind per household."""

    __tablename__ = "check_in"
    __table_args__ = (
        Index("check_in_of_household", "occupancy", "kind", unique=True),
        Index("check_in_due", "coop", "due_on", postgresql_where=text("state = 'planned'")),
        {"schema": SCHEMA},
    )
    id: str = Field(primary_key=True)
    coop: str
    occupancy: str
    kind: str
    due_on: date
    state: str
    """`planned`, `asked`, `answered`, `superseded` by a later one, `dropped` with nothing left to save, or
    `before_record`: its windows had shut when the household was recorded."""
    windows: list[str] = Field(default=None, sa_column=Column(JSONB, nullable=False))
    """The windows it was asked for."""
    ends_on: date | None = None
    """The first of them to shut, as it was when asked."""
    asked_at: datetime | None = _instant(nullable=True)
    answer: str | None = None
    """`fine` or `problem`."""
    answered_by: str | None = None
    answered_at: datetime | None = _instant(nullable=True)
    tickets: list[str] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True))
    """The requests that were told from it."""


class SettingChange(SQLModel, table=True):
    """A change of the cooperative's settings of after-sales: what, by whom, when. Only ever added."""

    __tablename__ = "setting_change"
    __table_args__ = (Index("setting_change_coop", "coop", "changed_at"), {"schema": SCHEMA})
    id: str = Field(primary_key=True)
    coop: str
    building: str | None = None
    name: str
    """A setting's name, or `responsibility_rule`."""
    before: Any = Field(default=None, sa_column=Column(JSONB, nullable=True))
    after: Any = Field(default=None, sa_column=Column(JSONB, nullable=True))
    changed_by: str
    changed_at: datetime = _instant()


class Opinion(SQLModel, table=True):
    """What one side thinks of a request once the work is done; each side writes only its own."""

    __tablename__ = "opinion"
    __table_args__ = ({"schema": SCHEMA},)
    ticket: str = Field(primary_key=True, foreign_key="aftersales.ticket.id")
    side: str = Field(primary_key=True)
    """`household`, `staff` or `contractor`."""
    coop: str
    verdict: str
    """`good` or `bad`."""
    qualities: list[str] = Field(default=None, sa_column=Column(JSONB, nullable=False))
    comment: str | None = None
    given_by: str
    given_at: datetime = _instant()
    counted_in: int | None = None
    """The step of what is published in which a household's answer was first counted."""
