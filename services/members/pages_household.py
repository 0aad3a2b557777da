"""A household's own data: what it allows, each purpose by itself, and what it allowed before."""

from typing import Annotated

from fastapi import Form, Request
from sqlmodel import col, select
from starlette.responses import RedirectResponse, Response

from contracts.codes import Purpose
from services.kit.i18n import language_of
from services.kit.pages import render, roles
from services.kit.web import RoomUnit, Who
from services.members import consent_texts, queries
from services.members.actions import consenting
from services.members.bodies_people import ConsentIn, OccupancyOut
from services.members.consents import ConsentChannel
from services.members.model import Consent
from services.members.occupancies import may_decide
from services.members.page_base import pages

RESIDENT = roles("resident")


@pages.get("/data", **RESIDENT)
async def data(request: Request, unit: RoomUnit, who: Who, saved: str = "") -> Response:
    homes = [await queries.occupancy(unit, who, home.id) for home in await queries.homes_of(unit, who.id)]
    language = language_of(request)
    return render(
        request, "members/data.html", homes=homes, saved=saved, version=consent_texts.version(),
        words={purpose: consent_texts.words(purpose, language) for purpose in Purpose},
        decides={home.id: _decides(home, who.id) for home in homes},
        history={home.id: await _history(unit, home.id) for home in homes},
    )  # fmt: skip


@pages.post("/data/{occupancy}/{purpose}", **RESIDENT)
async def choose(
    request: Request,
    occupancy: str,
    purpose: Purpose,
    unit: RoomUnit,
    who: Who,
    granted: Annotated[bool, Form()],
) -> Response:
    """One purpose on or off, by the person who reads the words. In force before the next page shows."""
    wish = ConsentIn(
        granted=granted, by=who.id, text_version=consent_texts.version(), channel=ConsentChannel.SELF
    )
    await consenting.set_consent(unit, who, occupancy, purpose, wish)
    return RedirectResponse(f"/data?saved={purpose.value}#{purpose.value}-{occupancy}", 303)


def _decides(home: OccupancyOut, person: str) -> bool:
    return any(one.person == person and may_decide(one.right) for one in home.residents)


async def _history(unit: RoomUnit, occupancy: str) -> list[Consent]:
    """Every giving, latest first."""
    rows = await unit.session.scalars(
        select(Consent).where(Consent.occupancy == occupancy).order_by(col(Consent.granted_at).desc())
    )
    return list(rows)
