"""What a recording's own meters made of the days it holds whole: what a replay of it is compared with."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from contracts.codes import Quantity
from services.metering.days import Calendar
from services.metering.touching import SETTLED_BY

BESIDE = timedelta(days=2)
"""So far on either side of a recording readings are looked for that bear on its first and last day."""

# A reading that is in no recording, or came outside what was chosen of it, is one the replay does not send.
_INSTANTS = """
SELECT r.meter, r.quantity, r.instant, r.step_s, bool_or(k.feed IS NULL) AS is_lacking
FROM metering.reading r
LEFT JOIN metering.feed_reading k ON k.feed = %(feed)s AND k.meter = r.meter AND k.register = r.register
     AND k.instant = r.instant AND (%(since)s::timestamptz IS NULL OR k.received_at >= %(since)s)
     AND (%(until)s::timestamptz IS NULL OR k.received_at <= %(until)s)
WHERE r.meter = ANY(%(meters)s) AND r.quantity = ANY(%(quantities)s)
  AND r.instant BETWEEN %(first)s AND %(last)s
  AND r.utc_day BETWEEN (%(first)s::timestamptz AT TIME ZONE 'UTC')::date
                    AND (%(last)s::timestamptz AT TIME ZONE 'UTC')::date
GROUP BY r.meter, r.quantity, r.instant, r.step_s ORDER BY r.instant
"""
_DAYS = """
SELECT meter, quantity, day, value FROM metering.day
WHERE meter = ANY(%(meters)s) AND day BETWEEN %(first)s AND %(last)s
  AND coalesce((quality ->> 'missing')::int, 0) < slots
UNION ALL
SELECT o.meter, o.quantity, o.day, o.value FROM metering.open_day o
WHERE o.meter = ANY(%(meters)s) AND o.day BETWEEN %(first)s AND %(last)s
  AND coalesce((o.quality ->> 'missing')::int, 0) < o.slots
  AND NOT EXISTS (SELECT 1 FROM metering.day d
                  WHERE d.meter = o.meter AND d.quantity = o.quantity AND d.day = o.day)
"""

Ask = Callable[..., list[dict[str, Any]]]
"""A query with `%(name)s` and its values, to rows."""


@dataclass(frozen=True)
class SourceDays:
    """One meter's days in whole units, by what they are made of."""

    whole: dict[Quantity, dict[date, int]] = field(default_factory=lambda: defaultdict(dict))
    """Of days whose every reading is in the recording, with those just before and after."""
    partial: dict[Quantity, set[date]] = field(default_factory=lambda: defaultdict(set))
    """Days that were made of more than the recording holds: not to be compared."""


def source_days(
    ask: Ask,
    feed: str,
    calendars: Mapping[str, Calendar],
    first: datetime,
    last: datetime,
    since: datetime | None = None,
    until: datetime | None = None,
) -> dict[str, SourceDays]:
    """The days of the meters in `calendars`, as they stand now. `first` and `last`: of the instants recorded;
    `since` and `until`: what of the recording is played, by arrival."""
    sources = [source.value for source in SETTLED_BY]
    rows = ask(
        _INSTANTS, feed=feed, since=since, until=until, meters=list(calendars), quantities=sources,
        first=first - BESIDE, last=last + BESIDE,
    )  # fmt: skip
    all_known: dict[tuple[str, Quantity], _Known] = defaultdict(_Known)
    for row in rows:
        known = all_known[row["meter"], SETTLED_BY[Quantity(row["quantity"])]]
        if not row["is_lacking"]:
            known.sent.append(row["instant"])
        elif row["step_s"]:
            known.lacking_spans.append((row["instant"], row["instant"] + timedelta(seconds=row["step_s"])))
        else:
            known.lacking.append(row["instant"])
    found: dict[str, SourceDays] = defaultdict(SourceDays)
    days = ask(
        _DAYS, meters=list(calendars), first=(first - BESIDE).date(), last=(last + BESIDE).date()
    )  # fmt: skip
    for row in days:
        meter, quantity = row["meter"], Quantity(row["quantity"])
        civil = calendars[meter].day(row["day"])
        known = all_known[meter, quantity]
        if not any(civil.starts_at <= at < civil.ends_at for at in known.sent):
            continue
        if known.is_whole(civil.starts_at, civil.ends_at):
            found[meter].whole[quantity][row["day"]] = row["value"]
        else:
            found[meter].partial[quantity].add(row["day"])
    return dict(found)


@dataclass(frozen=True)
class _Known:
    """Instants of one meter and quantity in order: of what a replay sends, and of what it lacks."""

    sent: list[datetime] = field(default_factory=list)
    lacking: list[datetime] = field(default_factory=list)
    lacking_spans: list[tuple[datetime, datetime]] = field(default_factory=list)

    def is_whole(self, begin: datetime, end: datetime) -> bool:
        """Whether what lacks bears on nothing between: it lies neither inside, nor closer to it than what is
        sent, as a register read just before it does."""
        if bisect_left(self.lacking, end) > bisect_right(self.lacking, begin):
            return False
        if any(first < end and after > begin for first, after in self.lacking_spans):
            return False
        before, sent_before = _at_or_before(self.lacking, begin), _at_or_before(self.sent, begin)
        after, sent_after = _at_or_after(self.lacking, end), _at_or_after(self.sent, end)
        return (before is None or (sent_before is not None and sent_before >= before)) and (
            after is None or (sent_after is not None and sent_after <= after)
        )


def _at_or_before(instants: list[datetime], moment: datetime) -> datetime | None:
    place = bisect_right(instants, moment)
    return instants[place - 1] if place else None


def _at_or_after(instants: list[datetime], moment: datetime) -> datetime | None:
    place = bisect_left(instants, moment)
    return instants[place] if place < len(instants) else None
