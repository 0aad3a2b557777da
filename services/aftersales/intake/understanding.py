"""What was understood, as pages and the API show it: with labels, reasons, and numbers to call."""

from pydantic import BaseModel
from sqlalchemy import text

from contracts.codes import Priority
from services.aftersales.bodies import ElementCode, PlaceCode, SymptomCode
from services.aftersales.config import config_for
from services.aftersales.intake.classifier import Danger, Proposal, Understood, understand
from services.aftersales.intake.classifier import Home as Known
from services.aftersales.intake.safety import danger_of, own_number
from services.aftersales.registry import Home
from services.aftersales.taxonomy import taxonomy
from services.aftersales.words import word
from services.kit.registry import local_today
from services.kit.unit import Unit


class BecauseOut(BaseModel):
    about: str
    """element, symptom, place or urgency."""
    words: str
    """As they were written."""


class ProposalOut(BaseModel):
    trade: str
    trade_label: str
    element: ElementCode
    element_label: str
    symptom: SymptomCode | None
    symptom_label: str | None
    place: PlaceCode | None
    place_label: str | None
    priority: Priority
    confidence: float
    """From 0 to 1: a rank rather than a probability."""
    is_sure: bool
    """False: ask instead of taking it for granted."""
    because: list[BecauseOut]
    explanation: str
    """For example: because you wrote "boiler" and "no heating"."""


class DangerOut(BaseModel):
    code: str
    label: str
    words: str
    advice: str
    call: str | None
    """Call this number first; the cooperative's own where it gave one."""


class ProposalsOut(BaseModel):
    proposals: list[ProposalOut]
    """In the order told."""
    dangers: list[DangerOut]


understand("le robinet fuit")
"""Read now: later it would hold up the first request."""


async def understood(unit: Unit, said: str, home: Home | None) -> Understood:
    """Nothing is stored. What heats the home and its heating season are taken into account."""
    today = await local_today(unit)
    if home is None:
        return understand(said, Known(on=today))
    config = await config_for(unit, home)
    return understand(said, Known(today, await _heating(unit, home.dwelling), config.heating))


async def shown(unit: Unit, found: Understood, building: str | None, language: str) -> ProposalsOut:
    """In the reader's language."""
    return ProposalsOut(
        proposals=[proposal_out(one, language) for one in found.proposals],
        dangers=[await _danger(unit, one, building, language) for one in found.dangers],
    )


def proposal_out(one: Proposal, language: str) -> ProposalOut:
    known = taxonomy()
    return ProposalOut(
        trade=one.trade,
        trade_label=known.trades[one.trade].in_(language),
        element=one.element,
        element_label=known.elements[one.element].label.in_(language),
        symptom=one.symptom,
        symptom_label=known.symptoms[one.symptom].in_(language) if one.symptom else None,
        place=one.place,
        place_label=known.places[one.place].label.in_(language) if one.place else None,
        priority=one.priority,
        confidence=one.confidence,
        is_sure=one.is_sure,
        because=[BecauseOut(about=row.about, words=row.words) for row in one.because],
        explanation=explanation(one, language),
    )


def explanation(one: Proposal, language: str, key: str = "because") -> str:
    """The words that led to it, each once, the most telling first; `key`: which sentence of `intake`."""
    said = list(dict.fromkeys(row.words for row in one.because if row.about != "urgency"))
    said = [words for words in said if not any(words in other and words != other for other in said)]
    quoted = [f"«\u00a0{words}\u00a0»" if language == "fr" else f"“{words}”" for words in said]
    if not quoted:
        return ""
    and_ = word("intake", "and", language)
    listed = f"{', '.join(quoted[:-1])} {and_} {quoted[-1]}" if len(quoted) > 1 else quoted[0]
    return word("intake", key, language).format(words=listed)


async def _danger(unit: Unit, heard: Danger, building: str | None, language: str) -> DangerOut:
    danger = danger_of(heard.code)
    assert danger is not None
    own = await own_number(unit, building, danger.own_number)
    return DangerOut(
        code=heard.code,
        label=word("dangers", heard.code, language),
        words=heard.words,
        advice=danger.advice[language if language in danger.advice else "fr"],
        call=own or danger.public_number,
    )


async def _heating(unit: Unit, dwelling: str | None) -> str:
    found = await unit.session.execute(
        text("SELECT heating FROM registry.dwelling WHERE id = :id"), {"id": dwelling}
    )
    return found.scalar_one_or_none() or ""
