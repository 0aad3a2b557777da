"""The notices' pieces of a request's pages."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from sqlmodel import col, select

from contracts.codes import Regime
from services.aftersales import photos
from services.aftersales.model import Ticket, WarrantyRow
from services.aftersales.notices import describing
from services.aftersales.notices import queries as notices
from services.aftersales.notices.bodies import PROVED
from services.aftersales.notices.proving import Advice, Stand, advice
from services.aftersales.notices.queries import Written
from services.aftersales.parties.letters import KEPT
from services.aftersales.parties.model import Party
from services.aftersales.standings import standing_of
from services.aftersales.words import codes
from services.kit.registry import local_today
from services.kit.unit import Unit
from services.kit.web import Principal


async def for_desk(unit: Unit, ticket: Ticket, who: Principal) -> Mapping[str, Any] | None:
    """What was written, and the forms to write more, where a warranty runs."""
    written, today = await notices.of_ticket(unit, ticket), await local_today(unit)
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
    together = await notices.together(unit, ticket)
    return {
        "written": written,
        "advice": _adviser(await _ends(unit, ticket, today), standing.secured_at is not None),
        "needs_notice": standing.needs_notice,
        "is_held": standing.is_held and not standing.is_written_to,
        "is_pressing": standing.terms.is_pressing,
        "is_secured": standing.secured_at is not None,
        "debtors": sorted(claim.debtors) if claim else [],
        "parties": [one for one in parties.scalars() if one.kind in debtors],
        "also": together,
        "kinds": codes("notices"),
        "sendings": codes("sendings"),
        "proofs": PROVED,
        "kept": KEPT,
        "annexes": describing.of_sealed,
        "photos": {one.id: await photos.of(unit, one.id) for one in (ticket, *together)},
        "may_write": claim is not None and who.role.value == "staff",
    }


def _adviser(ends: Mapping[str, WarrantyRow], is_secured: bool) -> Callable[[Written, str], Advice]:
    def said(one: Written, language: str) -> Advice:
        row = ends.get(one.notice.debtor)
        return advice(
            Stand(
                level=one.level,
                sent_by=one.notice.sent_by,
                kind=one.notice.kind,
                answer_by_on=one.notice.answer_by_on,
                ends_on=row.ends_on if row else None,
                regime=row.regime if row else None,
                is_only_acted=one.is_only_acted,
                is_secured=is_secured,
            ),
            language,
        )

    return said


async def _ends(unit: Unit, ticket: Ticket, today: date) -> dict[str, WarrantyRow]:
    """By debtor: of the warranties that still run, the one that ends first."""
    rows = await unit.session.execute(
        select(WarrantyRow)
        .where(col(WarrantyRow.ticket) == ticket.id, col(WarrantyRow.regime) != Regime.NONE.value)
        .where(col(WarrantyRow.ends_on) >= today)
        .order_by(col(WarrantyRow.ends_on).desc(), col(WarrantyRow.regime).desc())
    )
    return {who: row for row in rows.scalars() if row.debtor is not None for who in (row.debtor, *row.also)}


async def for_household(unit: Unit, ticket: Ticket, who: Principal) -> Mapping[str, Any] | None:
    """What the cooperative wrote on the household's behalf, and whether it arrived."""
    written = await notices.of_ticket(unit, ticket)
    shown = [one for one in written if one.notice.kind != "insurer"]
    return {"written": shown, "annexes": describing.of_sealed} if shown else None
