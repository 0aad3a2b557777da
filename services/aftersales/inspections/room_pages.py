"""Room by room: what was seen there, its state, its defects with their photos."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response

from services.aftersales.choices import check_codes
from services.aftersales.inspections import guided
from services.aftersales.inspections import record as rules
from services.aftersales.inspections.changing import EVERYBODY, TEAM, Code, Line, change, given_id
from services.aftersales.inspections.model import GuidedInspection
from services.aftersales.inspections.record import Finding, Record, Room
from services.aftersales.inspections.showing import shown
from services.aftersales.inspections.visibility import visible
from services.aftersales.page_base import actor_of, pages
from services.aftersales.photos.receiving import brought, page_with_photos
from services.kit.receiving import form_of
from services.kit.web import Problem, RoomUnit, Who, not_found, roles


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
        return rules.with_room(record, Room(id=given_id(item), place=place, name=name.strip()))

    return await change(request, unit, who, inspection, changing)


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
    return await change(request, unit, who, inspection, lambda record: changing(record, item), anchor="rooms")


@pages.post("/inspections/{inspection}/rooms/{item}/state", **roles(*TEAM))
async def say_state(inspection: str, item: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    """The state of floor, walls, ceiling…, one by one; with `all`, of everything that was not said."""
    form = await form_of(request)
    everything = str(form.get("all", ""))[:16]

    def changing(record: Record) -> Record:
        said = rules.room_of(record, item).surfaces
        told = {name: str(form.get(name, said.get(name, everything)))[:16] for name in rules.surfaces()}
        return rules.with_surfaces(record, item, told)

    return await change(request, unit, who, inspection, changing, anchor="rooms")


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
    new = Finding(id=given_id(finding), element=element, symptom=symptom, note=note.strip())
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
    return await change(
        request, unit, who, inspection, lambda record: rules.without_finding(record, item), anchor="rooms"
    )


def _has(inspection: GuidedInspection, room: str) -> bool:
    return any(one.id == room for one in Record.model_validate(inspection.record).rooms)


def _known(element: str, symptom: str) -> None:
    try:
        check_codes("", element=element, symptom=symptom)
    except Problem:
        raise guided.refusal("unknown_code") from None
