"""The page of the cooperative's settings of after-sales: seen and changed by its staff, each change told."""

from calendar import monthrange
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import text

from contracts.codes import Responsible, Tenure
from services.aftersales import registry, settings
from services.aftersales.business_calendar import default_calendar
from services.aftersales.form_pages import Sent, taken
from services.aftersales.page_base import actor_of, answer, pages
from services.aftersales.priority import default_heating_period
from services.aftersales.settings_forms import SECTIONS
from services.aftersales.tables import load
from services.aftersales.taxonomy import taxonomy
from services.aftersales.words import labelled, word
from services.kit.i18n import language_of
from services.kit.receiving import form_of
from services.kit.registry import local_today, zone_of
from services.kit.unit import Unit
from services.kit.web import RoomUnit, Who, not_found, roles

SHOWN_CHANGES = 30


@pages.get("/settings/aftersales", **roles("staff"))
async def shown(request: Request, unit: RoomUnit, done: str = "") -> Response:
    """Seasons, hours, teams, own rules, syndics, decisions on unconfirmed terms; who changed what."""
    return await _page(request, unit, Sent(done=done if done in SECTIONS else ""))


@pages.post("/settings/aftersales/{section}", **roles("staff"))
async def change(section: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    """One form of the page; what is refused is said beside it."""
    if section not in SECTIONS:
        raise not_found()
    form = {name: value for name, value in (await form_of(request)).items() if isinstance(value, str)}
    return await taken(
        unit,
        lambda: SECTIONS[section](unit, form, actor_of(who).id),
        f"/settings/aftersales?done={section}#{section}",
        lambda sent: _page(request, unit, sent),
        form=section,
        given=form,
    )


async def _page(request: Request, unit: Unit, sent: Sent) -> Response:
    language = language_of(request)
    held: dict[str, dict[str, Any]] = {}
    for row in await settings.everything(unit):
        held.setdefault(row.name, {})[row.building] = row.value
    buildings = await _buildings(unit)
    calendar = held.get("calendar", {}).get("", {})
    usual = default_calendar((await zone_of(unit)).key)
    week = calendar.get("week") or {
        str(day): [(start.strftime("%H:%M"), end.strftime("%H:%M")) for start, end in ranges]
        for day, ranges in usual.week.items()
    }
    known = taxonomy()
    return await answer(
        request,
        unit,
        "settings.html",
        status=sent.status,
        **sent.shown(request),
        today=await local_today(unit),
        buildings=buildings,
        building_name=lambda code: next((name for one, name in buildings if one == code), code),
        seasons=held.get("heating_period", {}),
        usual_season=default_heating_period(),
        months=[(f"{month:02d}", monthrange(2024, month)[1]) for month in range(1, 13)],
        week={day: ", ".join("-".join(pair) for pair in ranges) for day, ranges in week.items()},
        closed_on=calendar.get("closed_on", []),
        subdivision=calendar.get("subdivision", ""),
        teams=held.get("teams", {}).get("", {}),
        usual_teams=load("teams")["trades"],
        trades=known.trades,
        syndics=held.get("copropriete", {}),
        rules=await settings.rules(unit),
        without_effect=lambda rule: [
            settings.named_fault(one)[language] for one in settings.without_effect(rule)
        ],
        decided=[(place, one) for place, ones in held.get("terms", {}).items() for one in ones],
        undecided=_undecided(language),
        choices={name: labelled(name, language) for name in ("teams", "parties")},
        tenures=[(one.value, word("tenures", one.value, language)) for one in Tenure],
        parties=[(one.value, word("parties", one.value, language)) for one in Responsible],
        term_name=lambda code: _term_name(code, language),
        changes=await settings.changes(unit, SHOWN_CHANGES),
        setting_name=lambda name: _setting_name(name, language),
        people={one.id: one.name for one in (await registry.staff(unit)).values()},
    )


def _setting_name(name: str, language: str) -> str:
    """A setting newer than this page is shown by its code."""
    try:
        return word("setting_names", name, language)
    except KeyError:
        return name.replace("_", " ")


async def _buildings(unit: Unit) -> list[tuple[str, str]]:
    rows = await unit.session.execute(
        text("SELECT id, residence, ref FROM registry.building WHERE coop = :coop ORDER BY residence, ref"),
        {"coop": unit.coop},
    )
    return [(row.id, f"{row.residence}, {row.ref}") for row in rows]


def _undecided(language: str) -> list[tuple[str, str]]:
    """Every term that can be decided, as (`code:tenure`, words)."""
    return sorted(
        (
            (f"{code}:{tenure}", f"{_term_name(code, language)} – {word('tenures', tenure, language)}")
            for code, tenure in settings.unconfirmed_terms()
        ),
        key=lambda one: one[1],
    )


def _term_name(code: str, language: str) -> str:
    """A window's words, else a regime's."""
    try:
        return word("windows", code, language)
    except KeyError:
        return word("regimes", code, language)
