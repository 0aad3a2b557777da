"""What the operating system and the database say: CPU, memory, rows, settings in force."""

from collections.abc import Mapping
from typing import Any

import psutil
import psycopg

from deploy.bench.instance import COOP, Instance
from deploy.bench.packets import Encoder, Sender
from deploy.engines.examine import examine
from deploy.up import running_settings

Database = psycopg.Connection[tuple[Any, ...]]

_STORED = "SELECT coalesce(sum(stored), 0)::bigint FROM metering.meter_state WHERE coop = %s"
_ROWS = """
SELECT count(*), coalesce(sum(value_milli), 0)::bigint FROM metering.reading
WHERE coop = %s AND meter = ANY(%s)
"""
_COUNTS = """
SELECT coalesce(sum(received), 0)::bigint, coalesce(sum(stored), 0)::bigint,
       coalesce(sum(duplicate), 0)::bigint,
       coalesce(sum(discarded_no_consent + discarded_outside_occupancy), 0)::bigint
FROM metering.meter_state WHERE coop = %s
"""


def stored(database: Database) -> int:
    """Readings whose rows are committed: counted in the transaction that stores them."""
    return int(_one(database, _STORED, COOP)[0])


def unsettled(database: Database) -> int:
    """Days that wait to be settled."""
    return int(_one(database, "SELECT count(*) FROM metering.dirty_day")[0])


def is_queryable(database: Database, meter: str, instant_s: int) -> bool:
    """Whether the reading's row can be read by its key."""
    found = database.execute(
        "SELECT 1 FROM metering.reading_row WHERE meter = %s AND register = 'energy_import'"
        " AND instant = to_timestamp(%s)",
        (meter, instant_s),
    )
    return found.fetchone() is not None


def verify(database: Database, sent: Mapping[Sender, int], epoch_s: int) -> dict[str, Any]:
    """Every published reading has exactly one row with its value; nothing else has one.

    `sent`: how many readings each sender has published, from number 0 on without a gap.
    """
    meters = [sender.client_id for sender in sent]
    published = sum(sent.values())
    expected = sum(
        1000 * (Encoder(sender, epoch_s).value_wh(0) * n + 7 * n * (n - 1) // 2) for sender, n in sent.items()
    )
    rows, total = _one(database, _ROWS, COOP, meters)
    received, counted, duplicate, discarded = _one(database, _COUNTS, COOP)
    rejected = _one(database, "SELECT count(*) FROM metering.quarantine")[0]
    return {
        "published": published,
        "rows": rows,
        "lost": published - rows,
        "stored_twice": 0 if counted == rows else counted - rows,
        "repeats_received": duplicate,
        "discarded": discarded,
        "rejected": rejected,
        "values_are_exact": total == expected,
        "is_exact": published == rows == counted and total == expected and rejected == discarded == 0,
        "received": received,
    }


def cpu_seconds(processes: Mapping[str, psutil.Process]) -> dict[str, float]:
    """User and system time so far, children that still run or have ended included."""
    return {name: _cpu(process) for name, process in processes.items()}


def memory_mb(processes: Mapping[str, psutil.Process]) -> dict[str, float]:
    """Proportional set size: what forked rooms share is counted once between them."""
    return {
        name: round(sum(part.memory_full_info().pss for part in _family(process)) / 2**20, 1)
        for name, process in processes.items()
    }


def durability(instance: Instance) -> dict[str, str]:
    """The settings in force, as the engines themselves say them."""
    settings = running_settings(instance.settings)
    told = (
        "postgres fsync",
        "postgres synchronous_commit",
        "postgres full_page_writes",
        "nats sync_interval",
    )
    return {check.name: check.found for check in examine(settings, instance.secrets) if check.name in told}


def _one(database: Database, statement: str, *values: Any) -> tuple[Any, ...]:
    row = database.execute(statement, values).fetchone()
    assert row is not None
    return row


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    living = sum(sum(child.cpu_times()[:2]) for child in process.children(recursive=True))
    return float(sum(times[:4])) + living


def _family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]
