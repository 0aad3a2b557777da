"""Subscribed power: is the household paying for a power it never reaches, or living at its limit?"""

from datetime import date, timedelta
from decimal import Decimal

from contracts.codes import Heating, Rule, TariffKind
from services.advice.day import SLOTS_PER_HOUR, Day, trustworthy
from services.advice.facts import Facts, Subscribed
from services.advice.tip import DAYS_PER_YEAR, Home, Tip, Verdict, cents

VA_PER_KVA = 1000


def subscribed_power(days: list[Day], home: Home, facts: Facts, today: date) -> Verdict:
    """Advise a step down, or how to live with (or leave) a power that is too low."""
    rule = facts.subscribed
    kva = home.subscribed_kva
    if kva is None:
        return Verdict(why_not="subscribed_power_unknown")
    if kva not in rule.steps_kva or home.tariff in (None, TariffKind.OWN):
        return Verdict(why_not="not_comparable")
    window = trustworthy(days, today, rule.window_days)
    if not window:
        return Verdict(why_not="too_few_days")
    low = _too_low(window, kva, home, facts, today)
    return low if low is not None else _too_high(window, kva, home, facts, today)


def _too_low(window: list[Day], kva: int, home: Home, facts: Facts, today: date) -> Verdict | None:
    """Peaks at the limit on several recent days. Only what was measured counts here: an estimated
    peak would frighten a household for nothing."""
    rule = facts.subscribed
    recent = [day for day in window if day.day > today - timedelta(days=rule.recent_days)]
    reached = [day for day in recent if _reaches(day, kva * VA_PER_KVA, rule)]
    if len(reached) < rule.min_peak_days:
        return None
    higher = next((step for step in rule.steps_kva if step > kva), None)
    extra = _subscription_gap(kva, higher, home, facts) if higher else None
    evidence: dict[str, str | int | float | None] = {
        "subscribed_kva": kva,
        "days_at_limit": len(reached),
        "days": len(recent),
        "highest_kva": round(max(_measured_va(day) for day in reached) / VA_PER_KVA, 1),
        "next_kva": higher,
        "step_up_eur_year": None if extra is None else str(cents(extra)),
        "change_eur": str(rule.change_eur),
        "prices_from": facts.step_prices.valid_from.isoformat(),
        "data_from": recent[0].day.isoformat(),
        "data_to": recent[-1].day.isoformat(),
    }
    return Verdict(tip=_tip("too_low", Decimal(0), evidence, facts, today), figures=evidence)


def _too_high(window: list[Day], kva: int, home: Home, facts: Facts, today: date) -> Verdict:
    rule = facts.subscribed
    smallest = rule.steps_kva[0] if home.tariff == TariffKind.BASE else facts.offpeak.min_kva
    steps = [step for step in rule.steps_kva if smallest <= step < kva]
    if not steps:
        return Verdict(why_not="lowest_step")
    whole_year = len(window) >= rule.min_days
    winter = sum(1 for day in window if day.day.month in rule.winter_months)
    if winter < rule.min_winter_days:
        return Verdict(why_not="no_winter_seen")
    if not whole_year and (home.heating == Heating.ELECTRIC or len(window) < rule.short_min_days):
        return Verdict(why_not="needs_a_year")
    if any(day.peak_va is None for day in window) and not whole_year:
        return Verdict(why_not="peaks_not_measured")
    peak_va, is_measured = highest_va(window, rule)
    share = rule.low_share if whole_year else rule.short_low_share
    enough = next((step for step in steps if peak_va < share * step * VA_PER_KVA), None)
    lower = enough or steps[-1]
    evidence: dict[str, str | int | float | None] = {
        "subscribed_kva": kva,
        "highest_kva": round(peak_va / VA_PER_KVA, 1),
        "is_measured": is_measured,
        "next_kva": lower,
        "days": len(window),
        "winter_days": winter,
        "change_eur": str(rule.change_eur),
        "prices_from": facts.step_prices.valid_from.isoformat(),
        "data_from": window[0].day.isoformat(),
        "data_to": window[-1].day.isoformat(),
    }
    if enough is None:
        return Verdict(why_not="power_fits", figures=evidence)
    gap = _subscription_gap(lower, kva, home, facts)
    dearer = _dearer_energy(window, kva, lower, home, facts)
    if gap is None or dearer is None:
        return Verdict(why_not="no_price", figures=evidence)
    eur_year = cents(gap - dearer)
    if eur_year < rule.min_eur_year:
        return Verdict(why_not="saving_too_small", figures=evidence)
    return Verdict(tip=_tip("too_high", eur_year, evidence, facts, today), figures=evidence)


def highest_va(window: list[Day], rule: Subscribed) -> tuple[int, bool]:
    """Highest apparent power of the window in VA, and whether the meter measured it every day; else
    the highest half-hour mean times the crest factor stands in for the days it did not."""
    measured = [day.peak_va for day in window if day.peak_va is not None]
    estimated = [_highest_mean_w(day) * rule.crest_factor for day in window if day.peak_va is None]
    return round(max([*measured, *estimated], default=0)), not estimated


def _reaches(day: Day, limit_va: int, rule: Subscribed) -> bool:
    if day.peak_va is not None:
        return day.peak_va >= limit_va
    return _highest_mean_w(day) >= rule.mean_share * limit_va


def _measured_va(day: Day) -> int:
    return day.peak_va if day.peak_va is not None else _highest_mean_w(day)


def _highest_mean_w(day: Day) -> int:
    return max((value for value in day.values if value is not None), default=0) * SLOTS_PER_HOUR


def _subscription_gap(lower: int, higher: int, home: Home, facts: Facts) -> Decimal | None:
    """EUR a year between two steps of the home's tariff, or None when the table lacks one."""
    tariff = home.tariff or TariffKind.BASE
    small = facts.step_prices.subscription_year(tariff, lower)
    large = facts.step_prices.subscription_year(tariff, higher)
    return None if small is None or large is None else large - small


def _dearer_energy(window: list[Day], kva: int, lower: int, home: Home, facts: Facts) -> Decimal | None:
    """On the base tariff a kWh costs more below 9 kVA: what that takes back in a year, EUR."""
    if home.tariff != TariffKind.BASE or home.own_prices:
        return Decimal(0)
    small, large = facts.step_prices.base_kwh(lower), facts.step_prices.base_kwh(kva)
    if small is None or large is None:
        return None
    return (small - large) * sum(day.energy_wh for day in window) / len(window) * DAYS_PER_YEAR / 1000


def _tip(
    variant: str,
    eur_year: Decimal,
    evidence: dict[str, str | int | float | None],
    facts: Facts,
    today: date,
) -> Tip:
    return Tip(
        rule=Rule.SUBSCRIBED_POWER,
        variant=variant,
        evidence=evidence,
        kwh_year=0,  # a subscription, not a consumption
        eur_year=cents(eur_year),
        kg_co2_year=facts.kg_co2(0),
        raised_on=today,
        expires_on=today + timedelta(days=facts.subscribed.expires_days),
    )
