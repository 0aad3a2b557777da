"""What a kilowatt-hour costs this household, and at which off-peak share one tariff overtakes the other."""

from decimal import Decimal

from contracts.codes import TariffKind
from services.advice.prices import Prices, TimePrices
from services.advice.tip import Home

TYPICAL_OFFPEAK_SHARE = Decimal(8) / 24
"""A constant load runs a third of its hours in the eight off-peak ones: arithmetic, not a survey."""
_USUAL_KVA = 6


def mean_price_kwh(home: Home, prices: Prices) -> Decimal | None:
    """EUR/kWh of a load that runs day and night (such as standby), or None when it cannot be told."""
    if home.own_prices:
        if base := home.own_prices.get("base"):
            return Decimal(base)
        own = own_time_prices(home)
        return None if own is None else _around_the_clock(own)
    if home.tariff == TariffKind.OWN:
        return None
    kva = home.subscribed_kva or _USUAL_KVA
    if home.tariff == TariffKind.PEAK_OFFPEAK:
        times = prices.time_kwh(kva)
        return None if times is None else _around_the_clock(times)
    # Tempo varies by day; the base price is its yearly neighbour and the tip says it is an estimate.
    return prices.base_kwh(kva)


def own_time_prices(home: Home) -> TimePrices | None:
    """The household's own peak and off-peak prices, when it told them."""
    own = home.own_prices or {}
    peak, offpeak = own.get("peak"), own.get("offpeak")
    return TimePrices(Decimal(peak), Decimal(offpeak)) if peak and offpeak else None


def break_even_share(base: Decimal, times: TimePrices) -> Decimal:
    """The off-peak share above which peak/off-peak is cheaper than base, subscriptions being equal.

    At the prices of 1 August 2026: 25.5 % up to 6 kVA, 28.4 % from 9 kVA.
    """
    return (times.peak - base) / times.gap


def _around_the_clock(times: TimePrices) -> Decimal:
    return times.peak - TYPICAL_OFFPEAK_SHARE * times.gap
