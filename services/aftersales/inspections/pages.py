"""An inspection on a phone: begun from a home, gone through room by room, resumed on any device."""

import re
from collections.abc import Callable
from datetime import date
from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response

from contracts.codes import Role
from services.aftersales import registry
from services.aftersales.choices import check_codes
from services.aftersales.inspections import guided, locking, on_paper, queries
from services.aftersales.inspections import record as rules
from services.aftersales.inspections.model import GuidedInspection
from services.aftersales.inspections.naming import names_of, occupancy_of
from services.aftersales.inspections.record import Finding, Keys, Meter, Record, Room
from services.aftersales.inspections.recording import TENURES
from services.aftersales.inspections.showing import shown
from services.aftersales.inspections.visibility import visible
from services.aftersales.page_base import actor_of, answer, pages
from services.aftersales.photos.receiving import brought, page_with_photos
from services.kit.ids import new_id
from services.kit.receiving import form_of
from services.kit.registry import local_today
from services.kit.unit import Unit
from services.kit.web import Principal, Problem, RoomUnit, Who, not_found, roles

TEAM = ("staff", "caretaker")
EVERYBODY = ("resident", *TEAM)
Code = Annotated[str, Form(max_length=64)]
Line = Annotated[str, Form(max_length=200)]


@pages.get("/inspections", **roles(*EVERYBODY))
async def listed(request: Request, unit: RoomUnit, who: Who) -> Response:
    """Under way and signed."""
    locked = await locking.listed(unit) if who.role is Role.STAFF else []
    return await answer(
        request, unit, "inspections.html", lines=await queries.listed(unit, who), locked=locked
    )


@pages.get("/fragments/inspections", **roles("resident"))
async def at_home(request: Request, unit: RoomUnit, who: Who) -> Response:
    """On the household's first page, while there is something to read or to do."""
    return await answer(request, unit, "inspections_fragment.html", lines=await queries.listed(unit, who))


@pages.get("/occupancies/{occupancy}/inspection", **roles(*TEAM))
async def new(occupancy: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    return await _new(request, unit, occupancy)


@pages.get("/dwellings/{dwelling}/inspection", **roles(*TEAM))
async def of_dwelling(dwelling: str, unit: RoomUnit, who: Who) -> Response:
    """With the household that lives there, or is about to."""
    occupancy = await occupancy_of(unit, dwelling)
    if occupancy is None:
        raise not_found()
    return RedirectResponse(f"/occupancies/{occupancy}/inspection", 303)


@pages.post("/occupancies/{occupancy}/inspection", **roles(*TEAM))
async def begin(
    occupancy: str, request: Request, unit: RoomUnit, who: Who, kind: Code = "", held_on: Code = ""
) -> Response:
    """Begin, or go on with the one that is under way."""
    home = await registry.home_of_occupancy(unit, occupancy)
    if home is None or kind not in TENURES:
        raise not_found()
    try:
        day = date.fromisoformat(held_on) if held_on else await local_today(unit)
        begun = await guided.begin(unit, home, kind, day, actor_of(who))
    except (Problem, ValueError):
        return await _new(request, unit, occupancy, status=422)
    return RedirectResponse(f"/inspections/{begun.id}", 303)


@pages.get("/inspections/{inspection}", **roles(*EVERYBODY))
async def one(inspection: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    """How far it is, or what came of it; of one held on paper, its requests."""
    paper = await on_paper.visible(unit, inspection, who)
    if paper is not None:
        return await answer(
            request,
            unit,
            "inspection_on_paper.html",
            inspection=paper,
            names=await names_of(unit, paper.occupancy),
            requests=(await on_paper.requests_of(unit, [paper]))[paper.id],
        )
    return await shown(request, unit, who, inspection)


@pages.get("/inspections/{inspection}/rooms/{item}", **roles(*EVERYBODY))
async def room(inspection: str, item: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    """What was found there, and a form for the next defect; a room that was removed leads to the others."""
    found = await visible(unit, inspection, who)
    if not _has(found, item):
        return RedirectResponse(f"/inspections/{inspection}#rooms", 303)
    return await shown(request, unit, who, inspection, "inspection_room.html", item)


@pages.post("/inspections/{inspection}/rooms", **roles(*TEAM))
async def add_room(
    inspection: str, request: Request, unit: RoomUnit, who: Who, place: Code, name: Line = "", item: Code = ""
) -> Response:
    def changing(record: Record) -> Record:
        check_codes("", place=place)
        return rules.with_room(record, Room(id=_id(item), place=place, name=name.strip()))

    return await _change(request, unit, who, inspection, changing)


@pages.post("/inspections/{inspection}/rooms/{item}", **roles(*TEAM))
async def judge_room(
    inspection: str, item: str, request: Request, unit: RoomUnit, who: Who, action: Code = "nothing_wrong"
) -> Response:
    """Nothing wrong there, in one tap; or look again; or the home has no such room."""
    changes: dict[str, Callable[[Record, str], Record]] = {
        "nothing_wrong": rules.nothing_wrong,
        "again": rules.to_see_again,
        "remove": rules.without_room,
    }
    changing = changes.get(action)
    if changing is None:
        raise not_found()
    return await _change(
        request, unit, who, inspection, lambda record: changing(record, item), anchor="rooms"
    )


@pages.post("/inspections/{inspection}/rooms/{item}/state", **roles(*TEAM))
async def say_state(inspection: str, item: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    """The state of floor, walls, ceiling…, one by one; with `all`, of everything that was not said."""
    form = await form_of(request)
    everything = str(form.get("all", ""))[:16]

    def changing(record: Record) -> Record:
        said = rules.room_of(record, item).surfaces
        told = {name: str(form.get(name, said.get(name, everything)))[:16] for name in rules.surfaces()}
        return rules.with_surfaces(record, item, told)

    return await _change(request, unit, who, inspection, changing, anchor="rooms")


@page_with_photos(pages, "/inspections/{inspection}/rooms/{item}/photos", *EVERYBODY)
async def add_finding(
    inspection: str,
    item: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    element: Code = "",
    symptom: Code = "",
    note: Annotated[str, Form(max_length=4000)] = "",
    finding: Code = "",
    more: Code = "",
) -> Response:
    """A defect with its photos; with `more`, photos of one that is there. Sent twice, it is there once."""
    found = await visible(unit, inspection, who)
    new = Finding(id=_id(finding), element=element, symptom=symptom, note=note.strip())
    before = {one.id for _, one in rules.findings(Record.model_validate(found.record))}
    about = new.id
    try:
        if not more:
            _known(element, symptom)
            changed = await guided.change(
                unit, inspection, lambda record: rules.with_finding(record, item, new)
            )
            added = [one.id for _, one in rules.findings(Record.model_validate(changed.record))]
            about = next((one for one in added if one not in before), "")
        elif about not in before:
            raise guided.refusal("no_such_room")
        if about:
            await guided.photograph(unit, inspection, about, brought(request).good, actor_of(who))
    except Problem as problem:
        given = {"element": element, "symptom": symptom, "note": note}
        if not _has(found, item):  # another phone removed it meanwhile: what was typed is shown
            return await shown(request, unit, who, inspection, problem=problem, given=given)
        return await shown(request, unit, who, inspection, "inspection_room.html", item, problem, given)
    if brought(request).refused:
        return await shown(request, unit, who, inspection, "inspection_room.html", item)
    return RedirectResponse(f"/inspections/{inspection}/rooms/{item}#found", 303)


@pages.post("/inspections/{inspection}/findings/{item}/remove", **roles(*TEAM))
async def remove_finding(inspection: str, item: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    await guided.unphotograph(unit, inspection, item)
    return await _change(
        request, unit, who, inspection, lambda record: rules.without_finding(record, item), anchor="rooms"
    )


@pages.post("/inspections/{inspection}/meters", **roles(*TEAM))
async def read_meters(inspection: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    """All indices of the form at once; with `fluid`, a meter that was not known."""
    form = {name: str(value)[:200] for name, value in (await form_of(request)).items()}

    def changing(record: Record) -> Record:
        for meter in record.meters:
            if f"index-{meter.id}" in form:
                because = form.get(f"because-{meter.id}", "")
                record = rules.with_index(record, meter.id, form[f"index-{meter.id}"], because)
        if form.get("fluid"):
            new = Meter(id=_id(form.get("item", "")), fluid=form["fluid"], serial=form.get("serial", ""))
            record = rules.with_meter(record, new)
            record = rules.with_index(record, new.id, form.get("index", ""))
        return record

    return await _change(request, unit, who, inspection, changing, anchor="meters")


@pages.post("/inspections/{inspection}/keys", **roles(*TEAM))
async def add_keys(
    inspection: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    what: Line = "",
    count: Code = "1",
    item: Code = "",
    remove: Code = "",
) -> Response:
    def changing(record: Record) -> Record:
        if remove:
            return rules.without_keys(record, remove)
        number = int(count) if count.isdecimal() and len(count) < 4 else -1
        return rules.with_keys(record, Keys(id=_id(item), what=what.strip(), count=number))

    return await _change(request, unit, who, inspection, changing, anchor="handed-keys")


@pages.post("/inspections/{inspection}/remarks", **roles(*TEAM))
async def remark(
    inspection: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    remarks: Annotated[str, Form(max_length=8000)] = "",
) -> Response:
    return await _change(
        request, unit, who, inspection, lambda record: rules.with_remarks(record, remarks), anchor="remarks"
    )


async def _change(
    request: Request,
    unit: Unit,
    who: Principal,
    inspection: str,
    changing: Callable[[Record], Record],
    anchor: str = "rooms",
) -> Response:
    await visible(unit, inspection, who)
    try:
        await guided.change(unit, inspection, changing)
    except Problem as problem:
        return await shown(request, unit, who, inspection, problem=problem)
    return RedirectResponse(f"/inspections/{inspection}#{anchor}", 303)


async def _new(request: Request, unit: Unit, occupancy: str, status: int = 200) -> Response:
    home = await registry.home_of_occupancy(unit, occupancy)
    names = await names_of(unit, occupancy)
    if home is None or names is None:
        raise not_found()
    kinds = [kind for kind, tenures in TENURES.items() if home.tenure in tenures]
    return await answer(
        request,
        unit,
        "inspection_new.html",
        status=status,
        occupancy=occupancy,
        names=names,
        kinds=kinds,
        today=await local_today(unit),
    )


def _has(inspection: GuidedInspection, room: str) -> bool:
    return any(one.id == room for one in Record.model_validate(inspection.record).rooms)


def _known(element: str, symptom: str) -> None:
    try:
        check_codes("", element=element, symptom=symptom)
    except Problem:
        raise guided.refusal("unknown_code") from None


def _id(given: str) -> str:
    """The id that the page was made with, so that the same form sent twice is one change."""
    return given if re.fullmatch(r"[a-z0-9_-]{4,60}", given) else new_id("itm")
