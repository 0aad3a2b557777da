"""Where a request stands: its recorded history, seen under the terms that hold for it now."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, text
from sqlmodel import col, select

from contracts.codes import Priority, Regime, Responsible
from services.aftersales.claims import Firm, Running, claim_of
from services.aftersales.lifecycle import Standing, Step, Terms, apply
from services.aftersales.model import Ticket, TicketEvent
from services.aftersales.routing import PRESSING
from services.aftersales.tables import load
from services.aftersales.taxonomy import element_of
from services.kit.registry import zone_of
from services.kit.unit import Unit


async def standing_of(unit: Unit, ticket: Ticket) -> Standing:
    """Where the request stands, rebuilt from its events."""
    return apply(await steps_of(unit, ticket), terms=await terms_of(unit, ticket), as_of=unit.now)


async def standings_of(unit: Unit, tickets: Sequence[Ticket]) -> dict[str, Standing]:
    """The same of several requests of one cooperative, by id."""
    rows = await unit.session.execute(
        select(TicketEvent)
        .where(col(TicketEvent.ticket).in_([ticket.id for ticket in tickets]))
        .order_by(col(TicketEvent.ticket), col(TicketEvent.place_in_history))
    )
    steps: dict[str, list[Step]] = defaultdict(list)
    for row in rows.scalars():
        steps[row.ticket].append(step_of(row))
    terms = await _terms(unit, tickets)
    return {ticket.id: apply(steps[ticket.id], terms=terms[ticket.id], as_of=unit.now) for ticket in tickets}


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
    return (await _terms(unit, [ticket]))[ticket.id]


async def _terms(unit: Unit, tickets: Sequence[Ticket]) -> dict[str, Terms]:
    """Of requests of one cooperative, by id."""
    await unit.session.flush()
    found = await unit.session.execute(
        text(_TERMS),
        {
            "tickets": [ticket.id for ticket in tickets],
            "buildings": [ticket.building or "" for ticket in tickets],
            "occupancies": [ticket.occupancy for ticket in tickets],
            "inspections": [ticket.inspection for ticket in tickets],
            "parties": [ticket.party for ticket in tickets],
            "coop": tickets[0].coop,
            "now": unit.now,
        },
    )
    rows = {row.id: row for row in found}
    zone = await zone_of(unit)
    return {ticket.id: _terms_from(ticket, rows[ticket.id], zone) for ticket in tickets}


def _terms_from(ticket: Ticket, row: Row[Any], zone: ZoneInfo) -> Terms:
    running = [
        Running(
            Regime(regime),
            Responsible(debtor) if debtor else None,
            date.fromisoformat(ends_on),
            tuple(map(Responsible, also)),
        )
        for regime, debtor, ends_on, also in row.warranties or ()
    ]
    claim = claim_of(
        Responsible(ticket.responsible), running, ticket.symptom, _debtor_as(ticket, row.party or {}), zone
    )
    return Terms(
        has_household=ticket.occupancy is not None and not row.has_left,
        claim=claim,
        is_given_to_party=ticket.party is not None,
        is_signed=row.inspection == "livraison" or (claim is not None and claim.is_first),
        settles_by_silence=ticket.inspection is None and not row.warranties,
        approve_above_cents=_limit(row.approval),
        others=row.people > 1,
        is_pressing=Priority(ticket.priority) in PRESSING,
    )


def _debtor_as(ticket: Ticket, firm: dict[str, Any]) -> Firm | None:
    """The firm it is given to, with the regimes it answers for in that trade and building."""
    if ticket.party is None or not firm:
        return None
    is_here = not firm["buildings"] or ticket.building in firm["buildings"]
    is_its_trade = not firm["trades"] or element_of(ticket.element).trade in firm["trades"]
    regimes = frozenset(firm["warranties"]) if is_here and is_its_trade else frozenset()
    return Firm(ticket.party, firm["kind"], regimes)


def _limit(setting: dict[str, Any] | None) -> int | None:
    limit = (setting or load("approval"))["above_cents"]
    return None if limit is None else int(limit)


_TERMS = """
SELECT t.id,
  (SELECT jsonb_agg(jsonb_build_array(w.regime, w.debtor, w.ends_on, w.also) ORDER BY w.ends_on)
   FROM aftersales.ticket_warranty w WHERE w.ticket = t.id AND w.regime <> 'none'
   AND w.ends_on IS NOT NULL) AS warranties,
  (SELECT i.kind FROM aftersales.inspection i WHERE i.id = t.inspection) AS inspection,
  (SELECT jsonb_build_object('kind', p.kind, 'warranties', p.warranties, 'trades', p.trades,
     'buildings', p.buildings)
   FROM aftersales.party p WHERE p.id = t.party) AS party,
  (SELECT s.value FROM aftersales.setting s
   WHERE s.coop = :coop AND s.name = 'approval' AND s.building IN ('', t.building)
   ORDER BY s.building DESC LIMIT 1) AS approval,
  (SELECT count(*) FROM registry.staff p WHERE p.coop = :coop AND p.role = 'staff') AS people,
  EXISTS (SELECT 1 FROM registry.occupancy o WHERE o.id = t.occupancy AND o.ends_at <= :now) AS has_left
FROM unnest(CAST(:tickets AS text[]), CAST(:buildings AS text[]), CAST(:occupancies AS text[]),
  CAST(:inspections AS text[]), CAST(:parties AS text[])) AS t(id, building, occupancy, inspection, party)
"""
