"""Which windows without a date a household need hear of: not those that cannot concern it.

A missing date is the cooperative's to find: staff see every one of them.
"""

from datetime import date, timedelta

from contracts.codes import Responsible
from services.aftersales.dwelling_file.facts import File
from services.aftersales.dwelling_file.terms import window_terms
from services.aftersales.dwelling_file.windows import Window
from services.aftersales.legal_time import plus_months

SLACK_MONTHS = 12
"""Works may be accepted that long after the year in which a building is said to be built."""


def concerns_household(window: Window, file: File, today: date, built_on: date | None = None) -> bool:
    """Whether to show it: always with a date; without one only what the household itself can claim and what
    some possible date leaves open. Works are accepted before anybody moves in, unless others are known of."""
    if window.missing is None:
        return True
    if window.claimant is not Responsible.RESIDENT:
        return False
    latest = [day for day in (file.livraison_on, file.moved_in_on, file.etat_des_lieux_on) if day is not None]
    if built_on is not None:
        latest.append(plus_months(built_on, SLACK_MONTHS))
    return not latest or _last_day(window, min(latest)) >= today


def _last_day(window: Window, counted_from: date) -> date:
    terms = [one for one in window_terms() if one.code == window.code]
    ends = [
        plus_months(counted_from, 12 * one.years + one.months) + timedelta(days=one.calendar_days)
        for one in terms
    ]
    return max(ends, default=date.max)
