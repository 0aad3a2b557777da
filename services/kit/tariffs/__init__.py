"""The regulated electricity prices, dated: one table for what a day cost and for what a change would save.

The table is in the kit and not in `contracts/`: prices cross no boundary, two rooms only reckon with
the same facts. Source and validity of each figure stand beside it in `regulated.yaml`.
"""

from abc import abstractmethod
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Self

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, model_validator

from contracts.codes import TariffKind


class _Figures(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    verified: bool
    """True only where the primary document was read."""
    missing: str | None = None
    """Why some of the row's figures are null."""

    @model_validator(mode="after")
    def _nulls_have_a_reason(self) -> Self:
        if any(figure is None for figure in self.figures()) != (self.missing is not None):
            raise ValueError("`missing` says why figures are null, and stands only where some are")
        return self

    @abstractmethod
    def figures(self) -> Iterable[Decimal | None]:
        """All figures of the row, the missing ones too."""


class Energy(_Figures):
    """EUR/kWh, taxes included, of a tariff for a range of subscribed powers."""

    tariff: TariffKind
    kva_min: int
    kva_max: int
    eur_per_kwh: dict[str, Decimal | None]
    """By label: `base`; `peak`, `offpeak`; `blue_peak`, `blue_offpeak`… for Tempo."""

    def figures(self) -> Iterable[Decimal | None]:
        return self.eur_per_kwh.values()


class Subscription(_Figures):
    """EUR per month, taxes included, by subscribed power in kVA."""

    tariffs: tuple[TariffKind, ...]
    eur_per_month: dict[int, Decimal | None]

    def figures(self) -> Iterable[Decimal | None]:
        return self.eur_per_month.values()


class Version(BaseModel):
    """All regulated prices of one decision; both dates are inclusive civil days."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    valid_from: date
    valid_to: date | None
    energy: tuple[Energy, ...]
    subscription: tuple[Subscription, ...]

    def holds(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def eur_per_kwh(self, tariff: TariffKind, kva: int) -> dict[str, Decimal]:
        """The known prices by label; empty where the tariff does not exist at that power."""
        for row in self.energy:
            if row.tariff is tariff and row.kva_min <= kva <= row.kva_max:
                return {label: eur for label, eur in row.eur_per_kwh.items() if eur is not None}
        return {}

    def eur_per_month(self, tariff: TariffKind, kva: int) -> Decimal | None:
        """The subscription at a power in kVA; None where the figure is not known."""
        return next((row.eur_per_month.get(kva) for row in self.subscription if tariff in row.tariffs), None)


@cache
def versions() -> tuple[Version, ...]:
    """Every version known, the oldest first."""
    text = files("services.kit.tariffs").joinpath("regulated.yaml").read_text(encoding="utf-8")
    found = TypeAdapter(tuple[Version, ...]).validate_python(yaml.safe_load(text))
    return tuple(sorted(found, key=lambda version: version.valid_from))


def version_on(day: date, among: Iterable[Version] | None = None) -> Version | None:
    """The version in force on that civil day."""
    return next((one for one in (versions() if among is None else among) if one.holds(day)), None)
