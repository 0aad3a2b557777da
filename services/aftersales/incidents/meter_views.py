"""Proposals that come from meters, as staff see them: what, where, since when, the readings as evidence."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import col, select

from services.aftersales.incidents.model import MeterProposal
from services.aftersales.model import Ticket
from services.aftersales.words import word
from services.kit.problems import not_found
from services.kit.unit import Unit

_HOMES = """
SELECT id, residence, staircase, floor, ref FROM registry.dwelling WHERE id = ANY(:ids)
"""


@dataclass(frozen=True)
class Line:
    """One proposal of a list."""

    id: str
    label: str
    home: str | None
    since: datetime
    state: str
    state_label: str
    incident: str | None


@dataclass(frozen=True)
class Picture:
    """The readings a fault was seen in, for a chart: `x` in seconds since 1970 UTC."""

    unit: str
    step_s: int
    x: list[int]
    values: list[float | None]
    zone: str
    by_day: bool

    @property
    def instants(self) -> list[datetime]:
        """The same as `x`, for the table of those who do not see the chart."""
        return [datetime.fromtimestamp(second, UTC) for second in self.x]


async def lines(unit: Unit, language: str, incident: str | None = None) -> list[Line]:
    """What waits for a decision, the newest first; of one incident, all that led to it."""
    query = select(MeterProposal).where(col(MeterProposal.coop) == unit.coop)
    if incident is None:
        query = query.where(col(MeterProposal.state) == "proposed")
    else:
        query = query.where(col(MeterProposal.incident) == incident)
    rows = (
        await unit.session.execute(query.order_by(col(MeterProposal.raised_at).desc()).limit(200))
    ).scalars()
    found = list(rows)
    homes = await _homes(unit, [one.dwelling for one in found if one.dwelling])
    return [_line(one, homes, language) for one in found]


async def one(unit: Unit, proposal_id: str) -> MeterProposal:
    """The proposal, or 404."""
    proposal = await unit.session.get(MeterProposal, proposal_id)
    if proposal is None:
        raise not_found()
    return proposal


async def shown(unit: Unit, proposal: MeterProposal, language: str) -> dict[str, Any]:
    """What a page shows of one."""
    homes = await _homes(unit, [proposal.dwelling] if proposal.dwelling else [])
    figures = proposal.evidence.get("figures", {})
    return {
        "line": _line(proposal, homes, language),
        "figures": [(word("fault_figures", name, language), value) for name, value in figures.items()],
        "picture": picture(proposal.evidence),
        "is_forgotten": not proposal.evidence,
        "ticket": proposal.ticket,
        "reason": proposal.reason,
    }


async def of_ticket(unit: Unit, ticket: Ticket, language: str) -> dict[str, Any] | None:
    """The readings a request was opened for."""
    rows = await unit.session.execute(select(MeterProposal).where(col(MeterProposal.ticket) == ticket.id))
    proposal = rows.scalars().first()
    return None if proposal is None else await shown(unit, proposal, language)


def picture(evidence: dict[str, Any]) -> Picture | None:
    """The curve, else the day totals; None when neither is kept."""
    unit, zone = evidence.get("unit", ""), evidence.get("zone", "Europe/Paris")
    if curve := evidence.get("curve"):
        start = int(datetime.fromisoformat(curve["starts_at"]).timestamp())
        step = int(curve["step_s"])
        x = [start + step * at for at in range(len(curve["values"]))]
        return Picture(unit, step, x, curve["values"], zone, by_day=False)
    if days := evidence.get("days"):
        begin = [date.fromisoformat(one["day"]) for one in days]
        x = [(day - date(1970, 1, 1)) // timedelta(seconds=1) for day in begin]
        return Picture(unit, 86_400, x, [one["value"] for one in days], "UTC", by_day=True)
    return None


async def _homes(unit: Unit, dwellings: list[str]) -> dict[str, str]:
    rows = await unit.session.execute(text(_HOMES), {"ids": dwellings})
    return {
        row.id: " · ".join(part for part in (row.residence, row.staircase, row.floor, row.ref) if part)
        for row in rows
    }


def _line(proposal: MeterProposal, homes: dict[str, str], language: str) -> Line:
    return Line(
        id=proposal.id,
        label=word("supply_faults", proposal.fault, language),
        home=homes.get(proposal.dwelling or ""),
        since=proposal.since,
        state=proposal.state,
        state_label=word("proposal_states", proposal.state, language),
        incident=proposal.incident,
    )
