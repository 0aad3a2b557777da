"""How a meter is heard: by readings, only by messages that nobody could read, only through files, or not."""

from enum import StrEnum


class Hearing(StrEnum):
    HEARD = "heard"
    """Readings of it came, whatever became of them."""
    UNREADABLE = "unreadable"
    """Its device talks, and every message of it is in quarantine or was given up."""
    FILES = "files"
    """It has days of imported files, and no device was ever heard."""
    NEVER = "never"


SQL = """
CASE WHEN coalesce(s.received, 0) > 0 THEN 'heard'
     WHEN EXISTS (SELECT 1 FROM metering.quarantine q
                  WHERE q.meter = m.id AND q.status <> 'retried') THEN 'unreadable'
     WHEN EXISTS (SELECT 1 FROM metering.series x WHERE x.meter = m.id)
       OR EXISTS (SELECT 1 FROM metering.open_day o WHERE o.meter = m.id) THEN 'files'
     ELSE 'never' END
"""
"""A `Hearing`, of `registry.meter m` and its `metering.meter_state s`."""
