"""The cooperative's own settings and rules of responsibility: changed by its staff, each change kept."""

from dataclasses import fields
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlmodel import col, select

from contracts.codes import Responsible, Tenure
from services.aftersales import registry, rewinding
from services.aftersales.dwelling_file import asking
from services.aftersales.dwelling_file.model import SettingChange
from services.aftersales.model import WHOLE_COOP, ResponsibilityRule, Setting
from services.aftersales.never_resident import Reached, Scope, reached_by
from services.aftersales.tables import load
from services.aftersales.taxonomy import taxonomy
from services.aftersales.words import Reason, render
from services.kit.ids import new_id
from services.kit.problems import invalid, not_found
from services.kit.unit import Unit

RULE = "responsibility_rule"
_SCOPE = tuple(field.name for field in fields(Scope))
_NAMED = 3
"""Faults that are named when a rule is refused for them."""


async def keep(unit: Unit, building: str | None, name: str, value: Any, by: str) -> None:
    """Set one setting of the cooperative, or of one of its buildings; None takes it back."""
    assert unit.coop is not None
    if building is not None:
        await known_building(unit, building)
    before = await held(unit, building, name)
    if before == value:
        return
    await unit.session.execute(
        text("DELETE FROM aftersales.setting WHERE coop = :coop AND building = :building AND name = :name"),
        {"coop": unit.coop, "building": building or WHOLE_COOP, "name": name},
    )
    if value is not None:
        unit.session.add(Setting(coop=unit.coop, building=building or WHOLE_COOP, name=name, value=value))
    _changed(unit, building, name, before, value, by)
    await unit.session.flush()
    if name in rewinding.CLOCKS_DEPEND_ON:
        await rewinding.ask(unit, building)
    if name == "heating_period":
        await asking.recount(unit, "heating_start", building)


async def held(unit: Unit, building: str | None, name: str) -> Any:
    """What is set there, without what it falls back on; None when nothing is."""
    row = await unit.session.execute(
        select(Setting).where(
            col(Setting.coop) == unit.coop,
            col(Setting.building) == (building or WHOLE_COOP),
            col(Setting.name) == name,
        )
    )
    found = row.scalar_one_or_none()
    return None if found is None else found.value


async def everything(unit: Unit) -> list[Setting]:
    """All that the cooperative has set, its own first, then its buildings'."""
    rows = await unit.session.execute(
        select(Setting)
        .where(col(Setting.coop) == unit.coop)
        .order_by(col(Setting.building), col(Setting.name))
    )
    return list(rows.scalars())


async def rules(unit: Unit) -> list[ResponsibilityRule]:
    rows = await unit.session.execute(
        select(ResponsibilityRule)
        .where(col(ResponsibilityRule.coop) == unit.coop)
        .order_by(col(ResponsibilityRule.valid_from).desc(), col(ResponsibilityRule.id))
    )
    return list(rows.scalars())


async def add_rule(unit: Unit, by: str, facts: dict[str, Any]) -> ResponsibilityRule:
    """A rule for requests opened or looked into again from now on. `facts` are its columns.

    422 for one that would put on the resident what no rule can: see `never_resident`."""
    assert unit.coop is not None
    if facts.get("valid_to") is not None and facts["valid_to"] < facts["valid_from"]:
        raise invalid("/valid_to", "before_start", "A rule cannot end before it begins.")
    if facts.get("building") is not None:
        await known_building(unit, facts["building"])
    refuse_unlawful(facts)
    row = ResponsibilityRule(id=new_id("rul"), coop=unit.coop, **facts)
    unit.session.add(row)
    _changed(unit, row.building, RULE, None, _plain(row), by)
    await unit.session.flush()
    return row


def without_effect(rule: ResponsibilityRule) -> list[Reached]:
    """The faults for which a rule, perhaps written before that was refused, is set aside."""
    facts = {name: getattr(rule, name) for name in _SCOPE}
    return reached_by(Responsible(rule.responsible), Scope(**facts))


async def end_rule(unit: Unit, rule: str, by: str, on: date | None = None) -> None:
    """Drop a rule, or let it hold until `on`, included. What was decided with it stays decided."""
    row = await unit.session.get(ResponsibilityRule, rule)
    if row is None or row.coop != unit.coop:
        raise not_found()
    before = _plain(row)
    if on is None:
        await unit.session.delete(row)
        _changed(unit, row.building, RULE, before, None, by)
    else:
        if on < row.valid_from:
            raise invalid("/valid_to", "before_start", "A rule cannot end before it begins.")
        row.valid_to = on
        _changed(unit, row.building, RULE, before, _plain(row), by)
    await unit.session.flush()


async def decide_term(unit: Unit, building: str | None, decision: dict[str, Any], by: str) -> None:
    """Decide on one unconfirmed legal term, in place of what was decided on it before."""
    if (decision["code"], decision.get("tenure")) not in unconfirmed_terms():
        raise invalid("/code", "confirmed", "Only a term not confirmed for that tenure is decided.")
    before = await held(unit, building, "terms") or []
    key = (decision["code"], decision.get("tenure"))
    others = [one for one in before if (one["code"], one.get("tenure")) != key]
    await keep(unit, building, "terms", [*others, decision], by)


def unconfirmed_terms() -> set[tuple[str, str]]:
    """Windows and regimes, each with a tenure for which it is not confirmed."""
    found: set[tuple[str, str]] = set()
    for row in (*load("dwelling_file/windows")["windows"], *load("warranty")["regimes"]):
        tenures = set(row.get("tenures", [tenure.value for tenure in Tenure]))
        if row["verified"]:
            tenures &= set(load("warranty")["unconfirmed_tenures"])
        codes = {row.get("code"), row.get("regime")} - {None}
        found |= {(code, tenure) for code in codes for tenure in tenures}
    return found


async def changes(unit: Unit, limit: int = 100) -> list[SettingChange]:
    """What was changed, by whom, when; the latest first."""
    rows = await unit.session.execute(
        select(SettingChange)
        .where(col(SettingChange.coop) == unit.coop)
        .order_by(col(SettingChange.changed_at).desc(), col(SettingChange.id).desc())
        .limit(limit)
    )
    return list(rows.scalars())


async def known_building(unit: Unit, building: str) -> registry.Home:
    """404 when it is not one of the cooperative's."""
    found = await registry.home_of_building(unit, building)
    if found is None:
        raise not_found()
    return found


def refuse_unlawful(facts: dict[str, Any]) -> None:
    """422 when a rule of such columns would put on the resident what no rule can."""
    scope = Scope(**{name: facts[name] for name in _SCOPE if name in facts})
    if reached := reached_by(Responsible(facts["responsible"]), scope):
        shown = [named_fault(one) for one in reached[:_NAMED]]
        raise invalid(
            "/responsible",
            "never_resident",
            "No rule can put this on the resident: %(faults)s – %(why)s"
            " Name an element and a symptom that are not among these.",
            faults={
                language: ", ".join(one[language] for one in shown) + (", …" if reached[_NAMED:] else "")
                for language in ("fr", "en")
            },
            why={language: render(Reason(reached[0].duty.reason), language) for language in ("fr", "en")},
        )


def named_fault(one: Reached) -> dict[str, str]:
    """A fault as people call it, by language."""
    known = taxonomy()
    element, symptom = known.elements[one.element].label, known.symptoms[one.symptom]
    return {
        language: f"{element.in_(language)} ({symptom.in_(language).lower()})" for language in ("fr", "en")
    }


def _plain(row: ResponsibilityRule) -> dict[str, Any]:
    return row.model_dump(mode="json", exclude={"coop"}, exclude_none=True)


def _changed(unit: Unit, building: str | None, name: str, before: Any, after: Any, by: str) -> None:
    assert unit.coop is not None
    unit.forget()
    unit.session.add(
        SettingChange(
            id=new_id("chg"),
            coop=unit.coop,
            building=building,
            name=name,
            before=before,
            after=after,
            changed_by=by,
            changed_at=unit.now,
        )
    )
