"""Gas days and what a cubic metre holds."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import Fluid, GasFactorSource, Quantity
from contracts.units import GasFactor, Volume
from services.metering.days import microseconds
from services.metering.fluids import DatedFactor, calendar_of, conversion, energies, is_converted
from services.metering.vee.profile import halves

ZONE = "Europe/Paris"
PARIS = ZoneInfo(ZONE)
GAS = calendar_of(Fluid.GAS, ZONE)
ZONES = st.sampled_from(["Europe/Paris", "Europe/London", "America/Sao_Paulo", "Australia/Lord_Howe", "UTC"])
INSTANTS = st.integers(10**9, 2 * 10**9).map(lambda at: datetime.fromtimestamp(at, UTC))
NETWORK, OWN = GasFactor(11_244), GasFactor(10_400)
TABLE = [DatedFactor(date(2020, 1, 1), GasFactor(11_171)), DatedFactor(date(2026, 1, 1), GasFactor(11_100))]


@pytest.mark.parametrize(
    ("day", "slots"),
    [
        (date(2026, 3, 27), 48),
        (date(2026, 3, 28), 46),  # clocks change on the Sunday before six
        (date(2026, 3, 29), 48),
        (date(2026, 10, 24), 50),
        (date(2026, 10, 25), 48),
    ],
)
def test_a_gas_day_runs_from_six_to_six(day: date, slots: int) -> None:
    civil = GAS.day(day)
    assert civil.starts_at.astimezone(PARIS) == datetime(day.year, day.month, day.day, 6, tzinfo=PARIS)
    assert civil.ends_at.astimezone(PARIS).hour == 6
    assert civil.slots == slots


@pytest.mark.parametrize(
    ("day", "absent", "twice"), [(date(2026, 3, 28), {40, 41}, 0), (date(2026, 10, 24), set(), 2)]
)
def test_half_hours_of_a_gas_day_are_those_of_other_days_when_clocks_change(
    day: date, absent: set[int], twice: int
) -> None:
    """So that the third hour after midnight is filled in from the third hours after midnight."""
    found = halves(GAS.day(day))
    assert found[:40] == tuple(range(40))
    assert set(range(48)) - set(found) == absent
    assert len(found) - len(set(found)) == twice


def test_the_hours_before_six_belong_to_the_day_before() -> None:
    assert GAS.day_of(datetime(2026, 1, 6, 5, 59, tzinfo=PARIS)) == date(2026, 1, 5)
    assert GAS.day_of(datetime(2026, 1, 6, 6, 0, tzinfo=PARIS)) == date(2026, 1, 6)


@pytest.mark.parametrize("fluid", [fluid for fluid in Fluid if fluid is not Fluid.GAS])
def test_days_of_other_fluids_begin_at_midnight(fluid: Fluid) -> None:
    assert calendar_of(fluid, ZONE).first_hour == 0


@given(INSTANTS, ZONES, st.sampled_from(list(Fluid)))
def test_every_instant_lies_in_the_day_that_is_named_for_it(at: datetime, zone: str, fluid: Fluid) -> None:
    calendar = calendar_of(fluid, zone)
    civil = calendar.day(calendar.day_of(at))
    assert civil.start_us <= microseconds(at) < civil.end_us
    assert civil.end_us == calendar.day(civil.day + timedelta(days=1)).start_us
    assert civil.calendar == calendar


def test_only_a_volume_of_gas_is_converted() -> None:
    assert is_converted(Fluid.GAS, Quantity.VOLUME)
    assert not is_converted(Fluid.GAS, Quantity.ENERGY_IMPORT)
    assert not is_converted(Fluid.WATER, Quantity.VOLUME)


def test_the_networks_own_factor_of_the_day_comes_first_then_the_contracts() -> None:
    day = date(2025, 5, 5)
    for network, own, factor, source in (
        (NETWORK, OWN, NETWORK, GasFactorSource.NETWORK),
        (None, OWN, OWN, GasFactorSource.CONTRACT),
        (None, None, GasFactor(11_171), GasFactorSource.TABLE),
    ):
        found = conversion(day, network, own, TABLE)
        assert found is not None
        assert (found.factor, found.source) == (factor, source)


def test_the_table_is_dated() -> None:
    found = conversion(date(2026, 1, 1), None, None, TABLE)
    assert found is not None
    assert found.factor == GasFactor(11_100)
    assert conversion(date(2019, 12, 31), None, None, TABLE) is None


def test_the_table_that_comes_with_palier_is_usable() -> None:
    found = conversion(date(2026, 1, 1), None, None)
    assert found is not None
    assert 9_000 < found.factor.wh_per_m3 < 12_500


def test_a_day_without_factor_has_no_energy_and_takes_none_from_others() -> None:
    known = conversion(date(2025, 5, 5), NETWORK, None)
    assert energies([(Volume(5_100), known), (Volume(9), None), (Volume(5_300), known)]) == [
        57_344,
        None,
        59_594,
    ]


@pytest.mark.parametrize(
    ("zone", "hour"),
    [
        ("Europe/Paris", 6),
        ("Europe/Lisbon", 5),
        ("Europe/Dublin", 5),
        ("Europe/Athens", 7),
    ],
)
def test_the_gas_day_of_european_networks_begins_everywhere_at_one_instant(zone: str, hour: int) -> None:
    civil = calendar_of(Fluid.GAS, zone).day(date(2026, 1, 5))
    assert civil.starts_at == datetime(2026, 1, 5, 5, tzinfo=UTC)
    assert civil.first_hour == hour
    assert calendar_of(Fluid.ELECTRICITY, zone).first_hour == 0
