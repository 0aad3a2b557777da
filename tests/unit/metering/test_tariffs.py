"""What a day costs, and why a cost is not known."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from contracts.codes import TariffKind
from services.metering.days import civil_day
from services.metering.tariffs import Contract, Tables, cost, cost_of_total, in_force, load

DAY = civil_day(date(2026, 9, 1), "Europe/Paris")
JANUARY = date(2026, 1, 1)


def contract(tariff: TariffKind, kva: int = 6, **more: object) -> Contract:
    return Contract(JANUARY, tariff, kva, **more)  # type: ignore[arg-type]


def test_a_base_tariff_has_one_price() -> None:
    assert cost(DAY, [100] * 48, contract(TariffKind.BASE), load()).eur == Decimal("0.9605")
    assert cost(DAY, [100] * 48, contract(TariffKind.BASE, 9), load()).eur == Decimal("0.9528")


def test_the_price_is_the_one_in_force_that_day() -> None:
    assert cost(
        civil_day(date(2026, 7, 31), "Europe/Paris"), [1000], contract(TariffKind.BASE), load()
    ).eur == (Decimal("0.1940"))
    assert cost(
        civil_day(date(2026, 8, 1), "Europe/Paris"), [1000], contract(TariffKind.BASE), load()
    ).eur == (Decimal("0.2001"))


def test_offpeak_hours_cross_midnight() -> None:
    own = contract(TariffKind.PEAK_OFFPEAK, offpeak=("22:00-06:00",))
    found = cost(DAY, [1000] * 48, own, load())
    assert found.parts == {"offpeak": Decimal("0.1589") * 16, "peak": Decimal("0.2142") * 32}


def test_offpeak_hours_begin_at_any_minute() -> None:
    own = contract(TariffKind.PEAK_OFFPEAK, offpeak=("20:56-04:56",))
    slots: list[int | None] = [None] * 48
    slots[41] = 300  # 20:30 to 21:00: four minutes of off-peak
    found = cost(DAY, slots, own, load())
    assert found.parts == {"offpeak": Decimal("0.0064"), "peak": Decimal("0.0557")}


def test_the_clock_change_keeps_wall_clock_hours() -> None:
    own = contract(TariffKind.PEAK_OFFPEAK, offpeak=("02:00-03:00",), prices={"peak": "1", "offpeak": "0"})
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    assert cost(civil_day(spring, "Europe/Paris"), [1000] * 46, own, load()).eur == Decimal(46)
    assert cost(civil_day(autumn, "Europe/Paris"), [1000] * 50, own, load()).eur == Decimal(46)


def test_a_tempo_day_runs_from_six_to_six() -> None:
    colours = {DAY.day - timedelta(days=1): "blue", DAY.day: "red"}
    tables = Tables(load().versions, colours)
    found = cost(DAY, [1000] * 48, contract(TariffKind.TEMPO), tables)
    assert found.parts == {
        "blue_offpeak": Decimal("0.1356") * 12,
        "red_peak": Decimal("0.7295") * 32,
        "red_offpeak": Decimal("0.1615") * 4,
    }


def test_an_unknown_colour_gives_no_cost_and_says_why() -> None:
    tables = Tables(load().versions, {DAY.day: "white"})
    found = cost(DAY, [1000] * 48, contract(TariffKind.TEMPO), tables)
    assert (found.eur, found.reason) == (None, "tempo_colour_unknown")
    assert set(found.parts) == {"white_peak", "white_offpeak"}


@pytest.mark.parametrize(
    ("own", "day", "reason"),
    [
        (None, date(2026, 9, 1), "no_contract"),
        (contract(TariffKind.OWN), date(2026, 9, 1), "no_price"),
        (contract(TariffKind.BASE, 9), date(2025, 9, 1), "no_price"),
        (contract(TariffKind.BASE), date(2020, 9, 1), "no_price"),
        (contract(TariffKind.PEAK_OFFPEAK), date(2026, 9, 1), "no_offpeak_hours"),
    ],
)
def test_a_missing_figure_is_not_guessed(own: Contract | None, day: date, reason: str) -> None:
    found = cost(civil_day(day, "Europe/Paris"), [100] * 48, own, load())
    assert (found.eur, found.text, found.reason) == (None, None, reason)


def test_a_households_own_prices_win() -> None:
    own = contract(TariffKind.OWN, prices={"base": "0.15"})
    assert cost(DAY, [1000], own, load()).text == "0.1500"


def test_missing_half_hours_cost_nothing() -> None:
    assert cost(DAY, [None] * 48, contract(TariffKind.BASE), load()).text == "0.0000"


def test_a_kept_total_is_priced_only_where_one_price_holds() -> None:
    assert cost_of_total(DAY.day, 10_000, contract(TariffKind.BASE), load()).text == "2.0010"
    assert cost_of_total(DAY.day, 10_000, contract(TariffKind.PEAK_OFFPEAK), load()).reason == "no_slots"


def test_the_latest_contract_begun_is_in_force() -> None:
    old, new = contract(TariffKind.BASE), Contract(date(2026, 6, 1), TariffKind.TEMPO, 9)
    assert in_force([new, old], date(2026, 5, 31)) is old
    assert in_force([new, old], date(2026, 6, 1)) is new
    assert in_force([new, old], date(2025, 1, 1)) is None
