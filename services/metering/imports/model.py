"""The tables of imports: one row per file with its progress and result, and the file itself until it is read.

A file's name is not kept: grid operators put the meter's number into it.
"""

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Index, Integer, LargeBinary, String, Table
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import SQLModel

SCHEMA = "metering"
INSTANT = DateTime(timezone=True)
COUNTS = ("rows", "accepted", "duplicate", "conflict", "refused", "no_consent", "outside_occupancy")


def _text(name: str, nullable: bool = False, primary_key: bool = False) -> Column[str]:
    return Column(name, String, nullable=nullable, primary_key=primary_key)


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=sql("0"))


def _list(name: str) -> Column[object]:
    return Column(name, JSONB, nullable=False, server_default=sql("'[]'::jsonb"))


FILE_IMPORT = Table(
    "file_import",
    SQLModel.metadata,
    _text("id", primary_key=True),
    _text("coop"),
    _text("meter"),
    Column("bounds", JSONB, nullable=True),
    _list("touched"),
    _text("made_by"),
    Column("by_operator", Boolean, nullable=False),
    Column("dry_run", Boolean, nullable=False),
    _text("state"),
    Column("found", JSONB, nullable=False),
    Column("options", JSONB, nullable=False),
    Column("bytes_total", BigInteger, nullable=False),
    _count("bytes_read"),
    *(_count(name) for name in COUNTS),
    Column("rows_total", BigInteger, nullable=True),
    _count("accepted_milli"),
    Column("sums", JSONB, nullable=True),
    Column("items", BigInteger, nullable=True),
    _text("point", nullable=True),
    _text("point_end", nullable=True),
    Column("question", JSONB, nullable=True),
    _list("refusals"),
    Column("first_day", Date, nullable=True),
    Column("last_day", Date, nullable=True),
    _text("message", nullable=True),
    _text("detail", nullable=True),
    Column("tries", Integer, nullable=False, server_default=sql("0")),
    _text("lease", nullable=True),
    Column("leased_until", INSTANT, nullable=True),
    Column("created_at", INSTANT, nullable=False),
    Column("ended_at", INSTANT, nullable=True),
    Index("file_import_meter", "meter", "created_at", unique=True),
    Index(
        "file_import_waiting", "created_at",
        postgresql_where=sql("state IN ('waiting', 'reading', 'storing', 'undoing')"),
    ),
    Index("file_import_asking", "created_at", postgresql_where=sql("question IS NOT NULL")),
    schema=SCHEMA,
)  # fmt: skip
"""One file. `bounds` are the occupancies it may write to (null: all of the dwelling, or a common part),
`touched` those it did. `rows` counts the rows and bad lines dealt with, of `rows_total`, once the file has
been read; `items` the same with the parts of rows told in several, where another worker goes on. `sums` are
thousandths of what was accepted, by quantity, `accepted_milli` all of them. `point` is a keyed hash of the
delivery point that the file names, `point_end` its last four signs: the number itself is not kept. `question`
is what has to be answered before anything is stored: until then the file stays. `created_at` is also the
`received_at` of the readings it stored, which is how they are found again. `message` is a code, see
`states.Message`; `lease` names the worker that holds it until `leased_until`, `tries` how many ever did: a
file that brings workers down is given up."""

FILE_CHUNK = Table(
    "file_chunk",
    SQLModel.metadata,
    _text("import", primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    _text("coop"),
    Column("data", LargeBinary, nullable=False),
    schema=SCHEMA,
)
"""The file in pieces, until it has been read."""

IMPORT_ECHO = Table(
    "import_echo",
    SQLModel.metadata,
    _text("meter", primary_key=True),
    _text("import", primary_key=True),
    _text("register", primary_key=True),
    Column("instant", INSTANT, primary_key=True),
    _text("coop"),
    Column("step_s", Integer, nullable=False),
    Column("count", Integer, nullable=False),
    Column("amounts", ARRAY(BigInteger), nullable=True),
    Index("import_echo_import", "import"),
    schema=SCHEMA,
)
"""What a file said of times that were known before it: `count` values every `step_s` from `instant` on.
Without `amounts` (thousandths) they are those that are stored under the same register. When the import they
were known from is taken back, they take its place."""
