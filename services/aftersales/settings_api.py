"""The cooperative's own rules over HTTP: who answers for what, heating seasons, working time, teams."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from contracts.codes import Responsible, Tenure
from services.aftersales import public_contact, settings
from services.aftersales.api_base import router
from services.aftersales.bodies import Body, ElementCode, SymptomCode
from services.aftersales.choices import check_codes
from services.aftersales.model import ResponsibilityRule
from services.aftersales.page_base import actor_of
from services.aftersales.parties.bodies import Email
from services.aftersales.taxonomy import taxonomy
from services.kit.web import RoomUnit, Who, invalid, roles

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
    subdivision: (
        Literal["57", "6AE", "971", "972", "973", "974", "976", "BL", "MF", "NC", "PF", "PM", "WF"] | None
    ) = None


class RuleIn(Body):
    responsible: Responsible
    basis: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=200)]
    """The lease clause, contract or decision it rests on; shown to households."""
    valid_from: date
    valid_to: date | None = None
    building: str | None = None
    trade: str | None = None
    """A whole trade; an `element` is more precise."""
    element: ElementCode | None = None
    symptom: SymptomCode | None = None
    tenure: Tenure | None = None


class RuleOut(RuleIn):
    id: str


class RulesOut(Body):
    rules: list[RuleOut]


class TermIn(Body):
    """A decision on a legal term that is not confirmed for a tenure; left out periods stay as they are."""

    code: Annotated[str, StringConstraints(max_length=64)]
    """Of a window (GET /occupancies/{id}/windows) or a whole regime."""
    tenure: Tenure
    applies: bool
    years: Annotated[int, Field(ge=0, le=30)] | None = None
    months: Annotated[int, Field(ge=0, le=120)] | None = None
    calendar_days: Annotated[int, Field(ge=0, le=3660)] | None = None
    basis: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=200)]
    """The text, contract or opinion it rests on; shown to households."""
    valid_from: date


class ApprovalIn(Body):
    """From which estimate on a named person approves; null: never."""

    above_cents: Annotated[int, Field(ge=0, le=100_000_000)] | None


Phone = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\+?[0-9][0-9 .\-]{1,24}$")]


class ContactIn(Body):
    """What the cooperative publishes of itself where nobody is signed in; all empty: nothing."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)] | None = None
    phone: Phone | None = None
    email: Email | None = None
    hours: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None
    address: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None
    """By post, in one line: the sender's on letters to firms."""


class ChangeOut(BaseModel):
    name: str
    building: str | None
    before: Any
    after: Any
    changed_by: str
    changed_at: datetime


class ChangesOut(BaseModel):
    changes: list[ChangeOut]


@router.get("/responsibility-rules", **roles("staff"))
async def rules(unit: RoomUnit) -> RulesOut:
    """The cooperative's own rules, which come before the house's."""
    return RulesOut(rules=[_rule(row) for row in await settings.rules(unit)])


@router.post("/responsibility-rules", status_code=201, **roles("staff"))
async def add_rule(body: RuleIn, unit: RoomUnit, who: Who) -> RuleOut:
    """For requests opened or re-examined from now on; end a rule by another one, history stands."""
    check_codes("", **{name: code for name in ("element", "symptom") if (code := getattr(body, name))})
    if body.trade is not None and body.trade not in taxonomy().trades:
        raise invalid("/trade", "unknown_code", "Use a trade of GET /taxonomy.")
    return _rule(await settings.add_rule(unit, actor_of(who).id, body.model_dump()))


@router.delete("/responsibility-rules/{rule}", status_code=204, **roles("staff"))
async def drop_rule(rule: str, unit: RoomUnit, who: Who) -> None:
    """Requests already decided keep what was decided."""
    await settings.end_rule(unit, rule, actor_of(who).id)


@router.put("/aftersales-settings/heating_period", status_code=204, **roles("staff"))
async def heating_period(
    body: HeatingPeriodIn, unit: RoomUnit, who: Who, building: str | None = None
) -> None:
    """For one building, or for all that have none of their own."""
    value = body.model_dump(mode="json", by_alias=True)
    await settings.keep(unit, building, "heating_period", value, actor_of(who).id)


@router.put("/aftersales-settings/calendar", status_code=204, **roles("staff"))
async def calendar(body: CalendarIn, unit: RoomUnit, who: Who) -> None:
    """Opening hours and closing days of the cooperative."""
    for weekday, ranges in (body.week or {}).items():
        if any(start >= end for start, end in ranges):
            raise invalid(f"/week/{weekday}", "empty_range", "A range ends after it begins.")
    if body.week is not None and not any(body.week.values()):
        raise invalid("/week", "never_open", "The cooperative works on at least one day.")
    value = body.model_dump(mode="json", exclude_none=True)
    await settings.keep(unit, None, "calendar", value, actor_of(who).id)


@router.put("/aftersales-settings/teams", status_code=204, **roles("staff"))
async def teams(body: dict[str, str], unit: RoomUnit, who: Who) -> None:
    """Trade to the cooperative's own team."""
    if unknown := set(body) - set(taxonomy().trades):
        raise invalid(f"/{min(unknown)}", "unknown_code", "Use a trade of GET /taxonomy.")
    await settings.keep(unit, None, "teams", dict(body), actor_of(who).id)


@router.put("/aftersales-settings/copropriete", status_code=204, **roles("staff"))
async def copropriete(body: bool, building: str, unit: RoomUnit, who: Who) -> None:
    """Whether a building has a syndic, where its households do not tell."""
    await settings.keep(unit, building, "copropriete", body, actor_of(who).id)


@router.put("/aftersales-settings/approval", status_code=204, **roles("staff"))
async def approval(body: ApprovalIn, unit: RoomUnit, who: Who, building: str | None = None) -> None:
    """The cost from which on nobody is sent without a named person's approval, for all buildings or one."""
    await settings.keep(unit, building, "approval", body.model_dump(), actor_of(who).id)


@router.put("/aftersales-settings/terms", status_code=204, **roles("staff"))
async def terms(body: TermIn, unit: RoomUnit, who: Who, building: str | None = None) -> None:
    """Decide whether, and how long, a legal term applies that is not confirmed (PSLA, BRS, acoustic year)."""
    decision = body.model_dump(mode="json", exclude_none=True)
    await settings.decide_term(unit, building, decision, actor_of(who).id)


@router.get("/aftersales-settings/public_contact", **roles("staff", "caretaker"))
async def contact(unit: RoomUnit) -> ContactIn:
    """How anybody reaches the cooperative, as it publishes it."""
    return ContactIn(**(await settings.held(unit, None, public_contact.NAME) or {}))


@router.put("/aftersales-settings/public_contact", status_code=204, **roles("staff"))
async def set_contact(body: ContactIn, unit: RoomUnit, who: Who) -> None:
    """For pages that anybody may open, such as that of a link that has ended. No person's own number."""
    own = body.model_dump(exclude_none=True)
    await settings.keep(unit, None, public_contact.NAME, own or None, actor_of(who).id)


@router.get("/aftersales-settings/changes", **roles("staff"))
async def changes(unit: RoomUnit) -> ChangesOut:
    """Who changed which setting, from what to what, when; the latest hundred."""
    found = await settings.changes(unit)
    return ChangesOut(changes=[ChangeOut.model_validate(row.model_dump()) for row in found])


def _rule(row: ResponsibilityRule) -> RuleOut:
    return RuleOut.model_validate(row.model_dump(exclude={"coop"}))
