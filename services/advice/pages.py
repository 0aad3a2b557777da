"""The household's page of tips: what is worth doing, on what evidence, its answer, and what came of it."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from babel.numbers import format_currency
from fastapi import Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from services.advice import actions, views
from services.advice.words import euros
from services.kit.i18n import Formats, language_of
from services.kit.pages import page_router, render
from services.kit.registry import homes_of, zone_of
from services.kit.unit import Unit
from services.kit.web import Principal, RoomUnit, Who, roles

pages = page_router("advice")
RESIDENT = roles("resident")


@pages.get("/tips", **RESIDENT)
async def mine(
    request: Request, unit: RoomUnit, who: Who, just: Annotated[str | None, Query(max_length=64)] = None
) -> Response:
    """Open tips first, then what is watched, then earlier tips. `just` was answered a moment ago."""
    return await _tips(request, unit, who, just)


@pages.get("/fragments/tips", **RESIDENT)
async def at_home(request: Request, unit: RoomUnit, who: Who) -> Response:
    """The tip worth most, for the first page."""
    language = language_of(request)
    homes = await homes_of(unit, who.person)
    found = [await views.standing(unit, home, language, with_pictures=False) for home in homes]
    best = next((one for one in found if one.open), found[0] if found else None)
    formats = Formats(language, (await zone_of(unit)).key)
    return _render(request, "fragment.html", formats, standing=best)


@pages.post("/tips/{tip}/answer", **RESIDENT)
async def answer(
    request: Request,
    tip: str,
    unit: RoomUnit,
    who: Who,
    answer: Annotated[actions.Answer, Form()],
    comment: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """The answer shows at once where the tip was, and can be taken back there."""
    await actions.answer_tip(unit, tip, who.person, answer, comment.strip() or None)
    return await _after(request, unit, who, tip)


@pages.post("/tips/{tip}/undo", **RESIDENT)
async def undo(request: Request, tip: str, unit: RoomUnit, who: Who) -> Response:
    await actions.take_back(unit, tip, who.person)
    return await _after(request, unit, who, tip)


async def _after(request: Request, unit: Unit, who: Principal, tip: str) -> Response:
    """The page again: in place where scripts run, by a redirect where they do not."""
    await unit.session.flush()
    if request.headers.get("hx-request"):
        return await _tips(request, unit, who, tip, is_answer=True)
    return RedirectResponse(f"/tips?just={tip}#tip-{tip}", 303)


async def _tips(
    request: Request, unit: Unit, who: Principal, just: str | None, is_answer: bool = False
) -> Response:
    language = language_of(request)
    homes = await homes_of(unit, who.person)
    found = [await views.standing(unit, home, language, just) for home in homes]
    worth = [card for one in found for card in one.open if card.tip.status == "open"]
    return _render(
        request,
        "tips.html",
        Formats(language, (await zone_of(unit)).key),
        standings=found,
        saving=sum(card.eur_year for card in worth),
        alone=worth[0] if len(worth) == 1 else None,
        just=just,
        is_answer=is_answer,
    )


def _render(request: Request, template: str, formats: Formats, **context: Any) -> Response:
    """Evidence holds days and prices as text: the templates read them with `day`, `euros`, `price`."""

    def price(text: str) -> str:
        return format_currency(Decimal(text), "EUR", "0.0000 ¤", locale=formats.locale, currency_digits=False)

    return render(
        request,
        f"advice/{template}",
        formats=formats,
        day=date.fromisoformat,
        euros=lambda amount: euros(Decimal(amount), formats),
        price=price,
        **context,
    )
