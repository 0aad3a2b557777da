"""What the forms of the settings page send, read into what the settings keep."""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any

from services.aftersales import settings
from services.aftersales.form_pages import valid
from services.aftersales.settings_api import CalendarIn, HeatingPeriodIn, RuleIn, TermIn
from services.aftersales.taxonomy import taxonomy
from services.aftersales.words import codes
from services.kit.problems import invalid
from services.kit.unit import Unit

Form = Mapping[str, Any]
WEEKDAYS = tuple("0123456")
_RANGE = re.compile(r"^(\d{1,2}:\d{2})\s*-\s*(\d{1,2}:\d{2})$")


async def heating(unit: Unit, form: Form, by: str) -> None:
    """A season for a building or for all; without days, what was set is taken back."""
    building = _text(form, "building")
    if form.get("take_back"):
        await settings.keep(unit, building, "heating_period", None, by)
    else:
        days = {name: (_two(form, f"{name}_month"), _two(form, f"{name}_day")) for name in ("from", "to")}
        period = valid(HeatingPeriodIn, {name: "-".join(day) for name, day in days.items()})
        value = period.model_dump(mode="json", by_alias=True)
        await settings.keep(unit, building, "heating_period", value, by)


async def calendar(unit: Unit, form: Form, by: str) -> None:
    """Opening hours by weekday (`09:00-12:30, 13:30-17:30`) and closing days, one per line."""
    week = {day: _ranges(str(form.get(f"day_{day}", "")), f"/day_{day}") for day in WEEKDAYS}
    lines = [line.strip() for line in str(form.get("closed_on", "")).splitlines()]
    closed = [_day(line, "/closed_on") for line in lines if line]
    if not any(week.values()):
        raise invalid("/day_0", "never_open", "The cooperative works on at least one day.")
    given = {
        "week": {day: ranges for day, ranges in week.items() if ranges},
        "closed_on": sorted({day.isoformat() for day in closed}),
        "subdivision": _text(form, "subdivision"),
    }
    body = valid(CalendarIn, given)
    await settings.keep(unit, None, "calendar", body.model_dump(mode="json", exclude_none=True), by)


async def teams(unit: Unit, form: Form, by: str) -> None:
    """The team that follows each trade; the usual one where none is chosen."""
    known = codes("teams")
    chosen = {trade: str(form.get(f"team_{trade}", "")) for trade in taxonomy().trades}
    value = {trade: team for trade, team in chosen.items() if team in known}
    await settings.keep(unit, None, "teams", value or None, by)


async def rule(unit: Unit, form: Form, by: str) -> None:
    """A rule of the cooperative's own on who must act."""
    given = {name: value for name in RuleIn.model_fields if (value := _text(form, name)) is not None}
    body = valid(RuleIn, given)
    known = taxonomy()
    for name, table in (("trade", known.trades), ("element", known.elements), ("symptom", known.symptoms)):
        if getattr(body, name) is not None and getattr(body, name) not in table:
            raise invalid(f"/{name}", "unknown_code", "Choose one of the list.")
    await settings.add_rule(unit, by, body.model_dump())


async def end_rule(unit: Unit, form: Form, by: str) -> None:
    """A rule holds until the day given, included."""
    on = _day(str(form.get("valid_to", "")), "/valid_to")
    await settings.end_rule(unit, str(form.get("rule", "")), by, on)


async def copropriete(unit: Unit, form: Form, by: str) -> None:
    """Whether a building has a syndic; `unknown` leaves it to who lives there."""
    building = _text(form, "building")
    if building is None:
        raise invalid("/building", "missing", "Choose a building.")
    value = {"yes": True, "no": False}.get(str(form.get("copropriete")))
    await settings.keep(unit, building, "copropriete", value, by)


async def terms(unit: Unit, form: Form, by: str) -> None:
    """A decision on a legal term that is not confirmed; `term` is `code:tenure`."""
    code, _, tenure = str(form.get("term", "")).partition(":")
    given = {
        "code": code,
        "tenure": tenure,
        "applies": form.get("applies") == "yes",
        "basis": _text(form, "basis"),
        "valid_from": _text(form, "valid_from"),
    }
    for name in ("years", "months", "calendar_days"):
        if (value := _text(form, name)) is not None:
            given[name] = value
    body = valid(TermIn, given)
    decision = body.model_dump(mode="json", exclude_none=True)
    await settings.decide_term(unit, _text(form, "building"), decision, by)


SECTIONS: dict[str, Callable[[Unit, Form, str], Awaitable[None]]] = {
    "heating": heating,
    "calendar": calendar,
    "teams": teams,
    "rule": rule,
    "end_rule": end_rule,
    "copropriete": copropriete,
    "terms": terms,
}


def _text(form: Form, name: str) -> str | None:
    return str(form.get(name, "")).strip() or None


def _two(form: Form, name: str) -> str:
    return str(form.get(name, "")).strip().zfill(2)


def _day(text: str, pointer: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise invalid(pointer, "invalid", "Give a day.") from error


def _ranges(text: str, pointer: str) -> list[list[str]]:
    """`09:00-12:30, 13:30-17:30` as pairs of hours; empty when closed."""
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = _RANGE.match(part)
        if match is None or match[1].zfill(5) >= match[2].zfill(5):
            raise invalid(pointer, "invalid", "Write hours as 09:00-12:30.")
        found.append([match[1].zfill(5), match[2].zfill(5)])
    return found
