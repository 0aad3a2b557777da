"""Intake's short form says the same readings as the contract, whatever their order and company."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.codes import Kind, Quantity, Unit
from contracts.readings import Reading, ReadingsBatch
from services.intake.points import Head, Point, head, microseconds, readings, runs
from services.kit.ids import new_id

METERS = [new_id("mtr") for _ in range(3)]
RECEIVED_AT = datetime(2026, 11, 22, tzinfo=UTC)


def a_head(meter: str, register: str = "energy_import") -> Head:
    return head(
        meter, None, None, register, Quantity.ENERGY_IMPORT, Kind.REGISTER, 0, Unit.WH, "senml"
    )  # fmt: skip


POINTS = st.lists(
    st.builds(
        lambda meter, register, at, milli: (a_head(meter, register), microseconds(at), milli),
        st.sampled_from(METERS),
        st.sampled_from(["energy_import", "energy_import.hp"]),
        st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        st.integers(-(10**15), 10**15),
    ),
    max_size=60,
)


def plain(one: Reading) -> tuple[object, ...]:
    return (one.meter, one.register_, one.instant, one.value_milli)


@given(POINTS)
def test_nothing_is_lost_or_changed_on_the_way_over_the_bus(points: list[Point]) -> None:
    batch = ReadingsBatch(coop="les-lilas", received_at=RECEIVED_AT, messages=1, runs=runs(points))
    said = ReadingsBatch.model_validate_json(batch.model_dump_json(by_alias=True, exclude_none=True))
    got = sorted(plain(one) for one in said.all_readings())
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    assert got == sorted(
        (of.source.meter, of.source.register_, epoch + timedelta(microseconds=us), milli)
        for of, us, milli in points
    )
    assert sorted(map(plain, readings(points))) == got
    assert len(said.runs) == len({of for of, _, _ in points})


def test_a_source_is_one_object_and_is_checked() -> None:
    assert a_head(METERS[0]) is a_head(METERS[0])
    with pytest.raises(ValidationError):
        a_head(METERS[0], "No Register")


def test_instants_and_values_of_a_run_are_pairs() -> None:
    (run,) = runs([(a_head(METERS[0]), 5, 7)])
    document = run.model_dump(by_alias=True) | {"values_milli": [1, 2]}
    with pytest.raises(ValidationError, match="one value"):
        type(run).model_validate(document)
