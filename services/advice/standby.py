"""Standby load: how many watts the home draws while everybody sleeps, and what that costs in a year."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median, quantiles

from contracts.codes import Heating, Rule
from services.advice.day import SLOTS_PER_HOUR, Day, slot_minutes, trustworthy
from services.advice.facts import Facts, Standby
from services.advice.money import mean_price_kwh
from services.advice.tip import DAYS_PER_YEAR, Home, Tip, Verdict, cents
from services.advice.windows import slot_shares

HOURS_PER_YEAR = 24 * DAYS_PER_YEAR


@dataclass(frozen=True)
class Floor:
    """The night floor: median over the valid nights of each night's lowest half-hour."""

    watts: int
    nights: int
    dropped: int
    share: float
    """Of the occupied days' consumption, 0 to 1."""
    first: date
    last: date


def standby_load(days: list[Day], home: Home, facts: Facts, today: date) -> Verdict:
    """Advise on the night floor of the last weeks, or say why it cannot be told."""
    rule = facts.standby
    floor = night_floor(trustworthy(days, today, rule.window_days), home.heating, rule)
    if isinstance(floor, str):
        return Verdict(why_not=floor)
    figures = _evidence(floor)
    variant = _variant(floor, rule)
    if variant is None:
        return Verdict(why_not="standby_is_modest", figures=figures)
    price = mean_price_kwh(home, facts.prices)
    if price is None:
        return Verdict(why_not="no_price", figures=figures)
    saved_w = saving_watts(floor.watts, rule)
    kwh_year = round(saved_w * HOURS_PER_YEAR / 1000)
    eur_year = cents(Decimal(saved_w * HOURS_PER_YEAR) / 1000 * price)
    if eur_year < rule.min_eur_year:
        return Verdict(why_not="saving_too_small", figures=figures)
    tip = Tip(
        rule=Rule.STANDBY_LOAD,
        variant=variant,
        evidence=figures
        | {
            "typical_w": rule.typical_w,
            "saved_w": round(saved_w),
            "cost_eur_year": str(cents(Decimal(floor.watts * HOURS_PER_YEAR) / 1000 * price)),
            "price_eur_kwh": str(price.quantize(Decimal("0.0001"))),
            "prices_from": facts.prices.valid_from.isoformat() if home.own_prices is None else None,
        },
        kwh_year=kwh_year,
        eur_year=eur_year,
        kg_co2_year=facts.kg_co2(kwh_year),
        raised_on=today,
        expires_on=today + timedelta(days=rule.expires_days),
    )
    return Verdict(tip=tip, figures=figures)


def whole_floor(days: list[Day], home: Home, facts: Facts) -> dict[str, int]:
    """The floor over all days kept, beside the recent one; empty when it cannot be told."""
    floor = night_floor([day for day in days if day.is_trustworthy], home.heating, facts.standby)
    if isinstance(floor, str):
        return {}
    return {"night_floor_whole_w": floor.watts, "night_floor_whole_nights": floor.nights}


def night_floor(days: list[Day], heating: Heating, rule: Standby) -> Floor | str:
    """The floor over `days`, or the coded reason why it cannot be told.

    Left out: nights with a hole, with the current off, of an empty home, heated nights (minimum well
    above the home's own quiet nights) and those a water heater filled (above any standby).
    """
    nights = [(day, low) for day in days if (low := night_minimum_w(day, rule)) is not None]
    plausible = [
        (day, low)
        for day, low in nights
        if 0 < low <= rule.never_standby_w and not _is_vacant(day, low, rule)
    ]
    if len(plausible) < rule.min_nights:
        return "too_few_nights" if len(nights) < rule.min_nights else "night_masked"
    quiet = quantiles([low for _, low in plausible], n=5)[0]
    ceiling = max(quiet * rule.far_above_ratio, quiet + rule.far_above_w)
    kept = [(day, low) for day, low in plausible if low <= ceiling]
    if heating == Heating.ELECTRIC:
        mild = [(day, low) for day, low in kept if not is_heating_season(day.day, rule)]
        if len(mild) >= rule.min_nights:
            kept = mild
        elif _moves_with_the_weather(kept, plausible, rule):
            return "heating_hides_floor"
    if len(kept) < rule.min_nights:
        return "too_few_nights"
    watts = median(low for _, low in kept)
    per_day_wh = sum(day.energy_wh for day, _ in kept) / len(kept)
    return Floor(
        watts=round(watts),
        nights=len(kept),
        dropped=len(days) - len(kept),
        share=watts * 24 / per_day_wh if per_day_wh else 0.0,
        first=kept[0][0].day,
        last=kept[-1][0].day,
    )


def night_minimum_w(day: Day, rule: Standby) -> int | None:
    """The night's lowest half-hour mean in W; None when any of its half-hours is missing or suspect."""
    night = slot_shares(slot_minutes(day.zone, day.day), (f"{rule.night_from}-{rule.night_to}",))
    values = [value for value, share in zip(day.values, night, strict=False) if share]
    known = [value for value in values if value is not None]
    return min(known) * SLOTS_PER_HOUR if known and len(known) == len(values) else None


def saving_watts(watts: float, rule: Standby) -> float:
    """What coming down to the typical home saves; for a home near it, the part that unplugging saves."""
    return max(watts - rule.typical_w, watts * rule.avoidable_share)


def is_heating_season(day: date, rule: Standby) -> bool:
    first, last = rule.heating_season
    return f"{day:%m-%d}" >= first or f"{day:%m-%d}" <= last


def _variant(floor: Floor, rule: Standby) -> str | None:
    if floor.watts > rule.strong_w:
        return "strong"
    if floor.watts > rule.notice_w:
        return "notice"
    return "share" if floor.share > rule.share and floor.watts >= rule.share_from_w else None


def _is_vacant(day: Day, low: int, rule: Standby) -> bool:
    """Nothing rose above the night all day. Used to leave the night out, and never told to anybody."""
    top = max((value for value in day.values if value is not None), default=0) * SLOTS_PER_HOUR
    return top - low < rule.vacant_rise_w


def _moves_with_the_weather(
    kept: list[tuple[Day, int]], plausible: list[tuple[Day, int]], rule: Standby
) -> bool:
    if len(kept) < max(4, rule.heating_kept_share * len(plausible)):
        return True
    lower, middle, upper = quantiles([low for _, low in kept], n=4)
    return upper - lower > max(rule.heating_spread_w, rule.heating_spread_share * middle)


def _evidence(floor: Floor) -> dict[str, str | int | float | None]:
    return {
        "night_floor_w": floor.watts,
        "nights": floor.nights,
        "nights_left_out": floor.dropped,
        "share_percent": round(100 * floor.share),
        "data_from": floor.first.isoformat(),
        "data_to": floor.last.isoformat(),
    }
