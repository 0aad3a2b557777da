"""Which windows without a date a household need hear of: not those that cannot concern it.

A missing date is the cooperative's to find: staff see every one of them.
"""

from datetime import date

from contracts.codes import Responsible
from services.aftersales.dwelling_file.facts import File
from services.aftersales.dwelling_file.terms import window_terms
from services.aftersales.dwelling_file.windows import Window, last_day


def concerns_household(window: Window, file: File, today: date) -> bool:
    """Whether to show it: always with a date; without one only what the household itself can claim and what
    some possible date leaves open. Works are accepted before anybody moves in, unless others are known of."""
    if window.missing is None:
        return window.starts_on is not None  # over without a day: for a building too old
    if window.claimant is not Responsible.RESIDENT:
        return False
    if window.about is not None:
        return True  # of equipment that it sees every day
    known = (file.latest_reception(), file.moved_in_on, file.etat_des_lieux_on)
    latest = [day for day in known if day is not None]
    return not latest or _last_day(window, min(latest)) >= today


def _last_day(window: Window, counted_from: date) -> date:
    terms = [one for one in window_terms() if one.code == window.code]
    return max((last_day(one, counted_from) for one in terms), default=date.max)
