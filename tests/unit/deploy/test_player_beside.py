"""What a dry run calls contradicted is what the day's own findings call so."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from contracts.codes import Kind, Quantity, Unit
from contracts.readings import Reading, Run
from deploy.player_beside import Known, beside_other_sources
from services.metering.days import Calendar, microseconds

PARIS = Calendar("Europe/Paris")
DAY = date(2026, 3, 15)
START = datetime(2026, 3, 14, 23, tzinfo=UTC)


def played(slot: int, quantity: Quantity = Quantity.ENERGY_IMPORT, step_s: int = 1_800) -> Run:
    """The interval that begins with that half-hour of the day."""
    return Run.of(
        Reading.model_construct(
            meter="mtr_x", gateway=None, channel=None, register_=f"{quantity}@{step_s}",
            instant=START + slot * timedelta(minutes=30), quantity=quantity, kind=Kind.INTERVAL,
            step_s=step_s, value_milli=175_000, unit=Unit.WH, codec="load-curve",
        )
    )  # fmt: skip


def found(check: str, first: int, last: int, quantity: str = "energy_import") -> Any:
    return {(quantity, DAY): [{"check": check, "first_slot": first, "last_slot": last}]}


def test_what_lies_in_a_contradicted_half_hour_is_contradicted_and_what_lies_beside_it_is_not() -> None:
    runs = [played(slot) for slot in range(6)]
    assert beside_other_sources(runs, Known({}), found("conflict", 2, 4), PARIS) == (0, 3)
    assert beside_other_sources(runs, Known({}), found("duplicate", 2, 3), PARIS) == (2, 0)
    assert beside_other_sources(runs, Known({}), found("gap", 0, 47), PARIS) == (0, 0)
    assert beside_other_sources(runs, Known({}), found("conflict", 2, 4, "energy_export"), PARIS) == (0, 0)


def test_what_is_stored_already_or_comes_twice_is_not_counted_again() -> None:
    known = Known({("energy_import@1800", microseconds(START)): 100_000})
    runs = [played(0), played(1), played(1)]
    assert beside_other_sources(runs, known, found("conflict", 0, 47), PARIS) == (0, 1)
    assert known.contradicted(runs) == 1
    assert known.contradicted([]) == 0


def test_an_interval_of_many_half_hours_contradicts_when_one_of_them_does() -> None:
    hours = [played(0, step_s=7_200)]
    assert beside_other_sources(hours, Known({}), found("conflict", 3, 3), PARIS) == (0, 1)
    assert beside_other_sources(hours, Known({}), found("conflict", 4, 4), PARIS) == (0, 0)
    assert beside_other_sources(hours, Known({}), found("duplicate", 0, 2), PARIS) == (0, 0)
    assert beside_other_sources(hours, Known({}), found("duplicate", 0, 3), PARIS) == (1, 0)


def test_power_is_compared_on_the_days_of_energy() -> None:
    runs = [played(5, Quantity.POWER, step_s=1)]
    assert beside_other_sources(runs, Known({}), found("conflict", 5, 5), PARIS) == (0, 1)
