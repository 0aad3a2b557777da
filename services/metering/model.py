"""The tables of the metering room: readings, open and closed days, quarantine, meters' state, data uses.

Instants are UTC, days are local civil days of the meter's zone, amounts are whole canonical units (Wh, L).
Rows carry opaque ids only. Readings move by COPY and sets, so most tables are written in SQL, see `store`.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import SQLModel

from services.kit.hourly import hourly_table
from services.metering.astray.model import ASTRAY
from services.metering.imports.model import FILE_CHUNK, FILE_IMPORT, IMPORT_ECHO
from services.metering.replays import model as replays
from services.metering.supply_faults.model import SUPPLY_FAULT, SUPPLY_LOOK

SCHEMA = "metering"
METADATA: MetaData = SQLModel.metadata
HOURLY = hourly_table(SCHEMA)
INSTANT = DateTime(timezone=True)


def _text(name: str, nullable: bool = False, primary_key: bool = False) -> Column[str]:
    return Column(name, String, nullable=nullable, primary_key=primary_key)


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text("0"))


READING_ROW = Table(
    "reading_row",
    METADATA,
    _text("meter", primary_key=True),
    _text("register", primary_key=True),
    Column("instant", INSTANT, primary_key=True),
    _text("coop"),
    _text("quantity"),
    _text("kind"),
    Column("step_s", Integer, nullable=False),
    Column("value_milli", BigInteger, nullable=False),
    _text("codec"),
    Column("received_at", INSTANT, nullable=False),
    schema=SCHEMA,
    postgresql_partition_by="RANGE (instant)",
)
"""One value as the meter gave it, in thousandths of the unit. A repeated key changes nothing."""

INTERVAL_ROW = Table(
    "interval_row",
    METADATA,
    _text("meter", primary_key=True),
    _text("register", primary_key=True),
    Column("day", Date, primary_key=True),
    _text("coop"),
    Column("amounts", ARRAY(BigInteger), nullable=False),
    Column("codecs", ARRAY(String), nullable=False),
    Column("received_at", ARRAY(INSTANT), nullable=False),
    schema=SCHEMA,
    postgresql_partition_by="RANGE (day)",
)
"""A register's intervals of one UTC day, see `interval_rows`; null where nothing was read. Codecs and times
of arrival are one for all of them or one for each.

The view `metering.reading` shows both tables as one reading a row, to each caller what the tables would. It
has the columns of `reading_row` and `utc_day`: who bounds that too is spared the other days' rows. Readings
are deleted through it as well; they are written by `store` only."""

METER_REGISTER = Table(
    "meter_register",
    METADATA,
    _text("meter", primary_key=True),
    _text("register", primary_key=True),
    _text("coop"),
    _text("quantity"),
    _text("kind"),
    Column("step_s", Integer, nullable=False),
    Column("first_instant", INSTANT, nullable=True),
    schema=SCHEMA,
)
"""Which registers a meter has ever sent: settling looks each of them up by its index. No single row was ever
stored before `first_instant`, none at all where it is null: nobody looks further back."""

DISAGREEMENT = Table(
    "disagreement",
    METADATA,
    _text("meter", primary_key=True),
    _text("register", primary_key=True),
    Column("instant", INSTANT, primary_key=True),
    Column("value_milli", BigInteger, primary_key=True, autoincrement=False),
    _text("coop"),
    Column("received_at", INSTANT, nullable=False),
    schema=SCHEMA,
)
"""Another value for a key already stored: the first stands, both can be shown."""

DIRTY_DAY = Table(
    "dirty_day",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _text("coop"),
    _text("meter"),
    _text("quantity"),
    Column("day", Date, nullable=False),
    Column("marked_at", INSTANT, nullable=False, server_default=text("now()")),
    Index("dirty_day_meter", "meter", "quantity", "day"),
    schema=SCHEMA,
)
"""Days to settle again. Appended to, never updated: storing never waits for settling."""

OPEN_DAY = Table(
    "open_day",
    METADATA,
    _text("meter", primary_key=True),
    _text("quantity", primary_key=True),
    Column("day", Date, primary_key=True),
    _text("coop"),
    _text("occupancy", nullable=True),
    Column("ends_at", INSTANT, nullable=False),
    Column("packed", LargeBinary, nullable=True),
    Column("slots", Integer, nullable=False),
    Column("value", BigInteger, nullable=False),
    Column("quality", JSONB, nullable=False),
    Column("findings", JSONB, nullable=True),
    Index("open_day_ends", "ends_at"),
    Index("open_day_held", "coop", "day", "meter", postgresql_where=text("quality ? 'suspect'")),
    schema=SCHEMA,
)
"""Days still under way: shown, not yet told to other rooms."""

SERIES = Table(
    "series",
    METADATA,
    Column("id", Integer, Identity(always=True), primary_key=True),
    _text("coop"),
    _text("meter"),
    _text("quantity"),
    _text("occupancy", nullable=True),
    Column("last_closed_at", INSTANT, nullable=True),
    Index("series_meter", "meter", "quantity", "occupancy", unique=True, postgresql_nulls_not_distinct=True),
    Index("series_occupancy", "occupancy"),
    schema=SCHEMA,
)
"""What a closed day belongs to, said once for all its days: a meter's quantity during one household.
`last_closed_at` spares looking through all of them for the latest."""

DAY_ROW = Table(
    "day_row",
    METADATA,
    Column("series", Integer, primary_key=True, autoincrement=False),
    Column("day", Date, primary_key=True),
    Column("value", Integer, nullable=False),
    Column("closed_s", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("cost_eur", Numeric(20, 4), nullable=True),
    Column("body", LargeBinary, nullable=False),
    Column("extra", JSONB, nullable=True),
    Index("day_row_held", "day", "series", postgresql_where=text("(extra -> 'quality') ? 'suspect'")),
    schema=SCHEMA,
)
"""Closed days, one small row each: written by `day_rows`, read through the view `metering.day`.

The view has meter, quantity, day, coop, occupancy, packed, digest, slots, value, quality, cost_eur,
cost_reason, peak_va, revision, closed_at, is_frozen, findings, has_suspect, is_on_record. `packed` is null
where only the day's total may be kept; `digest` tells whether a settled day differs from what was told;
`is_frozen` when its readings and half-hours are gone and it can no longer change; `findings` is what
validation has to say, null where nothing. `has_suspect` says of a day by an index that something in it is
held back, `is_on_record` that it was told again after readings of it were gone."""

RAW_GONE = Table(
    "raw_gone",
    METADATA,
    Column("first", Date, primary_key=True),
    Column("until", Date, primary_key=True),
    _text("coop"),
    Column("gone_at", INSTANT, nullable=False),
    schema=SCHEMA,
)
"""UTC days whose readings were dropped by retention (`until` excluded), of all cooperatives: `coop` is *."""

EDIT = Table(
    "edit",
    METADATA,
    _text("id", primary_key=True),
    _text("coop"),
    _text("meter"),
    _text("quantity"),
    Column("day", Date, nullable=False),
    _text("occupancy", nullable=True),
    Column("first_slot", Integer, nullable=False),
    Column("last_slot", Integer, nullable=False),
    _text("kind"),
    Column("amounts", JSONB, nullable=True),
    _text("why"),
    _text("made_by"),
    Column("made_at", INSTANT, nullable=False),
    _text("undone_by", nullable=True),
    Column("undone_at", INSTANT, nullable=True),
    _text("undone_why", nullable=True),
    Index("edit_day", "meter", "quantity", "day", "id"),
    Index("edit_occupancy", "occupancy", "day"),
    schema=SCHEMA,
)
"""What a person decided about half-hours of a day, first and last included. Never changed but to say that
it was undone; `amounts` of `set` are whole units per half-hour. Ids are in the order of making."""

QUARANTINE = Table(
    "quarantine",
    METADATA,
    _text("id", primary_key=True),
    _text("coop"),
    _text("reason"),
    _text("detail"),
    _text("topic"),
    _text("codec", nullable=True),
    _text("meter", nullable=True),
    _text("gateway", nullable=True),
    _text("channel", nullable=True),
    Column("payload", LargeBinary, nullable=True),
    Column("received_at", INSTANT, nullable=False),
    _text("status"),
    _text("decided_by", nullable=True),
    Column("decided_at", INSTANT, nullable=True),
    Index("quarantine_page", "coop", "received_at", "id"),
    Index("quarantine_channel", "gateway", "channel"),
    Index("quarantine_meter", "meter"),
    Index("quarantine_retry", "received_at", postgresql_where=text("status = 'retry'")),
    schema=SCHEMA,
)
"""What could not be read or placed. `coop` is empty where the topic names none. `payload` is the message,
or for `unknown_meter` the reading as JSON. `status`: waiting, retry (asked for), retried, discarded."""

METER_STATE = Table(
    "meter_state",
    METADATA,
    _text("meter", primary_key=True),
    _text("coop"),
    Column("watermark", INSTANT, nullable=True),
    Column("heard_at", INSTANT, nullable=False),
    _count("habit_s"),
    Column("silent_since", INSTANT, nullable=True),
    _count("received"),
    _count("stored"),
    _count("duplicate"),
    _count("late"),
    _count("discarded_no_consent"),
    _count("discarded_outside_occupancy"),
    Index("meter_state_coop", "coop"),
    schema=SCHEMA,
)
"""`watermark` is the latest instant reported (event time), `heard_at` wall time, `habit_s` the usual
step of the watermark. Counts are readings."""

DATA_USE = Table(
    "data_use",
    METADATA,
    _text("occupancy", primary_key=True),
    Column("used_on", Date, primary_key=True),
    _text("purpose", primary_key=True),
    _text("actor", primary_key=True),
    _text("why", primary_key=True),
    _text("coop"),
    _count("uses"),
    Column("last_at", INSTANT, nullable=False),
    schema=SCHEMA,
)
"""Who used a household's data, and why: one row per occupancy, day, purpose, actor and reason."""

GAS_FACTOR = Table(
    "gas_factor",
    METADATA,
    _text("meter", primary_key=True),
    Column("day", Date, primary_key=True),
    Column("imported_at", INSTANT, primary_key=True),
    _text("coop"),
    Column("wh_per_m3", Integer, nullable=False),
    schema=SCHEMA,
)
"""Energy of a cubic metre of gas on one gas day, as the network operator's file gave it. `imported_at` is the
`created_at` of its import: of several files the first counts, until it is taken back."""

TABLES = (
    READING_ROW, INTERVAL_ROW, METER_REGISTER, DISAGREEMENT, DIRTY_DAY, OPEN_DAY, SERIES, DAY_ROW, RAW_GONE,
    EDIT, QUARANTINE, METER_STATE, DATA_USE, GAS_FACTOR, FILE_IMPORT, FILE_CHUNK, IMPORT_ECHO, replays.FEED,
    replays.FEED_PIECE, replays.FEED_READING, replays.REPLAY, SUPPLY_FAULT, SUPPLY_LOOK, HOURLY, ASTRAY,
)  # fmt: skip
