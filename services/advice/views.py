"""What the pages of tips show: each tip with what it rests on, and where the household stands otherwise."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from contracts.codes import Purpose, Rule
from services.advice import queries, registry
from services.advice.api import TipOut, tip_out
from services.advice.evaluate import MIN_DAYS
from services.advice.facts import facts_on
from services.advice.model import Evaluation, TipRow
from services.advice.money import mean_price_kwh
from services.advice.outcome import measured_on
from services.advice.picture import Picture, picture
from services.advice.standby import HOURS_PER_YEAR
from services.advice.sureness import Sureness, sureness
from services.advice.tip import cents
from services.advice.words import why_not_words
from services.kit.registry import OwnHome, local_today
from services.kit.unit import Unit

FINE = frozenset({"standby_is_modest", "tariff_fits", "power_fits", "lowest_step", "saving_too_small"})
"""Conclusions that are good news."""


@dataclass(frozen=True)
class Card:
    tip: TipOut
    eur_year: Decimal
    sureness: Sureness
    measured_on: date
    """The first day on which its effect can be told."""
    picture: Picture | None = None
    outcome_eur: Decimal | None = None
    """What the measured change is worth in a year, at the tip's own price."""


@dataclass(frozen=True)
class Check:
    """One of the things that are looked at for every household, and what came of it."""

    rule: Rule
    code: str
    """`tip`, `answered`, or why there is no tip."""
    words: str | None
    is_fine: bool


@dataclass(frozen=True)
class Standing:
    """One home: its open tips, the earlier ones, and why there are none now."""

    home: OwnHome
    code: str
    """off, half_hourly, learning, tips, fine or watching."""
    open: list[Card]
    earlier: list[Card]
    checks: list[Check]
    days_seen: int
    floor_w: int | None
    floor_nights: int | None
    floor_eur_year: Decimal | None
    needed_days: int = MIN_DAYS


async def standing(
    unit: Unit, home: OwnHome, language: str, just: str | None = None, with_pictures: bool = True
) -> Standing:
    """`just` names a tip that was answered a moment ago: it keeps its place."""
    today = await local_today(unit)
    rows = await queries.tips_of(unit, home.occupancy)
    cards = [(row, await _card(unit, row, language, today, with_pictures)) for row in rows]
    current = [card for row, card in cards if card.tip.status == "open" or row.id == just]
    earlier = [card for row, card in cards if card.tip.status != "open" and row.id != just]
    current.sort(key=lambda card: (card.tip.variant != "too_low", -card.eur_year))
    evaluation = await queries.evaluation_of(unit, home.occupancy)
    conclusions: dict[str, Any] = evaluation.conclusions if evaluation else {}
    told = {card.tip.rule for card in current if card.tip.status == "open"}
    checks = [_check(rule, conclusions[rule], rule in told, language) for rule in Rule if rule in conclusions]
    figures = conclusions.get(Rule.STANDBY_LOAD, {}).get("figures", {})
    watts = figures.get("night_floor_w")
    return Standing(
        home=home,
        code=await _code(unit, home.occupancy, bool(current), checks),
        open=current,
        earlier=earlier,
        checks=checks,
        days_seen=await queries.days_seen(unit, home.occupancy),
        floor_w=watts,
        floor_nights=figures.get("nights"),
        floor_eur_year=await _cost(unit, evaluation, watts, today),
    )


async def _code(unit: Unit, occupancy: str, has_tips: bool, checks: list[Check]) -> str:
    if not await registry.allows(unit, occupancy, Purpose.ADVICE):
        return "off"
    if has_tips:
        return "tips"
    if not await registry.allows(unit, occupancy, Purpose.HALF_HOURLY):
        return "half_hourly"
    if not checks or all(check.code == "half_hourly_needed" for check in checks):
        return "learning"
    is_fine = any(check.is_fine for check in checks) and all(
        check.is_fine or check.code in ("answered", "no_winter_seen", "needs_a_year", "not_comparable")
        for check in checks
    )
    return "fine" if is_fine else "watching"


async def _card(unit: Unit, row: TipRow, language: str, today: date, with_picture: bool) -> Card:
    tip = tip_out(row, language, today)
    drawn = None
    if with_picture and tip.status == "open" and (first := row.evidence.get("data_from")):
        days = await queries.days_between(
            unit, row, date.fromisoformat(first), date.fromisoformat(row.evidence["data_to"])
        )
        drawn = picture(tip.rule, days, facts_on(row.raised_on).standby)
    return Card(
        tip=tip,
        eur_year=row.eur_year,
        sureness=sureness(tip.rule, row.variant, row.evidence),
        measured_on=measured_on(row.raised_on),
        picture=drawn,
        outcome_eur=_worth(row),
    )


def _worth(row: TipRow) -> Decimal | None:
    price = row.evidence.get("price_eur_kwh")
    kwh = (row.outcome or {}).get("kwh_year")
    return cents(abs(Decimal(kwh)) * Decimal(price)) if kwh and price else None


def _check(rule: Rule, conclusion: dict[str, Any], is_told: bool, language: str) -> Check:
    why_not = conclusion["why_not"]
    if why_not is None:
        return Check(rule, "tip" if is_told else "answered", None, False)
    return Check(rule, why_not, why_not_words(why_not, language), why_not in FINE)


async def _cost(unit: Unit, evaluation: Evaluation | None, watts: int | None, today: date) -> Decimal | None:
    """EUR a year of the night floor at the household's own price; None when either is unknown."""
    if evaluation is None or watts is None:
        return None
    home = await registry.home_of(unit, evaluation.meter, today)
    price = mean_price_kwh(home, facts_on(today).prices) if home else None
    return None if price is None else cents(Decimal(watts * HOURS_PER_YEAR) / 1000 * price)
