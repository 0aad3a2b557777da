"""Legal periods in months and years, counted *de quantième à quantième*.

Source: Code de procédure civile, art. 641 (applied here by analogy, not verified for each regime) and
642: the period ends on the day that bears the same number, or on the month's last day when there is
none, at midnight. Nothing is extended over a week-end: a person who acts earlier is never late.
"""

from calendar import monthrange
from datetime import date, datetime, time
from zoneinfo import ZoneInfo


def plus_months(day: date, months: int) -> date:
    """The last day, included, of a period of `months` that an event on `day` starts."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def plus_years(day: date, years: int) -> date:
    """The last day, included, of a period of `years` that an event on `day` starts."""
    return plus_months(day, 12 * years)


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The last second of a legal day in the cooperative's zone: a due instant that shows the right date."""
    return datetime.combine(day, time(23, 59, 59), zone)
