"""The cooperative's own settings: heating season, calendar, teams, rules of responsibility."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from contracts.codes import Responsible, Tenure
from services.aftersales.business_calendar import BusinessCalendar, default_calendar
from services.aftersales.model import WHOLE_COOP, ResponsibilityRule, Setting
from services.aftersales.own_terms import OwnTerm
from services.aftersales.priority import HeatingPeriod, default_heating_period
from services.aftersales.registry import Home
from services.aftersales.responsibility import Override
from services.kit.unit import Unit


@dataclass(frozen=True)
class Config:
    """What rules need to know of one home's cooperative and building."""

    calendar: BusinessCalendar
    heating: HeatingPeriod
    is_copropriete: bool
    overrides: tuple[Override, ...] = ()
    teams: dict[str, str] = field(default_factory=dict)
    is_heating_known: bool = True
    """False when neither the building nor the cooperative says its season: the usual one is assumed."""
    own_terms: tuple[OwnTerm, ...] = ()


async def config_for(unit: Unit, home: Home) -> Config:
    """A building's setting comes before the cooperative's, which comes before the house's own."""
    return await unit.once(("config", home), lambda: _config(unit, home))


async def _config(unit: Unit, home: Home) -> Config:
    rows = await unit.session.execute(
        select(Setting)
        .where(col(Setting.coop) == unit.coop, col(Setting.building).in_([WHOLE_COOP, home.building or ""]))
        .order_by(col(Setting.building))
    )
    own = await unit.session.execute(
        select(ResponsibilityRule).where(col(ResponsibilityRule.coop) == unit.coop)
    )
    return config_from(home, rows.scalars(), own.scalars())


def config_from(home: Home, rows: Iterable[Setting], own: Iterable[ResponsibilityRule]) -> Config:
    """From the settings that concern the home, the cooperative's before its building's, and the rules."""
    settings: dict[str, Any] = {}
    own_terms: list[OwnTerm] = []
    for row in rows:
        if row.name == "terms":
            own_terms += [own_term_from(one, row.building or None) for one in row.value]
        else:
            settings[row.name] = row.value
    heating = settings.get("heating_period")
    return Config(
        calendar=_calendar(home, settings.get("calendar") or {}),
        heating=HeatingPeriod(heating["from"], heating["to"]) if heating else default_heating_period(),
        is_copropriete=bool(settings.get("copropriete", home.is_copropriete)),
        overrides=tuple(_override(row) for row in own),
        teams=dict(settings.get("teams") or {}),
        is_heating_known=bool(heating),
        own_terms=tuple(own_terms),
    )


def own_term_from(stored: dict[str, Any], building: str | None) -> OwnTerm:
    """A decision on an unconfirmed term, as the setting `terms` keeps it."""
    return OwnTerm(
        code=stored["code"],
        applies=stored["applies"],
        tenure=Tenure(stored["tenure"]) if stored.get("tenure") else None,
        building=building,
        years=stored.get("years"),
        months=stored.get("months"),
        calendar_days=stored.get("calendar_days"),
        basis=stored.get("basis"),
        valid_from=date.fromisoformat(stored["valid_from"]),
    )


def _calendar(home: Home, setting: dict[str, Any]) -> BusinessCalendar:
    closed_on = frozenset(date.fromisoformat(day) for day in setting.get("closed_on", ()))
    usual = default_calendar(home.zone, home.postcode, closed_on)
    week = {
        int(weekday): tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in ranges)
        for weekday, ranges in setting.get("week", {}).items()
    }
    subdivision = setting.get("subdivision", usual.subdivision)
    return BusinessCalendar(ZoneInfo(home.zone), week or usual.week, subdivision, closed_on)


def _override(row: ResponsibilityRule) -> Override:
    return Override(
        responsible=Responsible(row.responsible),
        basis=row.basis,
        valid_from=row.valid_from,
        building=row.building,
        trade=row.trade,
        element=row.element,
        symptom=row.symptom,
        tenure=Tenure(row.tenure) if row.tenure else None,
        valid_to=row.valid_to,
    )
