"""A day's last half-hour ends at 24:00, however a file writes it: it is the next midnight, to the second."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.metering.files.points import Refused
from services.metering.files.times import Clock
from tests.unit.metering.files.reading_files import import_of

PARIS = ZoneInfo("Europe/Paris")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
DAYS = st.dates(date(1991, 1, 1), date(2098, 12, 30)) | st.sampled_from(
    [SPRING, AUTUMN, SPRING - timedelta(days=1), AUTUMN - timedelta(days=1)]
)
SECONDS = st.sampled_from(["", ":00", ":00.0", ":00.000", ":00.000000"])
OFFSETS = st.sampled_from(["", "Z", "local", "compact", " local", " UTC"])


def midnight_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), PARIS)


def written(day: date, clock: str, offset: str) -> tuple[str, datetime]:
    """The time as a file writes it, and the instant it means."""
    local = midnight_after(day)
    if offset in ("Z", " UTC"):
        return f"{clock}{offset}", datetime.combine(local.date(), datetime.min.time(), UTC)
    sign = local.strftime("%z")
    east = f"{sign[:3]}:{sign[3:]}"
    return clock + {"": "", "local": east, "compact": sign, " local": f" {east}"}[offset], local


@given(DAYS, st.sampled_from("T "), st.sampled_from("-/"), SECONDS, OFFSETS)
@example(SPRING - timedelta(days=1), "T", "-", ":00", "local")
@example(SPRING, "T", "-", ":00", "local")
@example(AUTUMN, "T", "-", ":00", "local")
def test_the_end_of_a_day_is_the_next_midnight_in_every_form(
    day: date, between: str, dash: str, seconds: str, offset: str
) -> None:
    clock, meant = written(day, f"24:00{seconds}", offset)
    cell = f"{day.isoformat().replace('-', dash)}{between}{clock}"
    assert Clock("Europe/Paris").read(cell).at == meant.timestamp()
    again = f"{(day + timedelta(days=1)).isoformat()}{between}{clock.replace('24:', '00:')}"
    assert Clock("Europe/Paris").read(again).at == meant.timestamp()


@given(DAYS, st.sampled_from([":", "h"]), SECONDS)
def test_so_it_is_with_the_day_first(day: date, colon: str, seconds: str) -> None:
    if colon == "h":
        seconds = ""
    cell = f"{day:%d/%m/%Y} 24{colon}00{seconds}"
    assert Clock("Europe/Paris").read(cell).at == midnight_after(day).timestamp()


@given(
    DAYS,
    st.sampled_from(["24:30", "24:01", "24:00:01", "24:00:00.5", "24:00:30.000", "25:00", "24:30:00"]),
    OFFSETS,
)
@example(SPRING, "24:30:00", "local")
@example(SPRING, "24:00:01", "local")
def test_nothing_comes_after_the_end_of_a_day(day: date, clock: str, offset: str) -> None:
    with pytest.raises(Refused):
        Clock("Europe/Paris").read(f"{day.isoformat()}T{written(day, clock, offset)[0]}")
    with pytest.raises(Refused):
        Clock("Europe/Paris").read(f"{day:%d/%m/%Y} {clock}")


def test_an_enedis_export_that_ends_its_days_at_24_00_has_all_its_half_hours() -> None:
    lines = ["Horodate;Valeur"]
    for day, east in ((date(2026, 3, 28), "+01:00"), (SPRING, "+02:00")):
        first = datetime.combine(day, datetime.min.time(), PARIS).astimezone(UTC)
        ends = [first + timedelta(minutes=30 * n) for n in range(1, 47 if day == SPRING else 49)]
        lines += [f"{end.astimezone(PARIS).isoformat()};400" for end in ends[:-1]]
        lines.append(f"{day}T24:00:00{east};400")
    seen = import_of("\n".join(lines) + "\n")
    assert seen.bad == []
    assert len(seen.rows) == 48 + 46
    assert (seen.rows[-1].start, seen.total_milli) == (
        datetime(2026, 3, 29, 21, 30, tzinfo=UTC),
        (48 + 46) * 200_000,
    )
