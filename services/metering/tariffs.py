"""What a day's consumption cost: the prices of that day, off-peak hours to the minute, Tempo colours."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import yaml

from contracts.codes import CostReason, TariffKind
from contracts.offpeak import minutes_inside, windows
from contracts.units import Energy, EnergyPrice, GasFactor
from services.kit.tariffs import Version, version_on, versions
from services.metering.days import SLOT_SECONDS, SLOT_US, CivilDay, instant_of

_SLOT_MINUTES = SLOT_SECONDS // 60
_CENT_HUNDREDTH = Decimal("0.0001")
_ALIASES = {"hp": "peak", "hc": "offpeak", "total": "base"}
"""Own prices may be named by register, as on a French meter."""
_UNKNOWN = {"?": CostReason.TEMPO_COLOUR_UNKNOWN, "!": CostReason.NO_OFFPEAK_HOURS}
"""By the label of half-hours whose label is not known."""


@dataclass(frozen=True, slots=True)
class Contract:
    """A meter's supply contract from a civil day on. `prices` are the household's own, EUR/kWh by
    label (`base`; `peak`, `offpeak`; `blue_peak`…) and win over the table; of water, EUR/m³."""

    valid_from: date
    tariff: TariffKind
    subscribed_kva: int | None = None
    offpeak: tuple[str, ...] = ()
    """Local windows such as `22:30-06:30`, to the minute; they may cross midnight."""
    prices: Mapping[str, str] | None = None
    gas_factor: GasFactor | None = None
    """Gas: what a cubic metre holds at this meter's place."""

    @property
    def single_price(self) -> Decimal | None:
        """The one price of a fluid that has no hours: `base`, or the only one there is."""
        prices = {_ALIASES.get(label, label): Decimal(eur) for label, eur in (self.prices or {}).items()}
        return prices.get("base", next(iter(prices.values())) if len(prices) == 1 else None)


@dataclass(frozen=True)
class Tables:
    """The dated facts. `colours` maps a Tempo tariff day (06:00 to 06:00) to its colour."""

    versions: tuple[Version, ...]
    colours: Mapping[date, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cost:
    """Energy cost of one day, taxes included, without the subscription.

    `eur` is None with a `reason`; `parts` keeps what could be priced, by label.
    """

    eur: Decimal | None
    parts: Mapping[str, Decimal] = field(default_factory=dict)
    reason: CostReason | None = None

    @property
    def text(self) -> str | None:
        return None if self.eur is None else str(self.eur)


def cost(civil: CivilDay, slots_wh: Sequence[int | None], contract: Contract | None, tables: Tables) -> Cost:
    """The cost of a day's half-hours. Missing half-hours cost nothing: they are not consumption."""
    if contract is None:
        return Cost(None, reason=CostReason.NO_CONTRACT)
    if contract.tariff is TariffKind.OWN and not contract.prices:
        return Cost(None, reason=CostReason.NO_PRICE)
    prices = _prices(civil.day, contract, tables)
    parts: dict[str, Decimal] = {}
    reason: CostReason | None = None
    for label, watt_minutes in _energy_by_label(civil, slots_wh, contract, tables).items():
        price = prices.get(label)
        if price is None:
            reason = _UNKNOWN.get(label[:1], reason or CostReason.NO_PRICE)
        else:
            parts[label] = price * watt_minutes / (_SLOT_MINUTES * 1_000)
    shown = {label: rounded(eur) for label, eur in parts.items()}
    if reason is not None:
        return Cost(None, shown, reason)
    return Cost(rounded(sum(parts.values(), Decimal(0))), shown)


def cost_of_total(day: date, total_wh: int, contract: Contract | None, tables: Tables) -> Cost:
    """The cost where only the day's total may be kept: known for a single price, else null."""
    if contract is None:
        return Cost(None, reason=CostReason.NO_CONTRACT)
    price = _prices(day, contract, tables).get("base")
    if price is None:
        return Cost(
            None, reason=CostReason.NO_PRICE if contract.tariff is TariffKind.BASE else CostReason.NO_SLOTS
        )
    return Cost(rounded(EnergyPrice(price).of(Energy.of_wh(total_wh))))


def in_force(contracts: Iterable[Contract], day: date) -> Contract | None:
    """The contract of `day`: the latest that began on or before it."""
    begun = [contract for contract in contracts if contract.valid_from <= day]
    return max(begun, key=lambda contract: contract.valid_from, default=None)


def rounded(eur: Decimal) -> Decimal:
    """To a hundredth of a cent, as costs are told."""
    return eur.quantize(_CENT_HUNDREDTH, rounding=ROUND_HALF_EVEN)


@lru_cache(maxsize=1)
def load() -> Tables:
    """The tables that come with Palier."""
    text = files("services.metering").joinpath("tempo_calendar.yaml").read_text(encoding="utf-8")
    return Tables(versions(), {row["day"]: row["colour"] for row in yaml.safe_load(text)["colours"]})


def _prices(day: date, contract: Contract, tables: Tables) -> Mapping[str, Decimal]:
    if contract.prices:
        return {_ALIASES.get(label, label): Decimal(eur) for label, eur in contract.prices.items()}
    # Without a subscribed power the commonest step stands in; energy prices hardly depend on it.
    version = version_on(day, tables.versions)
    return version.eur_per_kwh(contract.tariff, contract.subscribed_kva or 6) if version else {}


def _energy_by_label(
    civil: CivilDay, slots_wh: Sequence[int | None], contract: Contract, tables: Tables
) -> dict[str, int]:
    """Wh x minutes of a half-hour, by price label: an integer, so a window may begin at any minute."""
    energy: dict[str, int] = {}
    zone = ZoneInfo(civil.zone)
    for index, value in enumerate(slots_wh):
        if not value:
            continue
        local = instant_of(civil.start_us + index * SLOT_US).astimezone(zone)
        for label, minutes in _labels(local, contract, tables):
            energy[label] = energy.get(label, 0) + value * minutes
    return energy


def _labels(local: datetime, contract: Contract, tables: Tables) -> list[tuple[str, int]]:
    kind = _kind(contract)
    if kind is TariffKind.BASE:
        return [("base", _SLOT_MINUTES)]
    if kind is TariffKind.TEMPO:
        colour = tables.colours.get(_tariff_day(local))
        part = "peak" if time(6) <= local.time() < time(22) else "offpeak"
        return [(f"{colour}_{part}" if colour else f"?{part}", _SLOT_MINUTES)]
    if not contract.offpeak:
        return [("!", _SLOT_MINUTES)]
    off = minutes_inside(windows(contract.offpeak), local.hour * 60 + local.minute, _SLOT_MINUTES)
    return [(label, n) for label, n in (("offpeak", off), ("peak", _SLOT_MINUTES - off)) if n]


def _kind(contract: Contract) -> TariffKind:
    """An own tariff is read by the labels of its prices."""
    if contract.tariff is not TariffKind.OWN:
        return contract.tariff
    labels = {_ALIASES.get(label, label) for label in contract.prices or ()}
    if "base" in labels:
        return TariffKind.BASE
    return TariffKind.PEAK_OFFPEAK if "peak" in labels else TariffKind.TEMPO


def _tariff_day(local: datetime) -> date:
    """The wall clock decides, not elapsed hours: on a clock-change day 06:00 is still 06:00."""
    return local.date() if local.time() >= time(6) else local.date() - timedelta(days=1)
