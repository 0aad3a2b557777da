"""How long it has been so, where a sentence says it: "depuis trois semaines", "since yesterday"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from services.aftersales.intake.spelling import folded

_SINCE = (
    r"(?:depuis|depui|dps|dpuis|voila|(?:ca|cela) fait|since|(?:for|over) the (?:last|past)|for|"
    r"it['’ ]?s been|it has been)"
)
_MANY = 3
"""What "several" and "for weeks" mean at least."""
_NUMBERS = {
    "un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8,
    "neuf": 9, "dix": 10, "quinze": 15, "vingt": 20, "a": 1, "an": 1, "one": 1, "two": 2, "three": 3,
    "four": 4, "five": 5, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "couple": 2,
}  # fmt: skip
_NUMBERS |= dict.fromkeys(("des", "plusieurs", "quelques", "qq", "several", "many", "some", "few"), _MANY)
_UNITS = (
    (re.compile(r"jours?|jrs?|j|days?"), 1),
    (re.compile(r"semaines?|sem|weeks?|wks?"), 7),
    (re.compile(r"mois|months?"), 30),
    (re.compile(r"ans?|annees?|years?"), 365),
)
_UNIT = "jours?|jrs?|j|days?|semaines?|sem|weeks?|wks?|mois|months?|ans?|annees?|years?"
_SPAN = re.compile(
    rf"\b{_SINCE}\s+(?:(?:maintenant|deja|now)\s+)?"
    r"(?:plus d(?:e\s|['’ ])|(?:presque|environ|bientot|au moins|over|about|almost|more than|at least)\s)?"
    rf"\s*(?:(?:a\s+)?(\d{{1,3}}|[a-z]+)\s*(?:(?:of|bonne|bon|good)\s+|(?:ou|a|or|to)\s+[a-z0-9]+\s+)?)?"
    rf"\b({_UNIT})\b"
)
_ROUND = re.compile(rf"\b{_SINCE}\s+(?:une\s+)?(dizaine|quinzaine|vingtaine|trentaine) de jours\b")
_ROUNDS = {"dizaine": 10, "quinzaine": 15, "vingtaine": 20, "trentaine": 30}
_HOURS = re.compile(rf"\b{_SINCE}\s+(?:plus de\s+)?(\d{{2,3}})\s*(?:h|heures?|hours?)\b")
_MONTHS = (
    "janvier|january|jan", "fevrier|february|feb", "mars|march", "avril|april", "mai|may", "juin|june",
    "juillet|july", "aout|august", "septembre|september|sept", "octobre|october|oct",
    "novembre|november|nov", "decembre|december|dec",
)  # fmt: skip
_MONTH = "|".join(_MONTHS)
_DATE = re.compile(
    rf"\b(?:depuis|since)\s+(?:le\s+|the\s+|debut\s+|fin\s+|early\s+|late\s+)?(?:(\d{{1,2}})(?:er|st|nd|rd|th)?\s+)?"
    rf"(?:of\s+)?({_MONTH})\b(?:\s+(\d{{1,2}})(?:st|nd|rd|th)?\b)?"
)
_FIGURES = re.compile(r"\b(?:depuis|since)\s+(?:le\s+|the\s+)?(\d{1,2})/(\d{1,2})\b")
_DAY = re.compile(
    rf"\b{_SINCE}\s+(?:last\s+)?(hier|avant[- ]hier|yesterday|night|(?:la|cette) nuit(?: derniere)?|"
    rf"(?:(?:le|ce|the|this)\s+)?week[- ]?end(?: dernier| passe)?|"
    r"lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday|la semaine (?:derniere|passee)|last week|"
    r"le mois dernier|last month|l['’ ]an dernier|l['’ ]annee derniere|last year)\b"
)
_WEEK = (
    ("lundi", "monday"), ("mardi", "tuesday"), ("mercredi", "wednesday"), ("jeudi", "thursday"),
    ("vendredi", "friday"), ("samedi", "saturday"), ("dimanche", "sunday"),
)  # fmt: skip
_AGO = {
    "hier": 1, "yesterday": 1, "night": 1, "la semaine derniere": 7, "la semaine passee": 7, "last week": 7,
    "le mois dernier": 30,
    "last month": 30, "last year": 365,
}  # fmt: skip


@dataclass(frozen=True)
class Lasting:
    """How many days at least, and the words that say so, as they were written."""

    days: int
    words: str


def lasting(text: str, on: date) -> Lasting | None:
    """The longest that is told; None when nothing says since when. Months have thirty days."""
    # Letter for letter: what is found is quoted as it was written.
    plain = "".join(folded(letter)[:1] or " " for letter in text)
    found = [Lasting(days, text[match.start() : match.end()]) for match, days in _spans(plain)]
    found += [
        Lasting(_ago(match.group(1), on), text[match.start() : match.end()]) for match in _DAY.finditer(plain)
    ]
    found += [Lasting(days, text[match.start() : match.end()]) for match, days in _dates(plain, on)]
    return max(found, key=lambda one: one.days, default=None)


def _spans(plain: str) -> list[tuple[re.Match[str], int]]:
    spans = []
    for match in _SPAN.finditer(plain):
        said, unit = match.groups()
        count = _MANY if said is None else int(said) if said.isdigit() else _NUMBERS.get(said, 0)
        days = count * next(days for name, days in _UNITS if name.fullmatch(unit))
        if 0 < days <= 3650:
            spans.append((match, days))
    spans += [(match, _ROUNDS[match.group(1)]) for match in _ROUND.finditer(plain)]
    spans += [(match, int(match.group(1)) // 24) for match in _HOURS.finditer(plain)]
    return [(match, days) for match, days in spans if days > 0]


def _dates(plain: str, on: date) -> Iterator[tuple[re.Match[str], int]]:
    """The last such day before `on`; of a month alone its first day."""
    told = [
        (match, int(match.group(1) or match.group(3) or 1), _month(match.group(2)))
        for match in _DATE.finditer(plain)
    ]
    told += [(match, int(match.group(1)), int(match.group(2))) for match in _FIGURES.finditer(plain)]
    for match, day, month in told:
        for year in (on.year, on.year - 1):
            try:
                days = (on - date(year, month, day)).days
            except ValueError:
                continue  # the 29th of February of another year
            if days > 0:
                yield match, days
                break


def _month(said: str) -> int:
    return next(number for number, names in enumerate(_MONTHS, 1) if said in names.split("|"))


def _ago(said: str, on: date) -> int:
    for place, names in enumerate(_WEEK):
        if said in names:
            return (on.weekday() - place) % 7 or 7
    if said.startswith("avant"):
        return 2
    if "nuit" in said:
        return 1
    if "week" in said and "end" in said:
        return (on.weekday() - 5) % 7 or 7
    return _AGO.get(said, 365)
