"""Reading and signing an inspection, its documents, and what the household adds afterwards."""

from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response

from contracts.codes import Role
from services.aftersales.actions import NewTicket
from services.aftersales.choices import check_codes
from services.aftersales.inspections import adding, guided, sealing
from services.aftersales.inspections.changing import EVERYBODY, TEAM, Code, Line
from services.aftersales.inspections.document import Beside, page
from services.aftersales.inspections.drawing import drawn_in, page_with_drawing
from services.aftersales.inspections.model import GuidedInspection, InspectionDocument
from services.aftersales.inspections.preparing import act_of
from services.aftersales.inspections.showing import shown
from services.aftersales.inspections.visibility import visible
from services.aftersales.page_base import actor_of, pages
from services.aftersales.photos.receiving import brought, page_with_photos
from services.kit.html_paper import POLICY
from services.kit.unit import Unit
from services.kit.web import Principal, Problem, RoomUnit, Who, not_found, roles

HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


@pages.get("/inspections/{inspection}/sign", **roles(*EVERYBODY))
async def read(inspection: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    """All of it on one page, to read before one signs."""
    return await _signing(request, unit, who, inspection)


@page_with_drawing(pages, "/inspections/{inspection}/sign", *EVERYBODY)
async def sign(
    inspection: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    side: Code = "household",
    name: Line = "",
    read: Code = "",
    agreed: Code = "",
) -> Response:
    """One side signs, on its own device or on one that is handed over. With the second it is sealed."""
    await visible(unit, inspection, who)
    if who.role is Role.RESIDENT and side != "household":
        raise not_found()
    try:
        if agreed != "true":
            raise guided.refusal("not_agreed")
        if not name.strip():
            raise guided.refusal("no_name")
        drawn = drawn_in(request)
        if drawn.refused:
            raise guided.refusal(drawn.refused)
        found, is_whole = await guided.sign(unit, inspection, side, name, drawn.picture, read, actor_of(who))
        if is_whole:
            await sealing.seal(unit, found, actor_of(who))
    except Problem as problem:
        return await _signing(request, unit, who, inspection, problem)
    return RedirectResponse(f"/inspections/{inspection}" + ("" if is_whole else "/sign#signatures"), 303)


@pages.get("/inspections/{inspection}/documents/{document}", **roles(*EVERYBODY))
async def download(inspection: str, document: str, unit: RoomUnit, who: Who) -> Response:
    """A signed document, byte for byte as it was signed."""
    return await sent(unit, await visible(unit, inspection, who), document)


@pages.get("/inspections/{inspection}/documents/{document}/page", **roles(*EVERYBODY))
async def read_document(inspection: str, document: str, unit: RoomUnit, who: Who) -> Response:
    """The same as a page: for screen readers, large print, small screens, and to print."""
    found = await visible(unit, inspection, who)
    kept = await unit.session.get(InspectionDocument, document)
    if kept is None or kept.inspection != found.id or kept.sha256 is None or not kept.facts:
        raise not_found()
    here = f"/inspections/{found.id}"
    act = await act_of(unit, kept, with_files=False)
    content = page(act, Beside(f"{here}/documents/{kept.id}", kept.sha256, here))
    headers = {**HEADERS, "Content-Security-Policy": POLICY}
    return Response(content, media_type="text/html; charset=utf-8", headers=headers)


async def sent(unit: Unit, inspection: GuidedInspection, document: str) -> Response:
    """The PDF as a download; 404 for another inspection's, while it is being made, and once it is deleted."""
    kept = await unit.session.get(InspectionDocument, document)
    if kept is None or kept.inspection != inspection.id or kept.content is None:
        raise not_found()
    words = [inspection.kind.replace("_", "-"), inspection.held_on.isoformat()]
    name = "-".join([*words, "complement"] if kept.amendment else words)
    disposition = f'attachment; filename="{name}.pdf"'
    return Response(
        kept.content, media_type="application/pdf", headers={**HEADERS, "Content-Disposition": disposition}
    )


@pages.get("/inspections/{inspection}/forgotten", **roles("resident"))
async def forgotten(inspection: str, request: Request, unit: RoomUnit, who: Who) -> Response:
    """What the tenant may still have added, and until when."""
    return await shown(request, unit, who, inspection, "inspection_forgotten.html")


@page_with_photos(pages, "/inspections/{inspection}/forgotten/photos", "resident")
async def add_forgotten(
    inspection: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    place: Code = "",
    element: Code = "",
    symptom: Code = "",
    note: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    found = await visible(unit, inspection, who)
    given = {"place": place, "element": element, "symptom": symptom, "note": note}
    try:
        try:
            check_codes("", place=place, element=element, symptom=symptom)
        except Problem:
            raise guided.refusal("unknown_code") from None
        new = NewTicket(place, element, symptom, note.strip(), "inspection")
        await adding.add(unit, found, new, brought(request).good, actor_of(who))
    except Problem as problem:
        return await shown(
            request, unit, who, inspection, "inspection_forgotten.html", problem=problem, given=given
        )
    return RedirectResponse(f"/inspections/{inspection}#amendments", 303)


@pages.post("/inspections/{inspection}/amendments/{amendment}", **roles(*TEAM))
async def acknowledge(
    inspection: str,
    amendment: str,
    request: Request,
    unit: RoomUnit,
    who: Who,
    reply: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """The cooperative takes note; the household gets the addition as a document."""
    found = await visible(unit, inspection, who)
    await adding.acknowledge(unit, found, amendment, reply, actor_of(who))
    return RedirectResponse(f"/inspections/{inspection}#amendments", 303)


async def _signing(
    request: Request, unit: Unit, who: Principal, inspection: str, problem: Problem | None = None
) -> Response:
    found = await visible(unit, inspection, who)
    if found.signed_at is not None:
        return RedirectResponse(f"/inspections/{inspection}", 303)
    digest = await guided.digest(unit, found)
    return await shown(
        request, unit, who, inspection, "inspection_sign.html", problem=problem, given={"read": digest}
    )
