"""The regulated prices a saving is reckoned with: those of the day, and never of two dates at once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from contracts.codes import TariffKind
from services.kit.tariffs import Version, versions

_COMPARED = (TariffKind.BASE, TariffKind.PEAK_OFFPEAK)


@dataclass(frozen=True)
class TimePrices:
    """EUR/kWh at peak and off-peak hours."""

    peak: Decimal
    offpeak: Decimal

    @property
    def gap(self) -> Decimal:
        return self.peak - self.offpeak


@dataclass(frozen=True)
class Prices:
    """One dated version of the table, EUR including tax; None is a figure nobody knows."""

    version: Version

    @property
    def valid_from(self) -> date:
        return self.version.valid_from

    def base_kwh(self, kva: int) -> Decimal | None:
        return self.version.eur_per_kwh(TariffKind.BASE, kva).get("base")

    def time_kwh(self, kva: int) -> TimePrices | None:
        known = self.version.eur_per_kwh(TariffKind.PEAK_OFFPEAK, kva)
        return TimePrices(**known) if len(known) == 2 else None

    def subscription_year(self, tariff: TariffKind, kva: int) -> Decimal | None:
        month = self.version.eur_per_month(tariff, kva)
        return None if month is None else month * 12


def energy_prices_on(day: date) -> Prices:
    """The version in force on `day`. Where its energy prices are incomplete, the next one that is whole:
    a saving is about the year to come, and the tip's evidence names the date of its prices."""
    return _whole(day, _knows_energy)


def all_prices_on(day: date) -> Prices:
    """Like `energy_prices_on`, of a version that knows subscriptions too: a step changes both."""
    return _whole(day, lambda version: _knows_energy(version) and _knows_subscriptions(version))


def _whole(day: date, is_whole: Callable[[Version], bool]) -> Prices:
    usable = [version for version in versions() if is_whole(version)]
    lasting = (version for version in usable if version.valid_to is None or day <= version.valid_to)
    return Prices(next(lasting, usable[-1]))


def _knows_energy(version: Version) -> bool:
    return not any(row.missing for row in version.energy if row.tariff in _COMPARED)


def _knows_subscriptions(version: Version) -> bool:
    return not any(row.missing for row in version.subscription if set(row.tariffs) & set(_COMPARED))
