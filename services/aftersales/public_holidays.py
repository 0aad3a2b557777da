"""The public holidays of a place, and the working days of the law: nobody's own opening days move them."""

from datetime import date, timedelta
from functools import cache
from typing import Literal

from holidays import country_holidays
from pydantic import TypeAdapter

from services.aftersales.tables import Row, load

Counted = Literal["jours_ouvres", "jours_ouvrables"]


class Place(Row):
    """A row of `places` in `holidays.yaml`."""

    postcodes: tuple[str, ...]
    subdivision: str
    legal: tuple[str, ...] | None = None
    """Days of its own, `MM-DD`, that the law makes holidays; None when all of the library's are."""


def subdivision_of(postcode: str | None) -> str | None:
    """The subdivision with public holidays of its own that a French postcode lies in, if any."""
    place = _place(postcode)
    return place.subdivision if place else None


@cache
def holidays(subdivision: str | None, year: int) -> frozenset[date]:
    """Days that are not worked there, of law and of custom. `subdivision`: a code of the `holidays` library;
    None for the national days."""
    return frozenset(country_holidays("FR", subdiv=subdivision, years=year))


def is_legal_holiday(day: date, postcode: str | None) -> bool:
    """Whether the law makes that day a public holiday there; a day that custom alone keeps is none."""
    place = _place(postcode)
    if place is None or day in holidays(None, day.year):
        return day in holidays(None, day.year)
    is_of_law = place.legal is None or day.strftime("%m-%d") in place.legal
    return is_of_law and day in holidays(place.subdivision, day.year)


def plus_working_days(day: date, days: int, counted: Counted, postcode: str | None) -> date:
    """The last day, included, of a legal period of `days` working days that an event on `day` starts: by the
    week of the law and the public holidays of the place alone."""
    week = load("holidays")["legal_weeks"][counted]["weekdays"]
    while days > 0:
        day += timedelta(days=1)
        days -= day.weekday() in week and not is_legal_holiday(day, postcode)
    return day


@cache
def _place(postcode: str | None) -> Place | None:
    given = (postcode or "").strip()
    fits = [
        (len(prefix), place) for place in _places() for prefix in place.postcodes if given.startswith(prefix)
    ]
    return max(fits, key=lambda one: one[0])[1] if fits else None


@cache
def _places() -> tuple[Place, ...]:
    return TypeAdapter(tuple[Place, ...]).validate_python(load("holidays")["places"])
