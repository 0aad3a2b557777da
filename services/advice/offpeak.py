"""Off-peak shifting: is the household on the right side of break-even between base and peak/off-peak?"""

from datetime import date, timedelta
from decimal import Decimal

from contracts.codes import Heating, Rule, TariffKind
from services.advice.day import Day, trustworthy
from services.advice.facts import Facts
from services.advice.money import break_even_share
from services.advice.prices import TimePrices
from services.advice.tip import DAYS_PER_YEAR, Home, Tip, Verdict, cents
from services.advice.windows import inside_wh


def offpeak_shift(days: list[Day], home: Home, facts: Facts, today: date) -> Verdict:
    """Three advices: move some use to off-peak hours, go to base, or go to peak/off-peak.

    Compares regulated tariffs only, at prices of one date; other contracts are `not_comparable`.
    """
    rule = facts.offpeak
    if home.tariff not in (TariffKind.BASE, TariffKind.PEAK_OFFPEAK) or home.own_prices:
        return Verdict(why_not="not_comparable")
    if home.subscribed_kva is None:
        return Verdict(why_not="subscribed_power_unknown")
    if home.subscribed_kva < rule.min_kva:
        return Verdict(why_not="not_offered_at_this_power")
    window = trustworthy(days, today, rule.window_days)
    if len(window) < rule.min_days:
        return Verdict(why_not="too_few_days")
    if home.heating == Heating.ELECTRIC and len(window) < rule.full_year_days:
        # A winter month says nothing of a year's heating, hence nothing of the better tariff.
        return Verdict(why_not="heating_needs_a_year")
    used_wh = sum(day.energy_wh for day in window)
    if used_wh == 0:
        return Verdict(why_not="no_consumption")
    base, times = facts.prices.base_kwh(home.subscribed_kva), facts.prices.time_kwh(home.subscribed_kva)
    if base is None or times is None:
        return Verdict(why_not="no_price")
    yearly, break_even = _Yearly(window, used_wh), break_even_share(base, times)
    if home.tariff == TariffKind.PEAK_OFFPEAK:
        return _from_peak_offpeak(yearly, home, break_even, times, facts, today)
    return _from_base(yearly, break_even, times, facts, today)


class _Yearly:
    """A window's consumption, and what it makes in a year."""

    def __init__(self, window: list[Day], used_wh: int) -> None:
        self.window = window
        self.used_wh = used_wh
        self.kwh = Decimal(used_wh) / len(window) * DAYS_PER_YEAR / 1000

    def share(self, hours: tuple[str, ...]) -> Decimal:
        return Decimal(sum(inside_wh(day, hours) for day in self.window)) / self.used_wh

    def evidence(
        self, share: Decimal, break_even: Decimal, times: TimePrices, facts: Facts
    ) -> dict[str, str | int | float | None]:
        return {
            "offpeak_share_percent": _percent(share),
            "break_even_percent": _percent(break_even),
            "days": len(self.window),
            "kwh_year_estimate": round(self.kwh),
            "peak_eur_kwh": str(times.peak),
            "offpeak_eur_kwh": str(times.offpeak),
            "prices_from": facts.prices.valid_from.isoformat(),
            "data_from": self.window[0].day.isoformat(),
            "data_to": self.window[-1].day.isoformat(),
        }


def _from_peak_offpeak(
    yearly: _Yearly, home: Home, break_even: Decimal, times: TimePrices, facts: Facts, today: date
) -> Verdict:
    rule = facts.offpeak
    if not home.offpeak:
        return Verdict(why_not="offpeak_hours_unknown")
    share = yearly.share(home.offpeak)
    evidence = yearly.evidence(share, break_even, times, facts) | {"offpeak_hours": ", ".join(home.offpeak)}
    if share >= break_even - Decimal(str(rule.margin_share)):
        return Verdict(why_not="tariff_fits", figures=evidence)
    missing_kwh = (break_even - share) * yearly.kwh
    switch_eur = cents(missing_kwh * times.gap)
    movable_kwh = Decimal(rule.movable_wh_day * DAYS_PER_YEAR) / 1000
    evidence |= {
        "kwh_to_move_week": round(float(missing_kwh) * 7 / DAYS_PER_YEAR, 1),
        "switch_eur_year": str(switch_eur),
    }
    if missing_kwh <= movable_kwh:
        # Moving everyday appliances beats changing the contract, and keeps the cheap hours.
        evidence["kwh_to_move_week"] = round(rule.movable_wh_day * 7 / 1000, 1)
        return _verdict("shift", cents(movable_kwh * times.gap), evidence, facts, today)
    return _verdict("base_is_cheaper", switch_eur, evidence, facts, today)


def _from_base(yearly: _Yearly, break_even: Decimal, times: TimePrices, facts: Facts, today: date) -> Verdict:
    rule = facts.offpeak
    share = min(yearly.share(hours) for hours in rule.usual_windows)
    evidence = yearly.evidence(share, break_even, times, facts)
    if share <= break_even + Decimal(str(rule.margin_share)):
        return Verdict(why_not="tariff_fits", figures=evidence)
    saved = cents((share - break_even) * yearly.kwh * times.gap)
    return _verdict("peak_offpeak_is_cheaper", saved, evidence, facts, today)


def _verdict(
    variant: str,
    eur_year: Decimal,
    evidence: dict[str, str | int | float | None],
    facts: Facts,
    today: date,
) -> Verdict:
    if eur_year < facts.offpeak.min_eur_year:
        return Verdict(why_not="saving_too_small", figures=evidence)
    tip = Tip(
        rule=Rule.OFFPEAK_SHIFT,
        variant=variant,
        evidence=evidence,
        kwh_year=0,  # the same energy at another hour or another price
        eur_year=eur_year,
        kg_co2_year=facts.kg_co2(0),
        raised_on=today,
        expires_on=today + timedelta(days=facts.offpeak.expires_days),
    )
    return Verdict(tip=tip, figures=evidence)


def _percent(share: Decimal) -> float:
    return round(float(100 * share), 1)
