"""When the cooperative's people are mailed what can wait: once a day, soon after it opens."""

from datetime import UTC, datetime, timedelta

from services.aftersales.business_calendar import HORIZON_DAYS, BusinessCalendar
from services.aftersales.tables import load


def digest_at(calendar: BusinessCalendar, now: datetime) -> datetime:
    """The first such instant after `now`, UTC. Raises ValueError when the calendar is never open."""
    after = timedelta(minutes=load("deadlines")["digest_after_opening_minutes"])
    day = now.astimezone(calendar.zone).date()
    for ahead in range(HORIZON_DAYS):
        hours = calendar.hours(day + timedelta(days=ahead))
        if not hours:
            continue
        opens = datetime.combine(day + timedelta(days=ahead), hours[0][0], calendar.zone).astimezone(UTC)
        if opens + after > now:
            return opens + after
    raise ValueError("the cooperative's calendar is never open")
