"""The cooperative's own rules over HTTP: who answers for what, heating seasons, working time, teams."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from sqlalchemy import text
from sqlmodel import col, select

from contracts.codes import Responsible, Tenure
from services.aftersales import registry
from services.aftersales.api_base import router
from services.aftersales.bodies import Body, ElementCode, SymptomCode
from services.aftersales.choices import check_codes
from services.aftersales.model import WHOLE_COOP, ResponsibilityRule, Setting
from services.aftersales.taxonomy import taxonomy
from services.kit.ids import new_id
from services.kit.unit import Unit
from services.kit.web import RoomUnit, invalid, not_found, roles

MonthDay = Annotated[str, StringConstraints(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]
Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Weekday = Literal["0", "1", "2", "3", "4", "5", "6"]


class HeatingPeriodIn(Body):
    """First and last civil day of the heating season, `MM-DD`, both included."""

    from_: MonthDay = Field(alias="from")
    to: MonthDay


class CalendarIn(Body):
    """What is left out stays the house's usual. Weekday 0 is Monday."""

    week: dict[Weekday, list[tuple[Clock, Clock]]] | None = None
    closed_on: list[date] = Field(default=[], max_length=400)
    subdivision: Literal["57", "6AE", "971", "972", "973", "974", "976"] | None = None


class RuleIn(Body):
    responsible: Responsible
    basis: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=200)]
    """The lease clause, contract or decision it rests on; shown to households."""
    valid_from: date
    valid_to: date | None = None
    building: str | None = None
    element: ElementCode | None = None
    symptom: SymptomCode | None = None
    tenure: Tenure | None = None


class RuleOut(RuleIn):
    id: str


class RulesOut(Body):
    rules: list[RuleOut]


@router.get("/responsibility-rules", **roles("staff"))
async def rules(unit: RoomUnit) -> RulesOut:
    """The cooperative's own rules, which come before the house's."""
    found = await unit.session.execute(select(ResponsibilityRule).order_by(col(ResponsibilityRule.id)))
    return RulesOut(rules=[RuleOut(**row.model_dump(exclude={"coop"})) for row in found.scalars()])


@router.post("/responsibility-rules", status_code=201, **roles("staff"))
async def add_rule(body: RuleIn, unit: RoomUnit) -> RuleOut:
    """For requests opened or re-examined from now on; end a rule by another one, history stands."""
    check_codes("", **{name: code for name in ("element", "symptom") if (code := getattr(body, name))})
    if body.valid_to is not None and body.valid_to < body.valid_from:
        raise invalid("/valid_to", "before_start", "A rule cannot end before it begins.")
    if body.building is not None:
        await _building(unit, body.building)
    assert unit.coop is not None
    row = ResponsibilityRule(id=new_id("rul"), coop=unit.coop, **body.model_dump())
    unit.session.add(row)
    await unit.session.flush()
    return RuleOut(id=row.id, **body.model_dump())


@router.delete("/responsibility-rules/{rule}", status_code=204, **roles("staff"))
async def drop_rule(rule: str, unit: RoomUnit) -> None:
    """Requests already decided keep what was decided."""
    row = await unit.session.get(ResponsibilityRule, rule)
    if row is None:
        raise not_found()
    await unit.session.delete(row)


@router.put("/aftersales-settings/heating_period", status_code=204, **roles("staff"))
async def heating_period(body: HeatingPeriodIn, unit: RoomUnit, building: str | None = None) -> None:
    """For one building, or for all that have none of their own."""
    await _keep(unit, building, "heating_period", body.model_dump(mode="json", by_alias=True))


@router.put("/aftersales-settings/calendar", status_code=204, **roles("staff"))
async def calendar(body: CalendarIn, unit: RoomUnit) -> None:
    """Opening hours and closing days of the cooperative."""
    for weekday, ranges in (body.week or {}).items():
        if any(start >= end for start, end in ranges):
            raise invalid(f"/week/{weekday}", "empty_range", "A range ends after it begins.")
    if body.week is not None and not any(body.week.values()):
        raise invalid("/week", "never_open", "The cooperative works on at least one day.")
    await _keep(unit, None, "calendar", body.model_dump(mode="json", exclude_none=True))


@router.put("/aftersales-settings/teams", status_code=204, **roles("staff"))
async def teams(body: dict[str, str], unit: RoomUnit) -> None:
    """Trade to the cooperative's own team."""
    if unknown := set(body) - set(taxonomy().trades):
        raise invalid(f"/{min(unknown)}", "unknown_code", "Use a trade of GET /taxonomy.")
    await _keep(unit, None, "teams", dict(body))


@router.put("/aftersales-settings/copropriete", status_code=204, **roles("staff"))
async def copropriete(body: bool, building: str, unit: RoomUnit) -> None:
    """Whether a building has a syndic, where its households do not tell."""
    await _keep(unit, building, "copropriete", body)


async def _building(unit: Unit, building: str) -> None:
    if await registry.home_of_building(unit, building) is None:
        raise not_found()


async def _keep(unit: Unit, building: str | None, name: str, value: object) -> None:
    assert unit.coop is not None
    if building is not None:
        await _building(unit, building)
    await unit.session.execute(
        text("DELETE FROM aftersales.setting WHERE coop = :coop AND building = :building AND name = :name"),
        {"coop": unit.coop, "building": building or WHOLE_COOP, "name": name},
    )
    unit.session.add(Setting(coop=unit.coop, building=building or WHOLE_COOP, name=name, value=value))
