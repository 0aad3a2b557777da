"""What the rules take and give: the household's circumstances, and a tip with its numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from contracts.codes import Heating, Rule, TariffKind

DAYS_PER_YEAR = 365


@dataclass(frozen=True)
class Home:
    """The circumstances that a rule needs; nothing says who lives there."""

    heating: Heating
    floor_area_m2: Decimal | None = None
    tariff: TariffKind | None = None
    offpeak: tuple[str, ...] = ()
    """Off-peak hours of the contract, local, `HH:MM-HH:MM`, to the minute."""
    subscribed_kva: int | None = None
    own_prices: Mapping[str, str] | None = None
    """The household's own EUR/kWh (`base`, or `peak` and `offpeak`), when not the regulated tariff."""


@dataclass(frozen=True)
class Tip:
    """One explained recommendation. A saving of 0 means that nothing is promised."""

    rule: Rule
    variant: str
    evidence: dict[str, str | int | float | None]
    kwh_year: int
    eur_year: Decimal
    kg_co2_year: Decimal
    raised_on: date
    expires_on: date


@dataclass(frozen=True)
class Verdict:
    """What a rule concluded: a tip, or the coded reason why there is none (never an invented tip)."""

    tip: Tip | None = None
    why_not: str | None = None
    figures: dict[str, str | int | float | None] = field(default_factory=dict)
    """What was measured on the way, shown to the household even without a tip."""


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))
