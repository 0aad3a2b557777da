"""The dwelling's file on screen: the household's dates, the check-in, the staff's page of a home."""

from datetime import date
from typing import Annotated, Any

from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import text

from contracts.codes import Tenure
from services.aftersales import registry, settings
from services.aftersales.dwelling_file import acting, dates, equipment, homes, reporting
from services.aftersales.dwelling_file.doubts import doubts
from services.aftersales.dwelling_file.equipment import Where
from services.aftersales.dwelling_file.facts import REGIMES
from services.aftersales.dwelling_file.showing import (
    WindowsOut,
    check_ins_out,
    equipment_out,
    windows_out,
)
from services.aftersales.page_base import actor_of, answer, pages
from services.aftersales.registry import Home
from services.aftersales.words import word
from services.kit.i18n import language_of
from services.kit.registry import local_today
from services.kit.unit import Unit
from services.kit.web import Principal, Problem, RoomUnit, Who, invalid, not_found, roles

SHOWN_AT_HOME = 3
TEAM = ("staff", "caretaker")


@pages.get("/fragments/home-file", **roles("resident"))
async def at_home(request: Request, unit: RoomUnit, who: Who) -> Response:
    """What presses among the household's windows, for the first page."""
    home = await _own(unit, who, None)
    language = language_of(request)
    shown = await windows_out(unit, home, language, concerning_only=True) if home else None
    open_now = [one for one in shown.windows if one.state in ("ends_soon", "running")] if shown else []
    return await answer(
        request,
        unit,
        "file_fragment.html",
        windows=open_now[:SHOWN_AT_HOME],
        more=len(open_now) - SHOWN_AT_HOME,
        check_ins=await _asked(unit, home, language_of(request)),
    )


@pages.get("/home/file", **roles("resident"))
async def mine(request: Request, unit: RoomUnit, who: Who, occupancy: str | None = None) -> Response:
    """Every date that protects the household, its equipment, and what it is asked."""
    home = await _own(unit, who, occupancy)
    if home is None:
        raise not_found()
    language = language_of(request)
    pieces = await equipment.listed(unit, Where(dwelling=home.dwelling), with_ended=False)
    return await answer(
        request,
        unit,
        "file_household.html",
        home=home,
        others=[one for one in await registry.own_occupancies(unit, who.person) if one != home.occupancy],
        shown=await windows_out(unit, home, language, concerning_only=True),
        equipment=[equipment_out(row, language) for row in pieces],
        check_ins=await _asked(unit, home, language),
        forgotten=await _forgotten(unit, home),
    )


@pages.get("/check-ins/{check_in}", **roles("resident"))
async def check_in(check_in: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    """Two taps: all is well, or something is wrong."""
    return await _check_in(request, unit, who, check_in)


@pages.post("/check-ins/{check_in}", **roles("resident"))
async def answer_check_in(
    check_in: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    said: Annotated[str, Form(alias="answer", max_length=16)],
) -> Response:
    try:
        row = await acting.answer(unit, check_in, who, said)
    except Problem as problem:
        if problem.status == 404:
            raise
        return await _check_in(request, unit, who, check_in, problem=problem)
    if row.answer == "problem":
        return RedirectResponse(f"/tickets/new?{_intake(row.windows)}check_in={row.id}", 303)
    return RedirectResponse(f"/check-ins/{row.id}", 303)


@pages.get("/dwellings/{dwelling}/file", **roles(*TEAM))
async def one(dwelling: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    """A home's dates and windows, its equipment, what its household was asked and said."""
    return await _staff_page(request, unit, dwelling)


@pages.post("/dwellings/{dwelling}/file/dates", **roles("staff"))
async def record_date(
    dwelling: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    kind: Annotated[str, Form(max_length=20)],
    on: Annotated[str, Form(max_length=10)] = "",
    note: Annotated[str, Form(max_length=400)] = "",
    whole_building: Annotated[bool, Form()] = False,
) -> Response:
    """A réception may be said of the whole building at once."""
    home = await homes.of_dwelling(unit, dwelling)
    try:
        if kind not in dates.KINDS:
            raise invalid("/kind", "unknown_code", "Choose one of the dates.")
        if kind == "reception" and whole_building and home.building is not None:
            home = await settings.known_building(unit, home.building)
        await acting.record_date(unit, home, kind, _day(on, "/on"), actor_of(who).id, note.strip() or None)
    except Problem as problem:
        return await _staff_page(request, unit, dwelling, problem=problem)
    return RedirectResponse(f"/dwellings/{dwelling}/file", 303)


@pages.post("/dwellings/{dwelling}/file/equipment", **roles("staff"))
async def add_equipment(
    dwelling: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    element: Annotated[str, Form(max_length=64)],
    installed_on: Annotated[str, Form(max_length=10)] = "",
    place: Annotated[str, Form(max_length=64)] = "",
    warranty_regime: Annotated[str, Form(max_length=16)] = "",
    contract_ends_on: Annotated[str, Form(max_length=10)] = "",
    serial: Annotated[str, Form(max_length=400)] = "",
    note: Annotated[str, Form(max_length=400)] = "",
    replaces: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    home = await homes.of_dwelling(unit, dwelling)
    try:
        if warranty_regime and warranty_regime not in REGIMES:
            raise invalid("/warranty_regime", "unknown_code", "Choose one of the regimes.")
        facts: dict[str, Any] = {
            "element": element,
            "place": place or None,
            "installed_on": _day(installed_on, "/installed_on"),
            "warranty_regime": warranty_regime or None,
            "contract_ends_on": _day(contract_ends_on, "/contract_ends_on") if contract_ends_on else None,
            "serial": serial.strip() or None,
            "note": note.strip() or None,
            "replaces": replaces or None,
        }
        await acting.record_equipment(unit, home, actor_of(who).id, facts)
    except Problem as problem:
        return await _staff_page(request, unit, dwelling, problem=problem)
    return RedirectResponse(f"/dwellings/{dwelling}/file#equipment", 303)


@pages.post("/dwellings/{dwelling}/file/equipment/{piece}", **roles("staff"))
async def end_equipment(
    dwelling: str,
    piece: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    ended_on: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """It was taken out that day."""
    home = await homes.of_dwelling(unit, dwelling)
    try:
        facts = {"ended_on": _day(ended_on, "/ended_on")}
        await acting.change_equipment(unit, home, piece, actor_of(who).id, facts)
    except Problem as problem:
        if problem.status == 404:
            raise
        return await _staff_page(request, unit, dwelling, problem=problem)
    return RedirectResponse(f"/dwellings/{dwelling}/file#equipment", 303)


async def _staff_page(
    request: Request, unit: Unit, dwelling: str, problem: Problem | None = None
) -> Response:
    language = language_of(request)
    home = await homes.of_dwelling(unit, dwelling)
    pieces = await equipment.listed(unit, Where(dwelling=dwelling))
    shown = await windows_out(unit, home, language)
    return await answer(
        request,
        unit,
        "file_staff.html",
        status=problem.status if problem else 200,
        home=home,
        address=await homes.address_of(unit, dwelling),
        shown=shown,
        tenure=word("tenures", home.tenure.value, language) if home.tenure else None,
        kinds=_kinds(home, shown),
        doubts=doubts(shown.dates, shown.today),
        equipment=[equipment_out(row, language) for row in pieces],
        regimes=REGIMES,
        history=await dates.history(unit, home),
        people={one.id: one.name for one in (await registry.staff(unit)).values()},
        household=await registry.household(unit, home.occupancy) if home.occupancy else [],
        check_ins=await check_ins_out(unit, home.occupancy, language) if home.occupancy else [],
        problem=problem,
    )


async def _check_in(
    request: Request, unit: Unit, who: Principal, check_in: str, problem: Problem | None = None
) -> Response:
    language = language_of(request)
    row = await acting.check_in_of(unit, check_in, who)
    home = await homes.of_occupancy(unit, row.occupancy, who)
    shown = await windows_out(unit, home, language)
    named = [one for one in shown.windows if one.code in row.windows]
    return await answer(
        request,
        unit,
        "file_check_in.html",
        status=problem.status if problem else 200,
        check_in=row,
        windows=named,
        intake=f"/tickets/new?{_intake(row.windows)}check_in={row.id}",
        problem=problem,
    )


async def _forgotten(unit: Unit, home: Home) -> str | None:
    """Where a tenant adds what the signed état des lieux forgot, when there is one."""
    found = await unit.session.execute(
        text(
            "SELECT id FROM aftersales.guided_inspection WHERE occupancy = :occupancy"
            " AND kind = 'etat_des_lieux' AND signed_at IS NOT NULL ORDER BY signed_at DESC LIMIT 1"
        ),
        {"occupancy": home.occupancy},
    )
    inspection = found.scalar_one_or_none()
    return f"/inspections/{inspection}/forgotten" if inspection else None


async def _own(unit: Unit, who: Principal, occupancy: str | None) -> Home | None:
    """The household's home: the one asked for, else the present one."""
    own = await registry.own_occupancies(unit, who.person)
    if occupancy is not None and occupancy not in own:
        raise not_found()
    chosen = occupancy or (own[0] if own else None)
    return await registry.home_of_occupancy(unit, chosen) if chosen else None


async def _asked(unit: Unit, home: Home | None, language: str) -> list[Any]:
    """Questions that wait for an answer, as long as it still serves: until what they protect has ended."""
    if home is None or home.occupancy is None:
        return []
    today = await local_today(unit)
    return [
        one
        for one in await check_ins_out(unit, home.occupancy, language)
        if one.state == "asked" and (one.ends_on is None or one.ends_on >= today)
    ]


def _kinds(home: Home, shown: WindowsOut) -> list[tuple[str, date | None]]:
    """The legal days that can be recorded for that home, with what is known of each."""
    found = [("reception", shown.dates.reception_on)]
    if home.tenure in (Tenure.BUYER_VEFA, Tenure.PSLA, Tenure.BRS, Tenure.CO_OWNER):
        found.append(("livraison", shown.dates.livraison_on))
    if home.tenure in (Tenure.TENANT, Tenure.PSLA):
        found.append(("etat_des_lieux", shown.dates.etat_des_lieux_on))
    return found


def _intake(windows: list[str]) -> str:
    """What the report starts from: heating, where only heating is asked about."""
    trade = reporting.trade_of(windows)
    return f"trade={trade}&" if trade else ""


def _day(text: str, pointer: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise invalid(pointer, "invalid", "Give a day.") from error
