"""Calendar files that other programs read: civil time, the zone's rules, one entry however often moved."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from services.aftersales.visits.ical import Entry, calendar

PARIS = ZoneInfo("Europe/Paris")


def entry(start: datetime, **more: Any) -> Entry:
    facts: dict[str, Any] = {
        "id": "vis_1", "sequence": 0, "starts_at": start, "ends_at": start + timedelta(hours=2),
        "changed_at": start - timedelta(days=3), "title": "Visite : robinet, fuite",
        "place": "Les Aulnes; bât. A", "text": "Première ligne\nà l’étage", "url": "https://palier.test/tickets/tkt_1",
    } | more  # fmt: skip
    return Entry(**facts)


def read(content: bytes) -> Calendar:
    found = Calendar.from_ical(content)
    assert isinstance(found, Calendar)
    return found


@pytest.mark.parametrize(
    ("start", "offset"),
    [
        (datetime(2026, 10, 24, 7, tzinfo=UTC), 2),
        (datetime(2026, 10, 26, 8, tzinfo=UTC), 1),
        (datetime(2027, 3, 27, 8, tzinfo=UTC), 1),
        (datetime(2027, 3, 29, 7, tzinfo=UTC), 2),
    ],
)
def test_nine_o_clock_is_nine_o_clock_on_both_sides_of_the_change_of_time(
    start: datetime, offset: int
) -> None:
    content = calendar([entry(start)], PARIS, domain="palier.test", name="Visites")
    [event] = read(content).events
    assert event.DTSTART.astimezone(UTC) == start
    assert event.DTSTART.utcoffset() == timedelta(hours=offset)
    assert b"DTSTART;TZID=Europe/Paris:" in content
    assert b"T090000" in content
    [zone] = read(content).timezones
    rules = zone.to_tz()
    assert event.DTSTART.replace(tzinfo=None).replace(tzinfo=rules).utcoffset() == timedelta(hours=offset)


def test_a_zone_without_summer_time_is_told_as_such() -> None:
    start = datetime(2026, 7, 1, 5, tzinfo=UTC)
    content = calendar([entry(start)], ZoneInfo("Indian/Reunion"), domain="palier.test", name="Visites")
    assert b"DTSTART;TZID=Indian/Reunion:20260701T090000" in content


def test_a_moved_visit_is_the_same_entry_and_newer() -> None:
    start = datetime(2026, 11, 24, 8, tzinfo=UTC)
    [first] = read(calendar([entry(start)], PARIS, domain="palier.test", name="V")).events
    later = entry(start + timedelta(days=1), sequence=1)
    [second] = read(calendar([later], PARIS, domain="palier.test", name="V")).events
    assert first["uid"] == second["uid"] == "vis_1@palier.test"
    assert (first.sequence, second.sequence) == (0, 1)


def test_a_cancelled_visit_leaves_the_calendar() -> None:
    start = datetime(2026, 11, 24, 8, tzinfo=UTC)
    gone = entry(start, is_cancelled=True, sequence=2)
    content = calendar([gone], PARIS, domain="palier.test", name="V", method="CANCEL")
    assert b"METHOD:CANCEL" in content
    [event] = read(content).events
    assert event["status"] == "CANCELLED"


def test_words_survive_commas_semicolons_lines_and_long_lines() -> None:
    start = datetime(2026, 11, 24, 8, tzinfo=UTC)
    content = calendar([entry(start, text="é" * 200 + ",;\\\nfin")], PARIS, domain="palier.test", name="V")
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    [event] = read(content).events
    assert str(event["description"]) == "é" * 200 + ",;\\\nfin"
    assert str(event["location"]) == "Les Aulnes; bât. A"


def test_an_empty_calendar_is_a_calendar() -> None:
    assert read(calendar([], PARIS, domain="palier.test", name="V")).events == []
