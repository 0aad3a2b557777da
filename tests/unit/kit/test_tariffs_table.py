"""The regulated prices: dated without gap, and honest about what is not known."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from pydantic import ValidationError

from contracts.codes import TariffKind
from services.kit.tariffs import Energy, version_on, versions

TODAY = date(2026, 11, 1)


def test_one_version_ends_the_day_before_the_next_begins() -> None:
    for older, newer in pairwise(versions()):
        assert older.valid_to == newer.valid_from - timedelta(days=1)
    assert versions()[-1].valid_to is None
    assert version_on(versions()[0].valid_from - timedelta(days=1)) is None


def test_every_version_speaks_of_every_tariff_at_every_power_once() -> None:
    for version in versions():
        for tariff, least in ((TariffKind.BASE, 3), (TariffKind.PEAK_OFFPEAK, 6), (TariffKind.TEMPO, 6)):
            for kva in (3, 6, 9, 12, 15, 18, 24, 30, 36):
                rows = [
                    row
                    for row in version.energy
                    if row.tariff is tariff and row.kva_min <= kva <= row.kva_max
                ]
                assert len(rows) == (kva >= least)
            assert sum(tariff in row.tariffs for row in version.subscription) == 1


def test_figures_are_found_by_tariff_power_and_day() -> None:
    version = version_on(TODAY)
    assert version is not None
    assert version.eur_per_kwh(TariffKind.BASE, 9) == {"base": Decimal("0.1985")}
    assert version.eur_per_kwh(TariffKind.PEAK_OFFPEAK, 3) == {}
    assert version.eur_per_month(TariffKind.BASE, 9) == Decimal("19.88")


def test_what_was_not_found_is_absent_and_says_why() -> None:
    autumn = version_on(date(2025, 9, 1))
    assert autumn is not None
    assert set(autumn.eur_per_kwh(TariffKind.TEMPO, 6)) == {"blue_offpeak", "red_peak"}
    assert autumn.eur_per_month(TariffKind.BASE, 6) is None
    unknown = {"base": None}
    with pytest.raises(ValidationError, match="missing"):
        Energy(tariff=TariffKind.BASE, kva_min=3, kva_max=6, eur_per_kwh=unknown, source="", verified=False)


def test_every_figure_names_its_source() -> None:
    for version in versions():
        for row in (*version.energy, *version.subscription):
            assert row.source or not any(row.figures())
