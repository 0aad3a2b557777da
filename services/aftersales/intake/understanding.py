"""What was understood, as pages and the API show it: with labels, reasons, and numbers to call."""

from datetime import date, timedelta

from pydantic import BaseModel
from sqlalchemy import text

from contracts.codes import Priority
from services.aftersales.bodies import ElementCode, PlaceCode, SymptomCode
from services.aftersales.config import config_for
from services.aftersales.intake.classifier import Home as Known
from services.aftersales.intake.classifier import Proposal, Understood, Urgent, understand
from services.aftersales.intake.dangers import Danger
from services.aftersales.intake.safety import danger_of, numbers
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


class UrgencyOut(BaseModel):
    code: str
    """One of `urgency` of GET /taxonomy: POST /tickets takes it."""
    label: str
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
    """With what the words add to the table's."""
    usual_priority: Priority
    urgency: list[UrgencyOut]
    """What makes it more urgent than usual; empty when the table's priority stands."""
    confidence: float
    """From 0 to 1: a rank rather than a probability."""
    is_sure: bool
    """False: ask instead of taking it for granted."""
    because: list[BecauseOut]
    explanation: str
    """For example: because you wrote "boiler" and "no heating"."""
    urgency_explanation: str
    """For example: you wrote "baby": we treat it as very urgent rather than urgent. Or empty."""


class CallOut(BaseModel):
    call: str
    label: str
    """What it is for."""


class DangerOut(BaseModel):
    code: str
    label: str
    words: str
    advice: str
    call: str | None
    """Call this number first; the cooperative's own where that fits and it gave one."""
    calls: list[CallOut]
    """All numbers that may help, most fitting first."""


class ProposalsOut(BaseModel):
    proposals: list[ProposalOut]
    """In the order told."""
    urgency: list[UrgencyOut]
    """All that is told of how pressing it is, also where it changes no priority."""
    since: date | None
    """Since when it is so, where the text says how long."""
    dangers: list[DangerOut]
    hinted: list[DangerOut] = []
    """Dangers told of as past, supposed or elsewhere: what to do if it is so after all."""
    is_no_repair: bool = False
    """It seems to ask, thank or complain of people: nothing in it is surely to be repaired."""


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
    since = None
    if found.lasting is not None:
        since = await local_today(unit) - timedelta(days=found.lasting.days)
    return ProposalsOut(
        proposals=[proposal_out(one, found.urgent, language) for one in found.proposals],
        urgency=[_urgency(one, language) for one in found.urgent],
        since=since,
        dangers=[await danger_out(unit, one, building, language) for one in found.dangers],
        hinted=[await danger_out(unit, one, building, language) for one in found.hinted],
        is_no_repair=found.is_no_repair,
    )


def proposal_out(one: Proposal, urgent: tuple[Urgent, ...], language: str) -> ProposalOut:
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
        usual_priority=one.usual,
        urgency=[_urgency(row, language) for row in urgent if row.code in one.raised_by],
        confidence=one.confidence,
        is_sure=one.is_sure,
        because=[BecauseOut(about=row.about, words=row.words) for row in one.because],
        explanation=explanation(one, language),
        urgency_explanation=why_urgent(one, urgent, language),
    )


def _urgency(one: Urgent, language: str) -> UrgencyOut:
    return UrgencyOut(code=one.code, label=word("urgency", one.code, language), words=one.words)


def explanation(one: Proposal, language: str, key: str = "because") -> str:
    """The words that led to it, each once, the most telling first; `key`: which sentence of `intake`."""
    said = list(dict.fromkeys(row.words for row in one.because if row.about != "urgency"))
    said = [words for words in said if not any(words in other and words != other for other in said)]
    return word("intake", key, language).format(words=listed(said, language)) if said else ""


def why_urgent(one: Proposal, urgent: tuple[Urgent, ...], language: str, key: str = "urgent_because") -> str:
    """The words that made it more urgent than usual, and how urgent that is; empty when none did."""
    said = [row.words for row in urgent if row.code in one.raised_by]
    if not said:
        return ""
    return word("intake", key, language).format(
        words=listed(said, language),
        priority=word("priorities", one.priority.value, language).lower(),
        usual=word("priorities", one.usual.value, language).lower(),
    )


def listed(said: list[str], language: str) -> str:
    """Somebody's words, quoted as the language does."""
    said = list(dict.fromkeys(said))
    quoted = [f"«\u00a0{words}\u00a0»" if language == "fr" else f"“{words}”" for words in said]
    and_ = word("intake", "and", language)
    return f"{', '.join(quoted[:-1])} {and_} {quoted[-1]}" if len(quoted) > 1 else quoted[0]


async def danger_out(unit: Unit, heard: Danger, building: str | None, language: str) -> DangerOut:
    """With the numbers of that building, its cooperative and everybody."""
    danger = danger_of(heard.code)
    assert danger is not None
    calls = await numbers(unit, danger, building, language)
    return DangerOut(
        code=heard.code,
        label=word("dangers", heard.code, language),
        words=heard.words,
        advice=f"{danger.first[language]} {danger.advice[language]}",
        call=calls[0].call if calls else None,
        calls=[CallOut(call=one.call, label=one.label) for one in calls],
    )


async def _heating(unit: Unit, dwelling: str | None) -> str:
    found = await unit.session.execute(
        text("SELECT heating FROM registry.dwelling WHERE id = :id"), {"id": dwelling}
    )
    return found.scalar_one_or_none() or ""
