"""French and English: which one a reader wants, the merged catalogues, and formats of amounts and dates."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, negotiate_locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal
from babel.support import NullTranslations, Translations
from starlette.requests import Request

LANGUAGES = ("fr", "en")
LANGUAGE_COOKIE = "palier_lang"


def language_of(request: Request) -> str:
    """On pages the reader's own choice (cookie), else their account's, else the browser's; French by default.

    A program that calls with a token says by `Accept-Language` what its own reader wants: that comes first.
    """
    if request.headers.get("authorization") and (asked := _asked(request)):
        return asked
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return chosen
    who = getattr(request.state, "who", None)
    if who is not None and who.language in LANGUAGES:
        return str(who.language)
    return _asked(request) or LANGUAGES[0]


def _asked(request: Request) -> str | None:
    """The language of the request's header that is wanted most; None when it names none of ours."""
    weighed = []
    for part in request.headers.get("accept-language", "").split(","):
        name, *parameters = (one.strip() for one in part.split(";"))
        weight = next((one[2:] for one in parameters if one.startswith("q=")), "1")
        if weight.replace(".", "", 1).isdecimal() and float(weight) > 0:
            weighed.append((-float(weight), name))
    return negotiate_locale([name for _, name in sorted(weighed, key=itemgetter(0))], LANGUAGES, sep="-")


def translations(language: str, folders: Iterable[Path]) -> NullTranslations:
    """The catalogues of several rooms as one. Source texts are English."""
    return _translations(language, tuple(folders))


def mark(text: str) -> str:
    """Marks a text for the catalogues, imported as `_`: it is translated where its reader is known."""
    return text


def with_capital(text: str) -> str:
    """The first letter large, the others as they are: `VMC` and names keep theirs."""
    return text[:1].upper() + text[1:]


def without_capital(text: str) -> str:
    """The first letter small, for the middle of a sentence; a word of capitals (`WC`) stays."""
    first = text.split(",")[0].split(" ")[0]
    return text if len(first) > 1 and first.isupper() else text[:1].lower() + text[1:]


@lru_cache
def _translations(language: str, folders: tuple[Path, ...]) -> NullTranslations:
    merged: NullTranslations = NullTranslations()
    for folder in folders:
        found = Translations.load(folder, [language])
        if isinstance(found, Translations):
            merged = merged.merge(found) if isinstance(merged, Translations) else found
    return merged


class Formats:
    """Amounts, dates and times as a reader of `language` in `zone` writes them."""

    def __init__(self, language: str, zone: str = "Europe/Paris") -> None:
        self.locale = Locale(language, "FR" if language == "fr" else "GB")
        self.zone = ZoneInfo(zone)

    def money(self, amount: str | Decimal | None) -> str:
        """Euros and cents; a dash when unknown."""
        return "–" if amount is None else format_currency(Decimal(amount), "EUR", locale=self.locale)

    def whole_euros(self, amount: str | Decimal) -> str:
        """Rounded to the euro, as people say an estimate."""
        pattern = self.locale.currency_formats["standard"].pattern.replace(".00", "")
        return format_currency(Decimal(amount), "EUR", pattern, locale=self.locale, currency_digits=False)

    def kwh(self, wh: int | None, digits: int = 1) -> str:
        """Watt-hours shown as kilowatt-hours."""
        if wh is None:
            return "–"
        pattern = "#,##0." + "0" * digits if digits else "#,##0"
        return format_decimal(Decimal(wh) / 1000, pattern, locale=self.locale) + " kWh"

    def number(self, value: float | Decimal | None) -> str:
        return "–" if value is None else format_decimal(value, locale=self.locale)

    def day(self, value: date, form: str = "full") -> str:
        """For example `lundi 5 janvier 2026`."""
        return self._ordinal(format_date(value, form, locale=self.locale))

    def instant(self, value: datetime | None, form: str = "short") -> str:
        """An instant in the reader's zone."""
        if value is None:
            return "–"
        return self._ordinal(format_datetime(value, form, tzinfo=self.zone, locale=self.locale))

    def _ordinal(self, day: str) -> str:
        """In French the first of a month is an ordinal."""
        return re.sub(r"\b1 (?=[^\W\d])", "1er ", day, count=1) if self.locale.language == "fr" else day
