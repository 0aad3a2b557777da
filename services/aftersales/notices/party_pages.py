"""A letter on the page of the firm it was written to: the document and all that went with it, as sent."""

from fastapi import Request
from fastapi.responses import Response

from services.aftersales.notices import describing, enclosing
from services.aftersales.notices.annexes import HELD
from services.aftersales.notices.model import Notice
from services.aftersales.parties.contractor_pages import page, shown
from services.aftersales.parties.guests import guest, headers
from services.aftersales.parties.model import Party
from services.kit.problems import not_found
from services.kit.unit import Unit
from services.kit.web import RoomUnit


@page("/notices/{notice}")
async def letter(request: Request, token: str, notice: str, unit: RoomUnit) -> Response:
    """Whether or not the firm has the work: what was too large for the e-mail is opened here."""
    party = await guest(request, unit)
    found = await _own(unit, party, notice)
    return await shown(
        request,
        unit,
        party,
        "contractor_notice.html",
        notice=found,
        annexes=await enclosing.sealed(unit, found.id),
        told=describing.of_sealed,
        held=HELD,
    )


@page("/notices/{notice}/letter.pdf")
async def document(request: Request, token: str, notice: str, unit: RoomUnit) -> Response:
    """The letter, the same bytes for ever."""
    found = await _own(unit, await guest(request, unit), notice)
    kept = {"Content-Disposition": f'attachment; filename="{found.id}.pdf"'}
    return headers(Response(found.content, media_type=found.content_type, headers=kept))  # type: ignore[no-any-return]


@page("/notices/{notice}/annexes/{number}")
async def annex(request: Request, token: str, notice: str, number: int, unit: RoomUnit) -> Response:
    found = await _own(unit, await guest(request, unit), notice)
    file = await enclosing.file_of(unit, found.id, number)
    return headers(enclosing.as_response(file))  # type: ignore[no-any-return]


async def _own(unit: Unit, party: Party, notice: str) -> Notice:
    """A letter that was written to this very firm; 404 for any other there is."""
    found = await unit.session.get(Notice, notice)
    if found is None or found.coop != party.coop or found.party != party.id:
        raise not_found()
    return found
