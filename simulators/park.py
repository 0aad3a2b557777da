"""Draws a park of homes by seed: some clean, some with something wrong that a tip should find."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from random import Random
from typing import TypeVar

from contracts.codes import Heating, TariffKind
from simulators.appliances import Appliances
from simulators.facts import choice, fact
from simulators.heating import Envelope
from simulators.households import KVA_STEPS, Home, day_load
from simulators.presence import Rhythm, absences
from simulators.weather import Weather

T = TypeVar("T")
UNDERSIZED_UP_TO = 1.4
"""Times the subscribed power that an undersized home reaches at most, in short peaks."""
TEMPO_FROM_KVA = 6
TEMPO_OFFPEAK = ("22:00-06:00",)
"""Tempo's off-peak hours are the same everywhere."""
YEARS = (2015, 2035)
"""Years for which absences are drawn."""


def park(seed: int, homes: int) -> list[Home]:
    """The first `homes` homes of a seed; home 7 of a park of 10 is home 7 of a park of 1,000."""
    weather = Weather(seed)
    return [_home(seed, index, weather) for index in range(1, homes + 1)]


def _home(seed: int, index: int, weather: Weather) -> Home:
    rng = Random(f"{seed}:home:{index}")
    shares: dict[str, float] = choice("shares")
    occupants = _draw(rng, choice("occupants"))
    first, further = choice("area_m2")["first"], choice("area_m2")["each_further"]
    area = rng.randint(*first) + sum(rng.randint(*further) for _ in range(occupants - 1))
    heat = Heating(_draw(rng, choice("heating")))
    has_water_heater = heat is Heating.ELECTRIC or (heat is Heating.COLLECTIVE and rng.random() < 0.3)
    on_offpeak_tariff = rng.random() < (0.78 if has_water_heater else 0.12)
    anomalies: list[str] = []

    draw = rng.random()
    forgotten = 0
    if draw < shares["large_forgotten"]:
        forgotten = rng.randint(*choice("forgotten_w")["large"])
        anomalies.append("high_standby")
    elif draw < shares["large_forgotten"] + shares["small_forgotten"]:
        forgotten = rng.randint(*choice("forgotten_w")["small"])
    standby = rng.randint(*choice("clean_standby_w")) + forgotten

    is_badly_used = on_offpeak_tariff and rng.random() < shares["offpeak_badly_used"]
    if is_badly_used:
        anomalies.append("offpeak_badly_used")
    offpeak = tuple(rng.choice(choice("offpeak_windows"))) if on_offpeak_tariff else ()
    # Drawn apart, so that the homes of a seed stay what they were.
    wants_tempo = Random(f"{seed}:tempo:{index}").random() < shares["tempo_of_offpeak"]
    on_tempo = on_offpeak_tariff and not is_badly_used and wants_tempo
    if on_tempo:
        offpeak = TEMPO_OFFPEAK
    fridge_on = rng.choice((2, 3))
    own = Appliances(
        standby_w=standby,
        forgotten_w=forgotten,
        fridge_w=rng.randint(70, 115),
        fridge_on_steps=fridge_on,
        # Rests long enough for a half-hour without it, as real compressors do at night.
        fridge_period_steps=fridge_on + rng.choice((5, 6, 7)),
        is_hob_electric=rng.random() < 0.8,
        has_oven=rng.random() < 0.85,
        has_dishwasher=rng.random() < 0.25 + 0.13 * occupants,
        has_dryer=rng.random() < 0.04 + 0.09 * occupants,
        has_water_heater=has_water_heater,
        water_heater_w=rng.choice((1500, 1800, 2200)) if occupants < 4 else rng.choice((2200, 2400)),
        washes_a_week=1.0 + 0.95 * occupants,
        light_w=round(25 + area * rng.uniform(0.6, 1.3)),
        screen_w=rng.randint(70, 160),
        is_water_heater_on_offpeak=on_offpeak_tariff and not is_badly_used,
        are_chores_on_offpeak=on_offpeak_tariff and not is_badly_used and rng.random() < 0.8,
    )
    loss = area * rng.uniform(*choice("loss_w_per_k_m2"))
    envelope = Envelope(
        loss_w_per_k=loss,
        gains_w=60 + 55 * occupants + 1.4 * area,
        setpoint_c=fact("setpoint_c") + rng.choice((-0.5, 0, 0.5, 1, 1.5, 2)),
        heaters_w=round(loss * 27 / 500) * 500 + 500 if heat is Heating.ELECTRIC else 0,
    )
    home = Home(
        seed=seed,
        index=index,
        occupants=occupants,
        floor_area_m2=area,
        heating=heat,
        rhythm=Rhythm(_draw(rng, choice("rhythm"))),
        tariff=TariffKind.PEAK_OFFPEAK if on_offpeak_tariff else TariffKind.BASE,
        subscribed_kva=6,
        offpeak=offpeak,
        appliances=own,
        envelope=envelope,
        away=absences(rng, *YEARS),
        anomalies=(),
    )
    draw = rng.random()
    fit = "oversized" if draw < shares["oversized"] else "fitting"
    if fit == "fitting" and draw < shares["oversized"] + shares["undersized"]:
        fit = "undersized"
    kva = _subscribe(_sampled_peak_kva(home, weather), fit)
    if kva is None:
        kva = _subscribe(_sampled_peak_kva(home, weather), "fitting")
    elif fit != "fitting":
        anomalies.append(fit)
    assert kva is not None
    tariff = TariffKind.TEMPO if on_tempo and kva >= TEMPO_FROM_KVA else home.tariff
    return replace(home, tariff=tariff, subscribed_kva=kva, anomalies=tuple(anomalies))


def _subscribe(peak_kva: float, fit: str) -> int | None:
    """The subscribed power of a home whose yearly peak is `peak_kva`; None where no step gives that fit."""
    fitting = next((step for step in KVA_STEPS if step >= peak_kva * 1.04), KVA_STEPS[-1])
    at = KVA_STEPS.index(fitting)
    if fit == "undersized":
        lower = KVA_STEPS[at - 1] if at > 0 else 0
        # Far beyond its contract a Linky opens its breaker: such a home would not stay undersized.
        return lower if lower * 1.04 < peak_kva < lower * UNDERSIZED_UP_TO else None
    if fit == "oversized":
        limit = choice("oversized_below_share_of_lower_step")
        for lower, step in pairwise(KVA_STEPS):
            if peak_kva < lower * limit * 0.97:
                return step
        return None
    return fitting


def _sampled_peak_kva(home: Home, weather: Weather) -> float:
    """The highest apparent power of a sample of winter days and of some others, in kVA."""
    winter = [date(2025, 12, 1) + timedelta(days=2 * n) for n in range(45)]
    others = [date(2025, 3, 4) + timedelta(days=11 * n) for n in range(20)]
    return max(max(day_load(home, day, weather).peak_va) for day in winter + others) / 1000


def _draw(rng: Random, weights: dict[T, float]) -> T:
    return rng.choices(list(weights), list(weights.values()))[0]
