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

_METERS = """
SELECT p.id, m.fluid, m.serial, coalesce(d.residence, b.residence) AS residence, b.ref AS building,
       d.staircase, d.floor, d.ref
FROM aftersales.meter_proposal p LEFT JOIN registry.meter m ON m.id = p.meter
LEFT JOIN registry.dwelling d ON d.id = p.dwelling
LEFT JOIN registry.building b ON b.id = p.building AND p.dwelling IS NULL
WHERE p.id = ANY(:ids)
"""
MOST_CURVES = 3
"""On one chart; more are not told apart."""
_PER_HOUR = {"L": "L/h", "Wh": "W"}
"""A curve is shown as a rate, whatever the length of its steps: one unit beside the figures of an hour."""


@dataclass(frozen=True)
class Line:
    """One proposal of a list."""

    id: str
    label: str
    fluid: str | None
    """What the meter counts, in words, and `serial` its number: a home has several meters."""
    serial: str | None
    home: str | None
    """Where the meter is: the home, or the building of a shared meter."""
    since: datetime
    state: str
    state_label: str
    incident: str | None


@dataclass(frozen=True)
class Picture:
    """The readings a fault was seen in, for a chart: `x` in seconds since 1970 UTC. `limit` is drawn as a
    line, and what is below `least` is left out."""

    unit: str
    step_s: int
    x: list[int]
    values: list[float | None]
    zone: str
    by_day: bool
    limit: int | None = None
    least: float = 0

    @property
    def instants(self) -> list[datetime]:
        """The same as `x`, for the table of those who do not see the chart."""
        return [datetime.fromtimestamp(second, UTC) for second in self.x]


@dataclass(frozen=True)
class Curve:
    """One home's values of a chart of several."""

    label: str
    values: list[float | None]


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
    meters = await _meters(unit, found)
    return [_line(one, meters, language) for one in found]


async def one(unit: Unit, proposal_id: str) -> MeterProposal:
    """The proposal, or 404."""
    proposal = await unit.session.get(MeterProposal, proposal_id)
    if proposal is None:
        raise not_found()
    return proposal


async def shown(unit: Unit, proposal: MeterProposal, language: str) -> dict[str, Any]:
    """What a page shows of one."""
    figures = proposal.evidence.get("figures", {})
    return {
        "line": _line(proposal, await _meters(unit, [proposal]), language),
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


async def together(unit: Unit, found: list[Line]) -> tuple[Picture, list[Curve]] | None:
    """The curves of homes that fell together, on one chart; None when there is nothing to draw."""
    rows = await unit.session.execute(
        select(MeterProposal).where(col(MeterProposal.id).in_([one.id for one in found]))
    )
    drawn = {row.id: shape for row in rows.scalars() if (shape := picture(row.evidence)) is not None}
    first = next(iter(drawn.values()), None)
    if first is None:
        return None
    alike = [one for one in found if one.id in drawn and drawn[one.id].x == first.x]
    return first, [Curve(one.home or one.label, drawn[one.id].values) for one in alike[:MOST_CURVES]]


def picture(evidence: dict[str, Any]) -> Picture | None:
    """The curve, else the day totals; None when neither is kept."""
    unit, zone = evidence.get("unit", ""), evidence.get("zone", "Europe/Paris")
    if curve := evidence.get("curve"):
        start = int(datetime.fromisoformat(curve["starts_at"]).timestamp())
        step = int(curve["step_s"])
        x = [start + step * at for at in range(len(curve["values"]))]
        an_hour = 3_600 / step if unit in _PER_HOUR else 1
        values = [None if value is None else value * an_hour for value in curve["values"]]
        limit = evidence.get("figures", {}).get("limit_v")
        least = 0.0 if limit is None else min([limit, *(v for v in values if v is not None)]) * 0.97
        return Picture(_PER_HOUR.get(unit, unit), step, x, values, zone, False, limit, least)
    if days := evidence.get("days"):
        begin = [date.fromisoformat(one["day"]) for one in days]
        x = [(day - date(1970, 1, 1)) // timedelta(seconds=1) for day in begin]
        return Picture(unit, 86_400, x, [one["value"] for one in days], "UTC", by_day=True)
    return None


async def _meters(unit: Unit, proposals: list[MeterProposal]) -> dict[str, Any]:
    """The meter of each proposal and where it is."""
    rows = await unit.session.execute(text(_METERS), {"ids": [one.id for one in proposals]})
    return {row.id: row for row in rows}


def _line(proposal: MeterProposal, meters: dict[str, Any], language: str) -> Line:
    meter = meters[proposal.id]
    fluid = meter.fluid or proposal.evidence.get("fluid")
    where = (meter.residence, meter.building, meter.staircase, meter.floor, meter.ref)
    return Line(
        id=proposal.id,
        label=word("supply_faults", proposal.fault, language),
        fluid=word("counted_fluids", fluid, language) if fluid else None,
        serial=meter.serial,
        home=" · ".join(part for part in where if part) or None,
        since=proposal.since,
        state=proposal.state,
        state_label=word("proposal_states", proposal.state, language),
        incident=proposal.incident,
    )
