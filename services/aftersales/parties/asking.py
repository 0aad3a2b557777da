"""Who comes with a link that has ended asks for a new one. It is sent to the firm's own address alone, and
the answer is the same for every link that ever was or never was."""

from datetime import timedelta

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import col, func, select

from services.aftersales.page_base import pages
from services.aftersales.parties import actions, links, tries
from services.aftersales.parties.guests import gone, tried
from services.aftersales.parties.model import Letter, Party
from services.aftersales.public_contact import contact_of
from services.aftersales.visits.terms import terms_of
from services.kit.pages import PageRoute, refuse_other_sites
from services.kit.principal import Principal
from services.kit.problems import Problem
from services.kit.unit import Unit
from services.kit.web import roles, route_class


class _AskPage(PageRoute):
    """The whole answer: a try is counted in a transaction of its own, whatever comes of it."""

    async def refuse(self, request: Request, who: Principal | None) -> Response | None:
        refuse_other_sites(request)
        token = str(request.path_params["token"])
        async with request.app.state.databases["aftersales"].transaction() as session:
            unit = Unit(session, "aftersales", request.app.state.clock, "")
            if not await tried(unit, request, tries.ASKED_FROM_HOST):
                return gone(request, 429, contact=await contact_of(unit, token.partition(".")[0]))
            is_good = await ask(unit, token)
            await unit.see_all()
            contact = await contact_of(unit, token.partition(".")[0])
        if is_good:
            return RedirectResponse(f"/contractor/{token}", 303)
        return gone(request, 200, contact=contact, asked=True)


async def ask(unit: Unit, token: str) -> bool:
    """Send a new link to the firm that an ended one was issued to; True when the link still works.

    Nothing is sent for a link that staff ended, to a firm without address or no longer worked with, nor more
    than a few times a day.
    """
    try:
        if await links.holder(unit, token) is not None:
            return True
        known = await links.known_by(unit, token)
    except Problem:  # an address that names no cooperative
        return False
    if known is not None and known[0].revoked_at is None and await _may_have(unit, known[1]):
        await actions.send_link(unit, known[1])
    return False


async def _may_have(unit: Unit, party: Party) -> bool:
    if not party.email:
        return False
    found = await unit.session.execute(
        select(func.count())
        .select_from(Letter)
        .where(
            col(Letter.party) == party.id,
            col(Letter.about) == party.id,
            col(Letter.queued_at) > unit.now - timedelta(days=1),
        )
    )
    return int(found.scalar_one()) < (await terms_of(unit)).link_asked_a_day


async def asked() -> None:
    """Answered before: see `_AskPage`."""


pages.add_api_route(
    "/contractor/{token}/ask",
    asked,
    methods=["POST"],
    route_class_override=route_class("aftersales", _AskPage),
    **roles("anyone"),
)
