"""The notices' pieces of a request's pages."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import col, select

from services.aftersales.model import Ticket
from services.aftersales.notices import queries as notices
from services.aftersales.notices.bodies import PROVED
from services.aftersales.parties.letters import KEPT
from services.aftersales.parties.model import Party
from services.aftersales.standings import standing_of
from services.aftersales.words import codes
from services.kit.unit import Unit
from services.kit.web import Principal


async def for_desk(unit: Unit, ticket: Ticket, who: Principal) -> Mapping[str, Any] | None:
    """What was written, and the forms to write more, where a warranty runs."""
    written = await notices.of_ticket(unit, ticket)
    standing = await standing_of(unit, ticket)
    claim = standing.terms.claim
    if claim is None and not written:
        return None
    parties = await unit.session.execute(
        select(Party)
        .where(col(Party.coop) == unit.coop, col(Party.ended_on).is_(None))
        .order_by(col(Party.name))
    )
    debtors = {*(claim.debtors if claim else ()), "insurer"}
    return {
        "written": written,
        "needs_notice": standing.needs_notice,
        "is_held": standing.is_held and not standing.is_written_to,
        "is_pressing": standing.terms.is_pressing,
        "is_secured": standing.secured_at is not None,
        "debtors": sorted(claim.debtors) if claim else [],
        "parties": [one for one in parties.scalars() if one.kind in debtors],
        "also": await notices.together(unit, ticket),
        "kinds": codes("notices"),
        "sendings": codes("sendings"),
        "proofs": PROVED,
        "kept": KEPT,
        "may_write": claim is not None and who.role.value == "staff",
    }


async def for_household(unit: Unit, ticket: Ticket, who: Principal) -> Mapping[str, Any] | None:
    """What the cooperative wrote on the household's behalf, and whether it arrived."""
    written = await notices.of_ticket(unit, ticket)
    shown = [one for one in written if one.notice.kind != "insurer"]
    return {"written": shown} if shown else None
