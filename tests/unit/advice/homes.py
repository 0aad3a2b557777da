"""Homes built by hand for the rules' tests: each day is a night floor plus what people do."""

from datetime import date, timedelta
from decimal import Decimal

from contracts.codes import Heating, TariffKind
from services.advice.day import Day, slot_minutes
from services.advice.tip import Home

ZONE = "Europe/Paris"
TODAY = date(2026, 11, 1)


def day(
    on: date,
    floor_w: int = 80,
    evening_w: int = 900,
    *,
    blocks: tuple[tuple[int, int, int], ...] = (),
    peak_va: int | None = None,
) -> Day:
    """`floor_w` all day, `evening_w` more from 18 to 22 h, and `blocks` of (from hour, to hour, W)."""
    values = []
    for minute in slot_minutes(ZONE, on):
        watts = floor_w + (evening_w if 18 * 60 <= minute < 22 * 60 else 0)
        watts += sum(extra for start, end, extra in blocks if start * 60 <= minute < end * 60)
        values.append(watts // 2)
    return Day(on, ZONE, tuple(values), {}, peak_va)


def days(
    count: int, until: date = TODAY, floor_w: int = 80, evening_w: int = 900, **how: object
) -> list[Day]:
    """The `count` days before `until`."""
    return [
        day(until - timedelta(days=back), floor_w, evening_w, **how)  # type: ignore[arg-type]
        for back in range(count, 0, -1)
    ]


def home(
    tariff: TariffKind = TariffKind.BASE,
    kva: int | None = 6,
    heating: Heating = Heating.DISTRICT,
    offpeak: tuple[str, ...] = (),
    own_prices: dict[str, str] | None = None,
) -> Home:
    return Home(heating, Decimal(62), tariff, offpeak, kva, own_prices)
