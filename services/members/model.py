"""The tables of the members room: homes, meters and their credentials, people, consents; accounts beside it.

Every row belongs to one cooperative. Business dates are civil days of the dwelling's zone; instants
are UTC. No secret is kept: passwords and tokens only as digests, TOTP seeds are derived when needed.
E-mail addresses are kept in lower case.
"""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, Column, Index, Numeric, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from services.members import account_model as accounts
from services.members.columns import SCHEMA, binary, instant

OF_PARTS = (accounts,)
"""Tables that lie in a module of their own; whoever imports this one knows them all."""


class Coop(SQLModel, table=True):
    """A housing cooperative; `coop` is its slug. A sandbox is simulated and has a clock of its own."""

    __tablename__ = "coop"
    __table_args__ = {"schema": SCHEMA}
    coop: str = Field(primary_key=True)
    name: str
    zone: str
    sandbox: bool = False
    business_now: datetime | None = instant(nullable=True)
    created_at: datetime = instant()
    dropped_at: datetime | None = instant(nullable=True)
    """Of a sandbox that was dropped: its name alone is kept for a day, for events still on their way."""


class Residence(SQLModel, table=True):
    """Where a residence stands, for its buildings and dwellings that say nothing of their own."""

    __tablename__ = "residence"
    __table_args__ = {"schema": SCHEMA}
    coop: str = Field(primary_key=True, foreign_key="members.coop.coop")
    name: str = Field(primary_key=True)
    street: str | None = None
    city: str | None = None


class Building(SQLModel, table=True):
    __tablename__ = "building"
    __table_args__ = (Index("building_ref", "coop", "ref", unique=True), {"schema": SCHEMA})
    id: str = Field(primary_key=True)
    coop: str = Field(foreign_key="members.coop.coop")
    ref: str
    residence: str
    street: str | None = None
    """Number and street where it is not the residence's, without postcode and town."""
    city: str | None = None
    reception_on: date | None = None


class Dwelling(SQLModel, table=True):
    __tablename__ = "dwelling"
    __table_args__ = (Index("dwelling_ref", "coop", "ref", unique=True), {"schema": SCHEMA})
    id: str = Field(primary_key=True)
    coop: str = Field(foreign_key="members.coop.coop")
    ref: str
    building: str | None = Field(default=None, foreign_key="members.building.id")
    residence: str
    street: str | None = None
    """Number and street where it is neither the building's nor the residence's."""
    city: str | None = None
    staircase: str | None = None
    floor: str | None = None
    floor_area_m2: Decimal = Field(sa_column=Column(Numeric(8, 2), nullable=False))
    heating: str
    postcode: str
    zone: str
    built_on: date | None = None
    reception_on: date | None = None


class Meter(SQLModel, table=True):
    """Belongs to a dwelling, or to a building's common part; stays when households change."""

    __tablename__ = "meter"
    __table_args__ = (Index("meter_dwelling", "dwelling"), {"schema": SCHEMA})
    id: str = Field(primary_key=True)
    coop: str = Field(foreign_key="members.coop.coop")
    dwelling: str | None = Field(default=None, foreign_key="members.dwelling.id")
    building: str | None = Field(default=None, foreign_key="members.building.id")
    fluid: str
    serial: str | None = None
    zone: str


class MeterContract(SQLModel, table=True):
    """Holds from `valid_from` (a civil day) until the meter's next one."""

    __tablename__ = "meter_contract"
    __table_args__ = {"schema": SCHEMA}
    meter: str = Field(primary_key=True, foreign_key="members.meter.id")
    valid_from: date = Field(primary_key=True)
    coop: str
    tariff: str
    subscribed_kva: int | None = None
    offpeak: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    prices: dict[str, str] | None = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True)
    )
    gas_kwh_m3: Decimal | None = Field(default=None, sa_column=Column(Numeric(6, 3), nullable=True))
    """Of a gas meter: energy of a cubic metre as the meter counts it, where the place's own is known."""


class MeterExchange(SQLModel, table=True):
    """A register was replaced at a meter's place: the last index of the old one and the first of the new,
    in thousandths of the quantity's canonical unit. Never deleted: a mistake is undone, with who and why."""

    __tablename__ = "meter_exchange"
    __table_args__ = (
        Index(
            "meter_exchange_standing", "meter", "exchanged_on", unique=True,
            postgresql_where=text("undone_at IS NULL"),
        ),
        {"schema": SCHEMA},
    )  # fmt: skip
    id: str = Field(primary_key=True)
    coop: str
    meter: str = Field(foreign_key="members.meter.id")
    quantity: str
    exchanged_on: date
    exchanged_at: datetime | None = instant(nullable=True)
    old_milli: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    new_milli: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    old_serial: str | None = None
    new_serial: str | None = None
    recorded_by: str
    recorded_at: datetime = instant()
    undone_by: str | None = None
    undone_at: datetime | None = instant(nullable=True)
    undone_why: str | None = None


class Gateway(SQLModel, table=True):
    """One credential that publishes for many meters."""

    __tablename__ = "gateway"
    __table_args__ = {"schema": SCHEMA}
    id: str = Field(primary_key=True)
    coop: str = Field(foreign_key="members.coop.coop")
    building: str | None = Field(default=None, foreign_key="members.building.id")
    codec: str


class Channel(SQLModel, table=True):
    __tablename__ = "channel"
    __table_args__ = {"schema": SCHEMA}
    gateway: str = Field(primary_key=True, foreign_key="members.gateway.id")
    channel: str = Field(primary_key=True)
    coop: str
    meter: str = Field(foreign_key="members.meter.id")


class Credential(SQLModel, table=True):
    """A device's MQTT password, as a keyed digest. The user name is the meter's or gateway's id."""

    __tablename__ = "credential"
    __table_args__ = (
        Index("credential_in_force", "username", unique=True, postgresql_where=text("revoked_at IS NULL")),
        {"schema": SCHEMA},
    )
    id: str = Field(primary_key=True)
    coop: str
    username: str
    topic: str
    digest: bytes = binary()
    issued_at: datetime = instant()
    revoked_at: datetime | None = instant(nullable=True)


class Person(SQLModel, table=True):
    __tablename__ = "person"
    __table_args__ = (Index("person_email", "email"), {"schema": SCHEMA})
    id: str = Field(primary_key=True)
    coop: str = Field(foreign_key="members.coop.coop")
    name: str
    email: str | None = None
    mobile: str | None = None
    postal: str | None = None
    language: str
    created_at: datetime = instant()
    erased_at: datetime | None = instant(nullable=True)


class Occupancy(SQLModel, table=True):
    """One household in one dwelling; `moved_out_on` is its last day."""

    __tablename__ = "occupancy"
    __table_args__ = (Index("occupancy_dwelling", "dwelling"), {"schema": SCHEMA})
    id: str = Field(primary_key=True)
    coop: str = Field(foreign_key="members.coop.coop")
    dwelling: str = Field(foreign_key="members.dwelling.id")
    tenure: str
    moved_in_on: date
    moved_out_on: date | None = None
    livraison_on: date | None = None
    quiet: bool = False


class Resident(SQLModel, table=True):
    """A person's place in a household; `until_on` is the last day on which they see it."""

    __tablename__ = "resident"
    __table_args__ = (Index("resident_person", "person"), {"schema": SCHEMA})
    occupancy: str = Field(primary_key=True, foreign_key="members.occupancy.id")
    person: str = Field(primary_key=True, foreign_key="members.person.id")
    coop: str
    right: str
    since_on: date
    until_on: date | None = None


class Consent(SQLModel, table=True):
    """One giving of one purpose, and its withdrawal: history is kept."""

    __tablename__ = "consent"
    __table_args__ = (
        Index(
            "consent_in_force",
            "occupancy",
            "purpose",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        {"schema": SCHEMA},
    )
    id: str = Field(primary_key=True)
    coop: str
    occupancy: str = Field(foreign_key="members.occupancy.id")
    purpose: str
    text_version: str
    granted_at: datetime = instant()
    granted_by: str
    channel: str
    witness: str | None = None
    withdrawn_at: datetime | None = instant(nullable=True)
    withdrawn_by: str | None = None
    withdrawn_channel: str | None = None
    withdrawn_witness: str | None = None
