"""How good the advice is: raised tips against homes whose truth is known (simulated, or surveyed)."""

from dataclasses import dataclass
from statistics import median

from contracts.codes import Rule


@dataclass(frozen=True)
class RaisedTip:
    home: str
    rule: Rule
    variant: str
    kwh_year: float
    eur_year: float


@dataclass(frozen=True)
class Truth:
    """What is true of one home for one rule. `deserves` says whether a tip is right; the savings are
    those of following it, None where the truth does not say."""

    home: str
    rule: Rule
    deserves: bool
    variant: str | None = None
    kwh_year: float | None = None
    eur_year: float | None = None


@dataclass(frozen=True)
class Score:
    """Of one rule. None where it cannot be told: no tip, no deserving home, no known saving."""

    precision: float | None
    """Of the homes told something, the part for which it was true (and of the right variant)."""
    recall: float | None
    """Of the homes that deserved a tip, the part that got a right one."""
    saving_error: float | None
    """Median over right tips of |promised - true| / true, in kWh, or in EUR where no kWh is at stake."""
    tips_per_home_year: float


def score(tips: list[RaisedTip], truths: list[Truth], days: int) -> dict[str, Score]:
    """Score each rule over the homes that `truths` speak of, watched for `days` days each.

    Raises ValueError for `days` below 1 or two truths on one home and rule.
    """
    if days < 1:
        raise ValueError("homes are watched for at least one day")
    known = {(truth.home, truth.rule): truth for truth in truths}
    if len(known) != len(truths):
        raise ValueError("one truth per home and rule")
    return {rule.value: _score(rule, tips, known, days) for rule in Rule}


def _score(rule: Rule, tips: list[RaisedTip], known: dict[tuple[str, Rule], Truth], days: int) -> Score:
    mine = [tip for tip in tips if tip.rule == rule and (tip.home, rule) in known]
    homes = {home for home, about in known if about == rule}
    told = {tip.home for tip in mine}
    right = [tip for tip in mine if _is_right(tip, known[tip.home, rule])]
    right_homes = {tip.home for tip in right}
    deserving = {home for home in homes if known[home, rule].deserves}
    errors = [error for tip in right if (error := _error(tip, known[tip.home, rule])) is not None]
    return Score(
        precision=len(right_homes) / len(told) if told else None,
        recall=len(right_homes) / len(deserving) if deserving else None,
        saving_error=median(errors) if errors else None,
        tips_per_home_year=len(mine) * 365 / days / len(homes) if homes else 0.0,
    )


def _is_right(tip: RaisedTip, truth: Truth) -> bool:
    return truth.deserves and truth.variant in (None, tip.variant)


def _error(tip: RaisedTip, truth: Truth) -> float | None:
    if truth.kwh_year:
        return abs(tip.kwh_year - truth.kwh_year) / abs(truth.kwh_year)
    if truth.eur_year:
        return abs(tip.eur_year - truth.eur_year) / abs(truth.eur_year)
    return None
