"""Proposals that come from meters, as staff see them: what, where, since when, the readings as evidence."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import col, select

from services.aftersales.incidents import evidence
from services.aftersales.incidents.gateways import ALONE
from services.aftersales.incidents.model import MeterProposal
from services.aftersales.model import Ticket
from services.aftersales.words import word
from services.kit.i18n import LANGUAGES
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
_RATES = {"L": ("L/h", 1.0), "Wh": ("kW", 0.001)}
"""A curve is shown as a rate, whatever the length of its steps: one unit beside the figures of an hour."""
_AMOUNTS = {"Wh": ("kWh", 0.001)}
"""The total of a day as people know it from their bills."""
_DIGITS = {"kW": 2, "kWh": 1}


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
    digits: int = 0

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
        query = query.where(col(MeterProposal.state) == "proposed", text(ALONE))
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
    """What a page shows of one: a sentence, its figures in people's units, the readings as a picture."""
    figures = proposal.evidence.get("figures", {})
    return {
        "line": _line(proposal, await _meters(unit, [proposal]), language),
        "sentence": evidence.sentence(proposal.fault, proposal.evidence, proposal.since, language),
        "figures": evidence.told(figures, language),
        "picture": picture(proposal.evidence),
        "is_forgotten": not proposal.evidence,
        "ticket": proposal.ticket,
        "reason": proposal.reason,
    }


async def of_ticket(unit: Unit, ticket: Ticket) -> dict[str, dict[str, Any]] | None:
    """The readings a request was opened for, by language."""
    proposal = await _proposal_of(unit, ticket)
    if proposal is None:
        return None
    return {language: await shown(unit, proposal, language) for language in LANGUAGES}


async def description_of(unit: Unit, ticket: Ticket, language: str) -> str | None:
    """What a request tells: one that a meter opened, in the reader's language as far as its readings are
    kept; else as it was written."""
    if ticket.channel != "meter" or ticket.description is None:
        return ticket.description
    proposal = await _proposal_of(unit, ticket)
    if proposal is None or not proposal.evidence.get("figures"):
        return ticket.description
    return evidence.said(proposal.fault, proposal.evidence, proposal.since, language)


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


async def _proposal_of(unit: Unit, ticket: Ticket) -> MeterProposal | None:
    rows = await unit.session.execute(select(MeterProposal).where(col(MeterProposal.ticket) == ticket.id))
    return rows.scalars().first()


def picture(readings: dict[str, Any]) -> Picture | None:
    """The curve, else the day totals; None when neither is kept."""
    unit, zone = readings.get("unit", ""), readings.get("zone", "Europe/Paris")
    if curve := readings.get("curve"):
        start = int(datetime.fromisoformat(curve["starts_at"]).timestamp())
        step = int(curve["step_s"])
        x = [start + step * at for at in range(len(curve["values"]))]
        rate, share = _RATES.get(unit, (unit, 1.0))
        times = share * 3_600 / step if unit in _RATES else 1
        values = [_times(value, times) for value in curve["values"]]
        limit = readings.get("figures", {}).get("limit_v")
        least = 0.0 if limit is None else min([limit, *(v for v in values if v is not None)]) * 0.97
        return Picture(rate, step, x, values, zone, False, limit, least, _DIGITS.get(rate, 0))
    if days := readings.get("days"):
        begin = [date.fromisoformat(one["day"]) for one in days]
        x = [(day - date(1970, 1, 1)) // timedelta(seconds=1) for day in begin]
        shown_in, share = _AMOUNTS.get(unit, (unit, 1))
        values = [_times(one["value"], share) for one in days]
        return Picture(shown_in, 86_400, x, values, "UTC", by_day=True, digits=_DIGITS.get(shown_in, 0))
    return None


def _times(value: float | None, share: float) -> float | None:
    return None if value is None else round(value * share, 3)


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
