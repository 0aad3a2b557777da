"""`palier score`: the advice rules on a year of simulated homes whose truth is known."""

import json
import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from services.advice.scoring import RaisedTip
    from services.advice.scoring import Truth as KnownTruth
    from simulators.households import Home
    from simulators.truth import Truth
    from simulators.weather import Weather

app = typer.Typer(add_completion=False)

YEAR_DAYS = 365
LAST_DAY = date(2026, 10, 31)
"""A fixed year, so that two runs of one seed score alike: all of it under price tables that exist."""
LOOK_EVERY_DAYS = 30
ZONE = "Europe/Paris"


@app.command()
def score(
    homes: Annotated[int, typer.Option(min=1, help="Simulated homes.")] = 100,
    seed: Annotated[int, typer.Option(help="Which park of homes.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="No progress bar.")] = False,
) -> None:
    """Live a year in each home, let the rules speak under their caps, compare with what is true.

    Prints JSON: per rule precision, recall, saving_error, tips_per_home_year.
    """
    from rich.progress import track

    from services.advice import scoring
    from simulators.park import park

    raised: list[RaisedTip] = []
    known: list[KnownTruth] = []
    with ProcessPoolExecutor(os.cpu_count()) as workers:
        lived: Iterable[tuple[list[RaisedTip], list[KnownTruth]]] = workers.map(
            _live, park(seed, homes), chunksize=2
        )
        if not as_json:
            lived = track(lived, "Living a year", homes, transient=True, console=_stderr())
        for tips, truths in lived:
            raised += tips
            known += truths
    scores = scoring.score(raised, known, YEAR_DAYS)
    report = {
        "homes": homes,
        "seed": seed,
        "days": YEAR_DAYS,
        "rules": {rule: asdict(one) for rule, one in scores.items()},
    }
    typer.echo(json.dumps(report, indent=1))


def _live(home: "Home") -> "tuple[list[RaisedTip], list[KnownTruth]]":
    """A home's year: what it was told, and what was true. In a process of its own."""
    from simulators.truth import truth
    from simulators.weather import Weather

    weather = Weather(home.seed)
    first_day = LAST_DAY - timedelta(days=YEAR_DAYS - 1)
    found = truth(home, weather, first_day, ZONE, YEAR_DAYS)
    return _tips_of_a_year(home, weather, first_day), _known(found)


def _tips_of_a_year(home: "Home", weather: "Weather", first_day: date) -> "list[RaisedTip]":
    """Every tip the rules raise when they look once a month at all days so far, under the usual caps."""
    from contracts.codes import Quality
    from services.advice import caps as capping
    from services.advice import tip as advice
    from services.advice.day import Day
    from services.advice.facts import facts_on
    from services.advice.offpeak import offpeak_shift
    from services.advice.scoring import RaisedTip
    from services.advice.standby import standby_load
    from services.advice.subscribed import subscribed_power
    from simulators.meter import Meter

    circumstances = advice.Home(
        heating=home.heating,
        floor_area_m2=Decimal(home.floor_area_m2),
        tariff=home.tariff,
        offpeak=home.offpeak,
        subscribed_kva=home.subscribed_kva,
    )
    meter = Meter(home, weather, first_day, ZONE, 0)
    lived: list[Day] = []
    past: list[capping.Past] = []
    raised: list[RaisedTip] = []
    for offset in range(YEAR_DAYS):
        today = first_day + timedelta(days=offset)
        halves = meter.half_hours(today)
        values = tuple(half.energy_wh for half in halves)
        peak_va = max(half.peak_va for half in halves)
        lived.append(Day(today, ZONE, values, {Quality.MEASURED: len(values)}, peak_va))
        if (offset + 1) % LOOK_EVERY_DAYS and offset != YEAR_DAYS - 1:
            continue
        facts = facts_on(today)
        for rule in (standby_load, offpeak_shift, subscribed_power):
            tip = rule(lived, circumstances, facts, today).tip
            if tip is None or capping.silence(tip.rule, today, past, facts.caps):
                continue
            past.append(capping.Past(tip.rule, today))
            raised.append(
                RaisedTip(str(home.index), tip.rule, tip.variant, float(tip.kwh_year), float(tip.eur_year))
            )
    return raised


def _known(found: "Truth") -> "list[KnownTruth]":
    from contracts.codes import Rule
    from services.advice.scoring import Truth as KnownTruth

    return [
        KnownTruth(
            home=str(found.home),
            rule=Rule(rule),
            deserves=tip.justified,
            variant=tip.variant,
            kwh_year=float(tip.saving_kwh_year) or None,
            eur_year=tip.saving_eur_year or None,
        )
        for rule, tip in found.tips.items()
    ]


def _stderr() -> "Console":
    """Progress belongs on stderr: stdout is the report."""
    from rich.console import Console

    return Console(stderr=True)
