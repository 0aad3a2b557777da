"""What readings show, for people: one plain sentence, and figures in kWh, litres, volts, hours and days."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal

from services.aftersales.tables import load
from services.aftersales.words import codes, spoken_day, word
from services.kit.i18n import Formats, with_capital

_SPACE = "\N{NO-BREAK SPACE}"
_UNITS = {
    "highest_v": "V",
    "lowest_v": "V",
    "limit_v": "V",
    "least_l_hour": "L",
    "litres_night": "L",
    "outside_cel": "°C",
}
_ENERGY = ("wh_day", "usual_wh_day", "neighbours_wh_day")
_DAYS_FROM_HOURS = 48
"""From so many hours on people count in days."""


def sentence(fault: str, evidence: Mapping[str, Any], since: datetime, language: str) -> str | None:
    """What the readings show and what that most often is; None where the figures for it are not there.

    `since` is the fault's beginning, told as a day of the meter's own zone.
    """
    figures, fluid = evidence.get("figures", {}), evidence.get("fluid")
    values = {name: amount(name, value, language) for name, value in figures.items()}
    zone = ZoneInfo(evidence.get("zone", "Europe/Paris"))
    values["since"] = spoken_day(since.astimezone(zone).date(), language)
    values["looks"] = word("flow_looks", _looks(max(0, figures.get("least_l_hour", 0)), fluid), language)
    for name, needed in (("cold", "outside_cel"), ("together", "homes")):
        known = needed in figures
        values[name] = word("fault_parts", name, language).format(**values) if known else ""
    code = "no_heating_electric" if fault == "no_heating" and fluid == "electricity" else fault
    if code not in codes("fault_sentences"):
        return None
    try:
        return word("fault_sentences", code, language).format(**values)
    except KeyError:  # an older fault was judged by other figures
        return None


def said(fault: str, evidence: Mapping[str, Any], since: datetime, language: str) -> str:
    """The fault, its sentence and its figures, as the words of a request."""
    space = _SPACE if language == "fr" else ""
    lines = [f"{name}{space}: {value}" for name, value in told(evidence.get("figures", {}), language)]
    plain = sentence(fault, evidence, since, language)
    return "\n".join([f"{word('supply_faults', fault, language)}.", *([plain] if plain else []), *lines])


def told(figures: Mapping[str, int], language: str) -> list[tuple[str, str]]:
    """Each figure by its name in words, with its unit, in the order of their list."""
    order = codes("fault_figures")
    return [
        (with_capital(word("fault_figures", name, language)), amount(name, figures[name], language))
        for name in sorted(figures, key=order.index)
    ]


def amount(name: str, value: int, language: str) -> str:
    """A figure of the group `fault_figures` with its unit, in the reader's way of writing numbers."""
    if name in _ENERGY:
        pattern = "#,##0.0" if abs(value) >= 1_000 else "0.##"
        return f"{_number(Decimal(value) / 1_000, language, pattern)}{_SPACE}kWh"
    if name == "minutes":
        return _lasting(value)
    if name == "hours":
        whole = value >= _DAYS_FROM_HOURS
        return _days(value // 24, language) if whole else f"{value}{_SPACE}h"
    if name == "days":
        return _days(value, language)
    unit = _UNITS.get(name)
    number = _number(Decimal(value), language, "#,##0")
    if unit == "L":
        many = abs(value) >= 2 if language == "fr" else value != 1
        words = {"fr": ("litre", "litres"), "en": ("litre", "litres")}[language]
        return f"{number}{_SPACE}{words[many]}"
    return f"{number}{_SPACE}{unit}" if unit else number


def _looks(least_l_hour: int, fluid: str | None) -> str:
    rows = load("incidents/flows")["hot" if fluid == "hot_water" else "cold"]
    return str([row["looks"] for row in rows if least_l_hour >= row["from_l_hour"]][-1])


def _days(count: int, language: str) -> str:
    names = {"fr": ("jour", "jours"), "en": ("day", "days")}[language]
    return f"{count}{_SPACE}{names[count > 1]}"


def _lasting(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest}{_SPACE}min"
    return f"{hours}{_SPACE}h" + (f"{_SPACE}{rest:02}" if rest else "")


def _number(value: Decimal, language: str, pattern: str) -> str:
    return format_decimal(value, pattern, locale=Formats(language).locale)
