"""Faults of the supply that the readings show: proposals with their curve, until a person decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import literal_column, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from contracts.metering import SupplyFault, SupplyFaultCleared
from services.aftersales import actions, registry
from services.aftersales.actions import NewTicket
from services.aftersales.incidents import children, evidence, gateways, joining, places
from services.aftersales.incidents.families import family_of
from services.aftersales.incidents.model import Incident, MeterProposal
from services.aftersales.incidents.stages import CONFIRMED
from services.aftersales.telling import Actor
from services.kit.ids import id_of
from services.kit.problems import conflict, invalid
from services.kit.registry import local_today, zone_of
from services.kit.unit import Unit

_FILE = Path(__file__).parent / "faults.yaml"
SILENT = "meter_silent"
"""A fault of the meter or its gateway; nobody at home feels it."""
_KEPT = ("figures", "fluid")
"""What remains of the evidence when a person found nothing."""


@dataclass(frozen=True)
class Reported:
    """What a fault is as a request."""

    element: str
    symptom: str
    place: str


def as_request(fault: str, heating: str | None = None, fluid: str | None = None) -> Reported:
    """Element, symptom and place of a fault. Raises KeyError for a code that is not in the table."""
    row = _faults()[fault]
    element = row.get("by_heating", {}).get(heating) or row.get("by_fluid", {}).get(fluid) or row["element"]
    return Reported(element, row["symptom"], row["place"])


async def supply_fault(event: SupplyFault, unit: Unit) -> None:
    """Keep the proposal with the days it was seen in; with enough others it proposes an incident. Told again
    because it goes on, it shows what it has become until somebody decides."""
    key = (event.meter, event.fault, event.since.isoformat())
    fault = event.id or id_of("flt", *(part.encode() for part in key))
    evidence = await _evidence(unit, event)
    heating, building = await _dwelling(unit, event)
    reported = as_request(event.fault, heating, evidence.get("fluid"))
    family = family_of(reported.element, reported.symptom)
    place = await places.place_of(unit, event.dwelling, building)
    scopes = await gateways.scopes(unit, family, event.dwelling, building, event.meter) if family else []
    values = {
        "id": fault, "coop": event.coop, "meter": event.meter, "dwelling": event.dwelling,
        "building": place.building, "occupancy": event.occupancy, "fault": event.fault,
        "element": reported.element, "symptom": reported.symptom, "family": family.code if family else None,
        "scope": scopes[0] if scopes else None, "since": event.since, "raised_at": unit.now,
        "evidence": evidence, "state": "proposed",
    }  # fmt: skip
    kept = insert(MeterProposal).values(**values)
    kept = kept.on_conflict_do_update(
        index_elements=["id"],
        set_={"evidence": kept.excluded.evidence, "since": kept.excluded.since},
        where=col(MeterProposal.state) == "proposed",
    )
    is_new: Any = literal_column("xmax = 0")
    made = await unit.session.execute(kept.returning(is_new))
    is_shared = bool(scopes) and (event.dwelling is not None or scopes[0].startswith("gateway:"))
    if made.scalar_one_or_none() and family is not None and is_shared:
        fluid = None if event.fault == SILENT else evidence.get("fluid")
        await joining.sensed(unit, family, scopes, reported.element, reported.symptom, fluid)


async def fault_cleared(event: SupplyFaultCleared, unit: Unit) -> None:
    """What nobody decided about is no longer to decide; readings whose ground is gone are forgotten here."""
    proposal = await unit.session.get(MeterProposal, event.id)
    if proposal is None or proposal.coop != event.coop:
        return
    if event.because == "no_ground":
        proposal.evidence = {}
    if proposal.state == "proposed":
        proposal.state = "cleared"


async def accept(unit: Unit, proposal_id: str, actor: Actor) -> MeterProposal:
    """Open a request in the home's name, said to come from its meter; the household is told like of any."""
    proposal = await _decidable(unit, proposal_id)
    home = None
    if proposal.occupancy is not None:
        home = await registry.home_of_occupancy(unit, proposal.occupancy)
    elif proposal.building is not None:
        home = await registry.home_of_building(unit, proposal.building)
    if home is None or home.is_left(unit.now):
        raise conflict("no_home", "Nobody lives there any more.", legal_actions=["dismiss"])
    reported = as_request(proposal.fault, fluid=proposal.evidence.get("fluid"))
    new = NewTicket(
        place=reported.place,
        element=proposal.element,
        symptom=proposal.symptom,
        description=said(proposal, "fr"),
        channel="meter",
        noticed_on=min(proposal.since.astimezone(await zone_of(unit)).date(), await local_today(unit)),
    )
    ticket = await actions.open_ticket(unit, home, new, actor)
    proposal.state, proposal.ticket = "accepted", ticket.id
    proposal.decided_by, proposal.decided_at = actor.id, unit.now
    if proposal.incident is not None and ticket.incident is None:
        incident = await unit.session.get_one(Incident, proposal.incident)
        if incident.state in (*CONFIRMED, "proposed"):
            await children.link(unit, ticket, incident.id)
            if incident.state in CONFIRMED:
                await children.attach(unit, [ticket], incident.id, actor)
    return proposal


async def dismiss(unit: Unit, proposal_id: str, reason: str, actor: Actor) -> MeterProposal:
    """A person looked: it is nothing, and says why. Its readings are not kept any longer."""
    if not reason.strip():
        raise invalid("/reason", "missing", "Say why it is nothing.")
    proposal = await _decidable(unit, proposal_id)
    proposal.state, proposal.reason = "dismissed", reason.strip()
    proposal.decided_by, proposal.decided_at = actor.id, unit.now
    proposal.evidence = {name: proposal.evidence[name] for name in _KEPT if name in proposal.evidence}
    return proposal


def said(proposal: MeterProposal, language: str) -> str:
    """The fault and its figures in a sentence."""
    return evidence.said(proposal.fault, proposal.evidence, proposal.since, language)


async def _decidable(unit: Unit, proposal_id: str) -> MeterProposal:
    found = await unit.session.execute(
        select(MeterProposal)
        .where(col(MeterProposal.id) == proposal_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    proposal = found.scalar_one()
    if proposal.state != "proposed":
        raise conflict("decided_already", "Somebody decided about it already.", legal_actions=[])
    return proposal


async def _evidence(unit: Unit, event: SupplyFault) -> dict[str, Any]:
    """The days as metering keeps them now, else the figures of the event alone."""
    if event.id is not None:
        row = (
            await unit.session.execute(
                text("SELECT evidence FROM registry.supply_fault WHERE id = :id AND coop = :coop"),
                {"id": event.id, "coop": event.coop},
            )
        ).one_or_none()
        if row is not None:
            return dict(row.evidence)
    return {"figures": dict(event.evidence)}


async def _dwelling(unit: Unit, event: SupplyFault) -> tuple[str | None, str | None]:
    """How the dwelling is heated; of a common part's meter, its building."""
    if event.dwelling is not None:
        row = (
            await unit.session.execute(
                text("SELECT heating FROM registry.dwelling WHERE id = :id"), {"id": event.dwelling}
            )
        ).one_or_none()
        return (row.heating if row else None), None
    meter = (
        await unit.session.execute(
            text("SELECT building FROM registry.meter WHERE id = :id"), {"id": event.meter}
        )
    ).one_or_none()
    return None, meter.building if meter else None


@cache
def _faults() -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return found
