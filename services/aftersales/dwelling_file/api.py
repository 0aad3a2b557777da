"""The dwelling's file over HTTP: legal windows, legal days, equipment, check-ins."""

from datetime import date
from typing import Annotated, Literal

from fastapi import Request
from pydantic import BaseModel, Field, StringConstraints

from services.aftersales import settings
from services.aftersales.api_base import router
from services.aftersales.bodies import Body, ElementCode, PlaceCode
from services.aftersales.dwelling_file import acting, equipment, homes
from services.aftersales.dwelling_file.equipment import Where
from services.aftersales.dwelling_file.facts import EquipmentRegime
from services.aftersales.dwelling_file.showing import (
    CheckInOut,
    EquipmentOut,
    WindowsOut,
    check_in_out,
    check_ins_out,
    equipment_out,
    windows_out,
)
from services.aftersales.page_base import actor_of
from services.aftersales.registry import Home
from services.kit.i18n import language_of
from services.kit.unit import Unit
from services.kit.web import Principal, RoomUnit, Who, roles

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]


class EquipmentIn(Body):
    element: ElementCode
    place: PlaceCode | None = None
    installed_on: date
    warranty_regime: EquipmentRegime | None = None
    """Left out: of the works when it stood at their réception, else its installer's contract."""
    contract_ends_on: date | None = None
    """Last day that the installer's contract warrants it."""
    serial: Words | None = None
    note: Words | None = None
    ended_on: date | None = None
    replaces: str | None = None
    """The piece it takes the place of, which then ends."""


class EquipmentChange(Body):
    """Only what is given changes; null empties what may be empty."""

    element: ElementCode | None = None
    place: PlaceCode | None = None
    installed_on: date | None = None
    warranty_regime: EquipmentRegime | None = None
    contract_ends_on: date | None = None
    serial: Words | None = None
    note: Words | None = None
    ended_on: date | None = None


class EquipmentsOut(BaseModel):
    equipment: list[EquipmentOut]


class HouseholdDateIn(Body):
    kind: Literal["livraison", "etat_des_lieux"]
    on: date
    note: Words | None = None
    """The document it rests on."""


class ReceptionIn(Body):
    on: date
    note: Words | None = None


class AnswerIn(Body):
    answer: Annotated[Literal["fine", "problem"], Field(description="All is well, or something is wrong.")]


class CheckInsOut(BaseModel):
    check_ins: list[CheckInOut]


@router.get("/occupancies/{occupancy}/windows", **roles("resident", "caretaker", "staff"))
async def windows(occupancy: str, request: Request, unit: RoomUnit, who: Who) -> WindowsOut:
    """Every legal window of the household's home: what presses most first."""
    home = await homes.of_occupancy(unit, occupancy, who)
    return await windows_out(unit, home, language_of(request))


@router.post("/occupancies/{occupancy}/legal-dates", status_code=201, **roles("staff"))
async def household_date(
    occupancy: str, body: HouseholdDateIn, request: Request, unit: RoomUnit, who: Who
) -> WindowsOut:
    """Record the day a livraison or entry inspection was held; the windows by what is then known."""
    home = await homes.of_occupancy(unit, occupancy, who)
    await acting.record_date(unit, home, body.kind, body.on, actor_of(who).id, body.note)
    return await windows_out(unit, home, language_of(request))


@router.get("/dwellings/{dwelling}/windows", **roles("caretaker", "staff"))
async def dwelling_windows(dwelling: str, request: Request, unit: RoomUnit) -> WindowsOut:
    """Those of the household that lives there; of the empty dwelling, the construction warranties."""
    return await windows_out(unit, await homes.of_dwelling(unit, dwelling), language_of(request))


@router.post("/dwellings/{dwelling}/reception", status_code=201, **roles("staff"))
async def dwelling_reception(
    dwelling: str, body: ReceptionIn, request: Request, unit: RoomUnit, who: Who
) -> WindowsOut:
    """Record the réception of the works where it was not known, or was wrong."""
    home = await homes.of_dwelling(unit, dwelling)
    await acting.record_date(unit, home, "reception", body.on, actor_of(who).id, body.note)
    return await windows_out(unit, home, language_of(request))


@router.post("/buildings/{building}/reception", status_code=204, **roles("staff"))
async def building_reception(building: str, body: ReceptionIn, unit: RoomUnit, who: Who) -> None:
    """For the building, and for each of its dwellings that has no réception recorded here of its own."""
    home = await settings.known_building(unit, building)
    await acting.record_date(unit, home, "reception", body.on, actor_of(who).id, body.note)


@router.get("/dwellings/{dwelling}/equipment", **roles("resident", "caretaker", "staff"))
async def dwelling_equipment(dwelling: str, request: Request, unit: RoomUnit, who: Who) -> EquipmentsOut:
    """What is recorded with its own day of installation; everything else came with the works."""
    await homes.seen(unit, dwelling, who)
    return await _listed(unit, Where(dwelling=dwelling), language_of(request))


@router.post("/dwellings/{dwelling}/equipment", status_code=201, **roles("staff"))
async def add_equipment(
    dwelling: str, body: EquipmentIn, request: Request, unit: RoomUnit, who: Who
) -> EquipmentOut:
    """Requests about that element are then warranted from its own day, by its own regime."""
    return await _added(unit, await homes.of_dwelling(unit, dwelling), body, who, request)


@router.patch("/dwellings/{dwelling}/equipment/{piece}", **roles("staff"))
@router.post("/dwellings/{dwelling}/equipment/{piece}", **roles("staff"))
async def change_equipment(
    dwelling: str, piece: str, body: EquipmentChange, request: Request, unit: RoomUnit, who: Who
) -> EquipmentOut:
    return await _changed(unit, await homes.of_dwelling(unit, dwelling), piece, body, who, request)


@router.get("/buildings/{building}/equipment", **roles("caretaker", "staff"))
async def building_equipment(building: str, request: Request, unit: RoomUnit) -> EquipmentsOut:
    """Shared equipment: a collective boiler, a lift."""
    await settings.known_building(unit, building)
    return await _listed(unit, Where(building=building), language_of(request))


@router.post("/buildings/{building}/equipment", status_code=201, **roles("staff"))
async def add_building_equipment(
    building: str, body: EquipmentIn, request: Request, unit: RoomUnit, who: Who
) -> EquipmentOut:
    return await _added(unit, await settings.known_building(unit, building), body, who, request)


@router.patch("/buildings/{building}/equipment/{piece}", **roles("staff"))
@router.post("/buildings/{building}/equipment/{piece}", **roles("staff"))
async def change_building_equipment(
    building: str, piece: str, body: EquipmentChange, request: Request, unit: RoomUnit, who: Who
) -> EquipmentOut:
    home = await settings.known_building(unit, building)
    return await _changed(unit, home, piece, body, who, request)


@router.get("/occupancies/{occupancy}/check-ins", **roles("resident", "caretaker", "staff"))
async def check_ins(occupancy: str, request: Request, unit: RoomUnit, who: Who) -> CheckInsOut:
    """What the household was or will be asked, and its answers."""
    await homes.of_occupancy(unit, occupancy, who)
    return CheckInsOut(check_ins=await check_ins_out(unit, occupancy, language_of(request)))


@router.post("/check-ins/{check_in}/answer", **roles("resident"))
async def answer(check_in: str, body: AnswerIn, request: Request, unit: RoomUnit, who: Who) -> CheckInOut:
    """All is well, or something is wrong: then report it as a request."""
    row = await acting.answer(unit, check_in, who, body.answer)
    return check_in_out(row, language_of(request))


async def _listed(unit: Unit, where: Where, language: str) -> EquipmentsOut:
    rows = await equipment.listed(unit, where)
    return EquipmentsOut(equipment=[equipment_out(row, language) for row in rows])


async def _added(unit: Unit, home: Home, body: EquipmentIn, who: Principal, request: Request) -> EquipmentOut:
    row = await acting.record_equipment(unit, home, actor_of(who).id, body.model_dump())
    return equipment_out(row, language_of(request))


async def _changed(
    unit: Unit, home: Home, piece: str, body: EquipmentChange, who: Principal, request: Request
) -> EquipmentOut:
    facts = body.model_dump(exclude_unset=True)
    row = await acting.change_equipment(unit, home, piece, actor_of(who).id, facts)
    return equipment_out(row, language_of(request))
