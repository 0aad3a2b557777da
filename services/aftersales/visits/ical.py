"""Visits as calendar files (RFC 5545): an entry keeps its UID, its SEQUENCE grows, it can be cancelled."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event, Timezone

PRODUCT = "-//Palier//visits//FR"
MEDIA_TYPE = "text/calendar"
AROUND = timedelta(days=400)
"""How far around a visit the time zone is described."""


@dataclass(frozen=True)
class Entry:
    """One visit as its reader may know it."""

    id: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime
    title: str
    place: str
    text: str
    url: str
    is_cancelled: bool = False
    alarm_before: timedelta | None = None


def calendar(
    entries: Iterable[Entry], zone: ZoneInfo, *, domain: str, name: str, method: str = "PUBLISH"
) -> bytes:
    """The file: civil times of `zone`, with its rules. `method` CANCEL takes entries out of a calendar."""
    found = Calendar()
    found.add("prodid", PRODUCT)
    found.add("version", "2.0")
    found.add("calscale", "GREGORIAN")
    found.add("method", method)
    found.add("x-wr-calname", name)
    found.add("x-wr-timezone", zone.key)
    known = list(entries)
    if known:
        first = min(entry.starts_at for entry in known) - AROUND
        last = max(entry.ends_at for entry in known) + AROUND
        found.add_component(Timezone.from_tzinfo(zone, zone.key, first.date(), last.date()))
    for entry in known:
        found.add_component(_event(entry, zone, domain))
    return bytes(found.to_ical())


def _event(entry: Entry, zone: ZoneInfo, domain: str) -> Event:
    event = Event()
    event.add("uid", f"{entry.id}@{domain}")
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.changed_at.astimezone(UTC))
    event.add("last-modified", entry.changed_at.astimezone(UTC))
    event.add("dtstart", entry.starts_at.astimezone(zone))
    event.add("dtend", entry.ends_at.astimezone(zone))
    event.add("summary", entry.title)
    event.add("location", entry.place)
    if entry.text:
        event.add("description", entry.text)
    if entry.url:
        event.add("url", entry.url)
    event.add("status", "CANCELLED" if entry.is_cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if entry.is_cancelled else "OPAQUE")
    if entry.alarm_before is not None and not entry.is_cancelled:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", entry.title)
        alarm.add("trigger", -entry.alarm_before)
        event.add_component(alarm)
    return event
