"""Notices over HTTP: write one, read it, record what came of it."""

from fastapi import Request
from fastapi.responses import Response

from services.aftersales import queries
from services.aftersales.api_base import router
from services.aftersales.notices import actions, enclosing
from services.aftersales.notices import queries as notices
from services.aftersales.notices.bodies import PROVED, NoticeIn, NoticeOut, NoticesOut, ProofIn, ProofOut
from services.aftersales.notices.views import notice_out, proof_out
from services.aftersales.notices.wanted import NoticeWanted
from services.aftersales.telling import Actor
from services.aftersales.words import codes
from services.kit.i18n import language_of
from services.kit.registry import zone_of
from services.kit.web import Principal, RoomUnit, Who, invalid, roles

PEOPLE = ("resident", "caretaker", "staff")


@router.get("/tickets/{ticket}/notices", **roles(*PEOPLE))
async def written(ticket: str, request: Request, unit: RoomUnit, who: Who) -> NoticesOut:
    """The latest first, each with its proofs."""
    found = await queries.visible(unit, ticket, who)
    zone, language = await zone_of(unit), language_of(request)
    return NoticesOut(
        notices=[notice_out(one, zone, language) for one in await notices.of_ticket(unit, found)]
    )


@router.post("/tickets/{ticket}/notices", status_code=201, **roles("staff"))
async def write(ticket: str, body: NoticeIn, request: Request, unit: RoomUnit, who: Who) -> NoticeOut:
    """Written by the software from the facts and stored for good; what is left out follows from the request.

    A notice is a step of each request it lists. It is sent by e-mail where the firm has an address; else a
    person posts it or hands it over.
    """
    _known("/kind", "notices", body.kind)
    _known("/debtor", "parties", body.debtor)
    _known("/sent_by", "sendings", body.sent_by)
    tickets = [await queries.visible(unit, one, who) for one in (ticket, *dict.fromkeys(body.also)) if one]
    named = body.model_dump(exclude={"also", "without_photos"})
    wanted = NoticeWanted(**named, without_photos=frozenset(body.without_photos))
    notice = await actions.write(unit, tickets, wanted, _actor(who))
    return notice_out(await notices.whole(unit, notice), await zone_of(unit), language_of(request))


@router.get(
    "/notices/{notice}.pdf",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}}},
    **roles(*PEOPLE),
)
async def document(notice: str, unit: RoomUnit, who: Who) -> Response:
    """The document as it was written: the same bytes for ever."""
    found = await notices.visible(unit, notice, who)
    headers = {
        "Content-Disposition": f'inline; filename="{found.id}.pdf"',
    }
    return Response(found.content, media_type=found.content_type, headers=headers)


@router.get(
    "/notices/{notice}/annexes/{number}",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}, "image/jpeg": {}}}},
    **roles(*PEOPLE),
)
async def annex(notice: str, number: int, unit: RoomUnit, who: Who) -> Response:
    """A photo or an earlier letter as it went with this one; 404 for what was only named."""
    found = await notices.visible(unit, notice, who)
    return enclosing.as_response(await enclosing.file_of(unit, found.id, number))


@router.post("/notices/{notice}/proofs", status_code=201, **roles("staff"))
async def prove(notice: str, body: ProofIn, request: Request, unit: RoomUnit, who: Who) -> ProofOut:
    """A written commitment or a court action also stops the legal period; nothing else does."""
    if body.kind not in PROVED:
        raise invalid("/kind", "unknown_code", "Use one of: %(codes)s.", codes=", ".join(PROVED))
    found = await notices.visible(unit, notice, who)
    proof = await actions.prove(
        unit, found, body.kind, body.on, _actor(who), reference=body.reference, note=body.note
    )
    return proof_out(proof, language_of(request))


def _known(pointer: str, group: str, code: str | None) -> None:
    if code is not None and code not in codes(group):
        raise invalid(pointer, "unknown_code", "Use one of: %(codes)s.", codes=", ".join(codes(group)))


def _actor(who: Principal) -> Actor:
    return Actor(who.id, who.role.value, "api")
