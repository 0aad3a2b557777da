"""Where a request stands: its recorded history, seen under the terms that hold for it now."""

from typing import Any

from sqlalchemy import text
from sqlmodel import col, select

from contracts.codes import Responsible
from services.aftersales.lifecycle import Claim, Standing, Step, Terms, apply
from services.aftersales.model import Ticket, TicketEvent
from services.aftersales.tables import load
from services.kit.unit import Unit

CLAIMED_FIRST = (Responsible.VENDOR, Responsible.CONTRACTOR, Responsible.INSURER)
"""Where one of these answers for it, the repair itself is claimed: no team of the cooperative comes first."""
NOT_OURS = (Responsible.RESIDENT, Responsible.SYNDIC)
"""The household's own repairs are claimed on nobody; for shared parts the syndic holds the claim."""


async def standing_of(unit: Unit, ticket: Ticket) -> Standing:
    """Where the request stands, rebuilt from its events."""
    return apply(await steps_of(unit, ticket), terms=await terms_of(unit, ticket), as_of=unit.now)


async def steps_of(unit: Unit, ticket: Ticket) -> list[Step]:
    """Its history, oldest first."""
    rows = await unit.session.execute(
        select(TicketEvent)
        .where(col(TicketEvent.ticket) == ticket.id)
        .order_by(col(TicketEvent.place_in_history))
    )
    return [step_of(row) for row in rows.scalars()]


def step_of(row: TicketEvent) -> Step:
    """A recorded step as the rules see it."""
    return Step(
        row.action,
        row.role,
        row.occurred_at,
        row.reason,
        row.comment,
        row.appointment_at,
        row.actor,
        row.channel,
        row.facts or {},
    )


async def terms_of(unit: Unit, ticket: Ticket) -> Terms:
    """What the guards ask of the request, its home and its cooperative, as they are now."""
    await unit.session.flush()
    found = await unit.session.execute(
        text(_TERMS),
        {
            "ticket": ticket.id,
            "coop": ticket.coop,
            "building": ticket.building or "",
            "occupancy": ticket.occupancy,
            "inspection": ticket.inspection,
            "party": ticket.party,
            "now": unit.now,
        },
    )
    row = found.one()
    claim = claim_of(Responsible(ticket.responsible), row.warranties or [], ticket.party, row.party or {})
    return Terms(
        has_household=ticket.occupancy is not None and not row.has_left,
        claim=claim,
        is_given_to_party=ticket.party is not None,
        is_signed=row.inspection == "livraison" or (claim is not None and claim.is_first),
        settles_by_silence=ticket.inspection is None and not row.warranties,
        approve_above_cents=_limit(row.approval),
        others=row.people > 1,
    )


def claim_of(
    responsible: Responsible, warranties: list[list[str | None]], given_to: str | None, firm: dict[str, Any]
) -> Claim | None:
    """Who must be written to, from the regimes that run (with their debtors) and the firm it is given to.

    A firm that only repairs owes nothing: the debtor then is whoever built it.
    """
    if not warranties or responsible in NOT_OURS:
        return None
    debtors = {debtor for _, debtor in warranties if debtor}
    is_first = responsible in CLAIMED_FIRST
    if is_first:
        debtors.add(responsible.value)
    is_debtor = firm.get("kind") in debtors and bool(firm.get("warranties"))
    return Claim(frozenset(debtors), given_to if is_debtor else None, is_first)


def _limit(setting: dict[str, Any] | None) -> int | None:
    limit = (setting or load("approval"))["above_cents"]
    return None if limit is None else int(limit)


_TERMS = """
SELECT
  (SELECT jsonb_agg(jsonb_build_array(w.regime, w.debtor) ORDER BY w.ends_on)
   FROM aftersales.ticket_warranty w WHERE w.ticket = :ticket AND w.regime <> 'none') AS warranties,
  (SELECT i.kind FROM aftersales.inspection i WHERE i.id = :inspection) AS inspection,
  (SELECT jsonb_build_object('kind', p.kind, 'warranties', p.warranties)
   FROM aftersales.party p WHERE p.id = :party) AS party,
  (SELECT s.value FROM aftersales.setting s
   WHERE s.coop = :coop AND s.name = 'approval' AND s.building IN ('', :building)
   ORDER BY s.building DESC LIMIT 1) AS approval,
  (SELECT count(*) FROM registry.staff p WHERE p.coop = :coop AND p.role = 'staff') AS people,
  EXISTS (SELECT 1 FROM registry.occupancy o WHERE o.id = :occupancy AND o.ends_at <= :now) AS has_left
"""
