"""What several homes share: plants with the buildings they serve, and each building's own equipment."""

from datetime import date
from typing import Annotated, Any

from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response

from services.aftersales import settings
from services.aftersales.dwelling_file import acting, equipment
from services.aftersales.dwelling_file.equipment import Where
from services.aftersales.dwelling_file.facts import REGIMES
from services.aftersales.dwelling_file.showing import equipment_out
from services.aftersales.form_pages import Sent, taken
from services.aftersales.incidents import plants
from services.aftersales.incidents.families import families
from services.aftersales.page_base import actor_of, answer, pages
from services.aftersales.parties.queries import buildings
from services.kit.i18n import language_of
from services.kit.problems import invalid
from services.kit.unit import Unit
from services.kit.web import RoomUnit, Who, roles

STAFF = roles("staff")
ROOT = "/settings/plants"
Text = Annotated[str, Form(max_length=200)]
Day = Annotated[str, Form(max_length=10)]
Many = Annotated[list[str], Form(max_length=500)]


@pages.get(ROOT, **STAFF)
async def shown(request: Request, unit: RoomUnit, done: str = "") -> Response:
    """Plants by name, then the buildings with what is recorded of each."""
    return await _page(request, unit, Sent(done=done))


@pages.post(ROOT, **STAFF)
async def keep(
    request: Request,
    unit: RoomUnit,
    ref: Text = "",
    fails: Many = [],  # noqa: B006 - FastAPI copies it
    serves: Many = [],  # noqa: B006
) -> Response:
    """Make the plant of that name, or change what it serves."""
    given = {"ref": ref.strip(), "fails": fails, "serves": serves}

    async def put() -> None:
        for name, value in given.items():
            if not value:
                raise invalid(f"/{name}", "missing", "Name it, and choose what it brings and to whom.")
        await plants.put(unit, ref.strip(), fails, serves)

    return await taken(
        unit, put, f"{ROOT}?done=plant", lambda sent: _page(request, unit, sent), form="plant", given=given
    )


@pages.post(ROOT + "/drop", **STAFF)
async def drop(unit: RoomUnit, ref: Text = "") -> Response:
    """It serves nobody any more; past incidents keep its name."""
    await plants.drop(unit, ref)
    return RedirectResponse(f"{ROOT}?done=plant", 303)


@pages.post(ROOT + "/buildings/{building}", **STAFF)
async def record(
    building: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    element: Text = "",
    installed_on: Day = "",
    warranty_regime: Text = "",
    contract_ends_on: Day = "",
    serial: Text = "",
    note: Text = "",
) -> Response:
    """A lift, a boiler, a pump of one building, with its own day of installation."""
    home = await settings.known_building(unit, building)
    given = {
        "element": element,
        "installed_on": installed_on,
        "warranty_regime": warranty_regime,
        "contract_ends_on": contract_ends_on,
        "serial": serial,
        "note": note,
    }

    async def put() -> None:
        if warranty_regime and warranty_regime not in REGIMES:
            raise invalid("/warranty_regime", "unknown_code", "Choose one of the regimes.")
        facts: dict[str, Any] = {
            "element": element,
            "place": None,
            "installed_on": _day(installed_on, "/installed_on"),
            "warranty_regime": warranty_regime or None,
            "contract_ends_on": _day(contract_ends_on, "/contract_ends_on") if contract_ends_on else None,
            "serial": serial.strip() or None,
            "note": note.strip() or None,
            "replaces": None,
        }
        await acting.record_equipment(unit, home, actor_of(who).id, facts)

    return await taken(
        unit,
        put,
        f"{ROOT}?done={building}#{building}",
        lambda sent: _page(request, unit, sent),
        form=building,
        given=given,
    )


@pages.post(ROOT + "/buildings/{building}/{piece}", **STAFF)
async def end(
    building: str, piece: str, request: Request, unit: RoomUnit, who: Who, ended_on: Day = ""
) -> Response:
    """It was taken out that day."""
    home = await settings.known_building(unit, building)

    async def put() -> None:
        facts = {"ended_on": _day(ended_on, "/ended_on")}
        await acting.change_equipment(unit, home, piece, actor_of(who).id, facts)

    return await taken(
        unit,
        put,
        f"{ROOT}?done={building}#{building}",
        lambda sent: _page(request, unit, sent),
        form=building,
        given={"piece": piece},
    )


async def _page(request: Request, unit: Unit, sent: Sent) -> Response:
    known, language = await buildings(unit), language_of(request)
    return await answer(
        request,
        unit,
        "settings_plants.html",
        status=sent.status,
        **sent.shown(request),
        plants=await plants.listed(unit),
        families=[family.code for family in families()],
        buildings=known,
        names=dict(known),
        pieces={
            building: [
                equipment_out(row, language) for row in await equipment.listed(unit, Where(building=building))
            ]
            for building, _ in known
        },
        regimes=REGIMES,
    )


def _day(text: str, pointer: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise invalid(pointer, "invalid", "Give a day.") from error
