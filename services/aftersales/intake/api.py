"""Intake over HTTP: what a sentence is about, and the cooperative's own emergency numbers."""

from typing import Annotated, Literal

from fastapi import Request
from pydantic import Field, StringConstraints

from services.aftersales import settings
from services.aftersales.api_base import router
from services.aftersales.bodies import Body
from services.aftersales.intake import limits, understanding
from services.aftersales.intake.classifier import MOST_TEXT
from services.aftersales.intake.safety import SETTING, number_names
from services.aftersales.intake.understanding import ProposalsOut
from services.aftersales.page_base import actor_of
from services.kit.i18n import language_of
from services.kit.web import RoomUnit, Who, invalid, roles

Number = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\+?[0-9][0-9 .]{1,18}$")]


class TextIn(Body):
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_TEXT)]
    language: Literal["fr", "en"] | None = Field(default=None)
    """Of the labels; words of both languages are understood. The reader's when left out."""


@router.post("/tickets/proposals", **roles("resident", "caretaker", "staff"))
async def proposals(body: TextIn, request: Request, unit: RoomUnit, who: Who) -> ProposalsOut:
    """What the sentence is about, with the words that say so. Nothing is stored.

    429 with `Retry-After` for a household that has very many understood.
    """
    if wait := await limits.wait_to_understand(unit, who):
        raise limits.too_many(wait)
    found = await understanding.understood(unit, body.text, None)
    return await understanding.shown(unit, found, None, body.language or language_of(request))


@router.put("/aftersales-settings/emergency_numbers", status_code=204, **roles("staff"))
async def emergency_numbers(
    body: dict[str, Number], unit: RoomUnit, who: Who, building: str | None = None
) -> None:
    """Numbers that answer day and night, for one building or for all that have none of their own: `water`,
    `lift`, `lock`, and `any` for everything else. What is left out is not shown: none is invented."""
    if unknown := set(body) - set(number_names()):
        raise invalid(
            f"/{min(unknown)}", "unknown_code", "Use one of: %(codes)s.", codes=", ".join(number_names())
        )
    await settings.keep(unit, building, SETTING, dict(body), actor_of(who).id)
