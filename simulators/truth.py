"""What is really true of a simulated home over a year, and which tips it therefore deserves."""

import json
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

from contracts.codes import Rule, TariffKind
from simulators.facts import choice, fact
from simulators.households import KVA_STEPS, Home, day_load, offpeak_steps
from simulators.meter import wall_steps
from simulators.water import ML, leak_ml_h
from simulators.weather import Weather

USUAL_OFFPEAK = ("22:00-06:00",)
HOURS_PER_YEAR = 8766
DAYS_OVER_COUNT = 3
"""Days of a year above the subscribed power from which it is too low rather than a single mishap."""


@dataclass(frozen=True)
class TrueTip:
    """Whether a rule has something true to say to this home, and what it is worth a year."""

    justified: bool
    variant: str | None = None
    """The advice of the rule that is right; None where any of its advices is."""
    saving_kwh_year: int = 0
    saving_eur_year: float = 0.0


@dataclass(frozen=True)
class Truth:
    """A year of a home, known exactly because it was made up."""

    home: int
    first_day: date
    days: int
    standby_w: int
    """What is never off, the fridge excepted."""
    forgotten_w: int
    """The part of it that nobody needs."""
    fridge_mean_w: float
    offpeak_share: float
    """Share of the energy in the contract's off-peak windows, or in the usual ones on the base tariff."""
    movable_peak_kwh_year: float
    """Energy of timers-can-move-it uses that runs outside those windows."""
    peak_va: int
    next_peak_va: int
    """The highest of as many days after these: what a lower subscription would have to carry."""
    days_over_subscribed: int
    annual_kwh: float
    heating_kwh: float
    kwh_by_use: dict[str, float]
    anomalies: tuple[str, ...]
    leak_l_h: float
    """Water that runs day and night, in a home whose water is metered or not."""
    tips: dict[str, TrueTip]


def truth(
    home: Home, weather: Weather, first_day: date, zone: str = "Europe/Paris", days: int = 365
) -> Truth:
    """Lives a home through `days` days and judges it against the dated facts; yearly figures are scaled."""
    mask = offpeak_steps(home.offpeak or USUAL_OFFPEAK)
    energy = offpeak = movable_peak = 0.0
    by_use: dict[str, float] = {}
    peak = days_over = 0
    for offset in range(days):
        day = first_day + timedelta(days=offset)
        load = day_load(home, day, weather)
        clock = wall_steps(day, zone)
        energy += sum(load.watts[step] for step in clock)
        offpeak += sum(load.watts[step] for step in clock if mask[step])
        movable_peak += sum(load.movable_w[step] for step in clock if not mask[step])
        day_peak = max(load.peak_va)
        peak = max(peak, day_peak)
        days_over += day_peak > home.subscribed_kva * 1000
        for use, kwh in load.kwh_by_use.items():
            by_use[use] = by_use.get(use, 0.0) + kwh
    after = (first_day + timedelta(days=days + offset) for offset in range(days))
    next_peak = max(max(day_load(home, day, weather).peak_va) for day in after)
    per_year = 365 / days / 6000
    own = home.appliances
    annual, share, movable = energy * per_year, offpeak / energy, movable_peak * per_year
    return Truth(
        home=home.index,
        first_day=first_day,
        days=days,
        standby_w=own.standby_w,
        forgotten_w=own.forgotten_w,
        fridge_mean_w=round(by_use["cold"] * 1000 / (days * 24), 1),
        offpeak_share=round(share, 4),
        movable_peak_kwh_year=round(movable, 1),
        peak_va=peak,
        next_peak_va=next_peak,
        days_over_subscribed=days_over,
        annual_kwh=round(annual, 1),
        heating_kwh=round(by_use.get("heating", 0.0) * 365 / days, 1),
        kwh_by_use={use: round(kwh * 365 / days, 1) for use, kwh in sorted(by_use.items())},
        anomalies=home.anomalies,
        leak_l_h=leak_ml_h(home) / ML,
        tips={
            Rule.STANDBY_LOAD.value: _standby(own.forgotten_w),
            Rule.OFFPEAK_SHIFT.value: _offpeak(home, annual, share, movable),
            Rule.SUBSCRIBED_POWER.value: _subscribed(
                home.subscribed_kva, peak, next_peak, days_over * 365 / days
            ),
        },
    )


def write(truths: list[Truth], path: Path) -> None:
    """One JSON document: homes by number, each with its truth."""
    document = {"homes": [asdict(one) for one in truths]}
    path.write_text(json.dumps(document, indent=1, default=str, ensure_ascii=False) + "\n", "utf-8")


def _standby(forgotten_w: int) -> TrueTip:
    """True where something runs that nobody needs, and worth exactly that: no threshold of the rules."""
    if forgotten_w == 0:
        return TrueTip(False)
    kwh = round(forgotten_w * HOURS_PER_YEAR / 1000)
    return TrueTip(True, None, kwh, round(kwh * fact("base_eur_kwh"), 2))


def _offpeak(home: Home, annual_kwh: float, share: float, movable_kwh: float) -> TrueTip:
    """Moving what a timer can move, leaving a contract that costs more than base, or taking one that
    would cost less with today's habits: whichever is worth most."""
    if home.tariff is TariffKind.TEMPO:
        return TrueTip(False)  # drawn among homes that use their hours well; worth depends on days' colours
    gain = fact("offpeak_gain_eur_kwh")
    break_even = fact("offpeak_break_even_share")
    over_base = (share - break_even[6 if home.subscribed_kva <= 6 else 9]) * gain * annual_kwh
    if home.tariff is TariffKind.PEAK_OFFPEAK:
        options = {"shift": movable_kwh * gain, "base_is_cheaper": -over_base}
    else:
        options = {"peak_offpeak_is_cheaper": over_base}
    worth = {name: eur for name, eur in options.items() if eur >= choice("shift_worth_eur_year")}
    if not worth:
        return TrueTip(False)
    # Where both advices are true, either is right.
    only = next(iter(worth)) if len(worth) == 1 else None
    return TrueTip(True, only, 0, round(max(worth.values()), 2))


def _subscribed(kva: int, peak_va: int, next_peak_va: int, days_over_year: float) -> TrueTip:
    """Too low when exceeded on several days. Too high when a lower step would have held that year and holds
    through the one that follows, which is what a household who steps down will live."""
    if days_over_year >= DAYS_OVER_COUNT:
        return TrueTip(True, "too_low")
    enough = [step for step in KVA_STEPS if step < kva and max(peak_va, next_peak_va) <= step * 1000]
    if not enough:
        return TrueTip(False)
    month = fact("subscription_eur_month")
    return TrueTip(True, "too_high", 0, round(12 * (month[kva] - month[enough[0]]), 2))
