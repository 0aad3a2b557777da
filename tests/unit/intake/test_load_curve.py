"""The `load-curve` codec: equal intervals from an absolute start, exact, and safe over changes of clocks."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import Kind, Quantity, Reason, Unit
from services.intake.codecs import Refusal
from services.intake.codecs.base import Value
from services.intake.codecs.load_curve import MAX_VALUES, decode
from services.intake.message import Refused, interpret
from services.kit.ids import new_id

RECEIVED_AT = datetime(2026, 11, 1, tzinfo=UTC)


def curve(**changes: Any) -> bytes:
    fields = {
        "start": "2026-01-05T00:00:00+01:00",
        "step": "PT30M",
        "quantity": "energy_import",
        "unit": "Wh",
        "values": [210, None, 190.5],
    } | changes
    return json.dumps({name: value for name, value in fields.items() if value is not ...}).encode()


def accepted(payload: bytes, tail: str = "") -> list[Value]:
    outcome = decode(tail, payload, RECEIVED_AT)
    assert not isinstance(outcome, Refusal), outcome
    return outcome


def test_amounts_are_intervals_from_the_start_of_the_first():
    first, second = accepted(curve())
    start = datetime(2026, 1, 4, 23, tzinfo=UTC)
    assert first == Value(
        None, "energy_import@1800", start, Quantity.ENERGY_IMPORT, Kind.INTERVAL, 1_800, 210_000, Unit.WH
    )
    assert (second.instant, second.value_milli) == (start + timedelta(hours=1), 190_500)


def test_powers_are_means_over_their_step():
    (value,) = accepted(curve(step="PT1M", quantity="power", unit="kW", values=[-1.5]))
    assert (value.register, value.kind, value.step_s) == ("power@60", Kind.SAMPLE, 60)
    assert (value.value_milli, value.unit) == (-1_500_000, Unit.W)


@pytest.mark.parametrize(
    ("quantity", "unit", "amount", "milli", "register"),
    [
        ("energy_export", "kWh", 0.0004, 400, "energy_export@1800"),
        ("energy_import.hc", "Wh", 5, 5_000, "energy_import.hc@1800"),
        ("volume", "m3", 0.125, 125_000, "volume@1800"),
        ("apparent_power", "VA", 3_000, 3_000_000, "apparent_power@1800"),
    ],
)
def test_every_quantity_of_a_curve(quantity, unit, amount, milli, register):
    (value,) = accepted(curve(quantity=quantity, unit=unit, values=[amount]))
    assert (value.value_milli, value.register) == (milli, register)


@pytest.mark.parametrize(
    ("step", "seconds"),
    [("PT1M", 60), ("PT10M", 600), ("PT900S", 900), ("PT1H", 3_600), ("PT1H30M", 5_400), ("P1D", 86_400)],
)
def test_steps_are_iso_durations(step, seconds):
    assert accepted(curve(step=step))[0].step_s == seconds


@pytest.mark.parametrize(
    ("day", "slots"),
    [("2026-03-29", 46), ("2026-10-25", 50), ("2026-06-01", 48)],
    ids=["spring", "autumn", "summer"],
)
def test_a_local_day_of_any_length_ends_at_the_next_midnight(day, slots):
    paris = ZoneInfo("Europe/Paris")
    midnight = datetime.fromisoformat(day).replace(tzinfo=paris)
    values = accepted(curve(start=midnight.isoformat(), values=list(range(slots))))
    next_midnight = (midnight + timedelta(days=1)).astimezone(UTC)
    assert values[-1].instant + timedelta(minutes=30) == next_midnight
    assert len({value.instant for value in values}) == slots


@given(st.lists(st.none() | st.integers(0, 10**6), min_size=1, max_size=200))
def test_energy_is_conserved_and_nulls_are_absent(values: list[int | None]):
    outcome = decode("", curve(values=values), RECEIVED_AT)
    if all(value is None for value in values):
        assert isinstance(outcome, Refusal)
        assert outcome.reason == Reason.EMPTY
        return
    assert not isinstance(outcome, Refusal)
    assert sum(value.value_milli for value in outcome) == 1_000 * sum(value or 0 for value in values)
    assert len(outcome) == sum(value is not None for value in values)


def test_behind_a_gateway_the_topic_names_the_device():
    assert accepted(curve(), "flat-12/more")[0].channel == "flat-12"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"start": ...}, Reason.NO_TIME),
        ({"start": "2026-01-05T00:00:00"}, Reason.NO_TIME),
        ({"start": "2026-01-05"}, Reason.NO_TIME),
        ({"start": "05/01/2026 00:00"}, Reason.WRONG_SHAPE),
        ({"start": 1_767_567_600}, Reason.WRONG_SHAPE),
        ({"start": "0001-01-01T00:00:00+14:00"}, Reason.TOO_OLD),
        ({"start": "1999-12-31T23:59:59Z"}, Reason.TOO_OLD),
        ({"start": "9999-12-31T23:59:59-14:00"}, Reason.TOO_OLD),
        ({"start": "9999-12-31T23:00:00Z"}, Reason.IN_FUTURE),
        ({"start": "2026-11-01T00:45:00Z"}, Reason.IN_FUTURE),
        ({"step": "30"}, Reason.WRONG_SHAPE),
        ({"step": 1_800}, Reason.WRONG_SHAPE),
        ({"step": "PT"}, Reason.WRONG_SHAPE),
        ({"step": "P"}, Reason.WRONG_SHAPE),
        ({"step": "PT30S"}, Reason.WRONG_SHAPE),
        ({"step": "PT7M"}, Reason.WRONG_SHAPE),
        ({"step": "P2D"}, Reason.WRONG_SHAPE),
        ({"step": "P1M"}, Reason.WRONG_SHAPE),
        ({"step": "-PT30M"}, Reason.WRONG_SHAPE),
        ({"quantity": "voltage"}, Reason.UNKNOWN_QUANTITY),
        ({"quantity": "gas"}, Reason.UNKNOWN_QUANTITY),
        ({"quantity": 1}, Reason.WRONG_SHAPE),
        ({"unit": "MWh"}, Reason.WRONG_UNIT),
        ({"unit": "W"}, Reason.WRONG_UNIT),
        ({"unit": ...}, Reason.WRONG_SHAPE),
        ({"values": ...}, Reason.WRONG_SHAPE),
        ({"values": {"0": 1}}, Reason.WRONG_SHAPE),
        ({"values": []}, Reason.EMPTY),
        ({"values": [None, None]}, Reason.EMPTY),
        ({"values": [1, "2"]}, Reason.NOT_A_NUMBER),
        ({"values": [1, True]}, Reason.NOT_A_NUMBER),
        ({"values": [1, -2]}, Reason.OUT_OF_RANGE),
        ({"values": [10**14]}, Reason.OUT_OF_RANGE),
        ({"values": [0] * (MAX_VALUES + 1)}, Reason.TOO_LARGE),
        ({"scale_": 10}, Reason.UNKNOWN_FIELD),
    ],
    ids=lambda case: str(case)[:60],
)
def test_a_bad_curve_is_refused_whole_with_its_reason(changes, reason):
    outcome = decode("", curve(**changes), RECEIVED_AT)
    assert isinstance(outcome, Refusal), outcome
    assert outcome.reason == reason
    assert outcome.detail


def test_the_longest_curve_is_taken():
    assert len(accepted(curve(step="PT1M", values=[0] * MAX_VALUES))) == MAX_VALUES


def test_nulls_at_the_end_may_lie_ahead():
    values = accepted(curve(start="2026-10-31T23:00:00Z", values=[5, *[None] * 46]))
    assert len(values) == 1


@given(
    amounts=st.lists(
        st.one_of(st.integers(-3, 10**9), st.none(), st.booleans(), st.floats(0, 1e6)), max_size=60
    ),
    unit=st.sampled_from(["Wh", "kWh", "J", "W"]),
    quantity=st.sampled_from(["energy_import", "energy_export.hc", "power", "energy_import." + "x" * 60]),
    start=st.sampled_from(["2026-01-05T00:00:00+01:00", "2026-10-31T12:00:00Z", "2026-01-05", 5]),
)
def test_a_meters_curve_is_taken_as_a_whole_and_says_the_same(
    amounts: list[Any], unit: str, quantity: str, start: Any
) -> None:
    payload = curve(values=amounts, unit=unit, quantity=quantity, start=start)
    meter = new_id("mtr")
    quick = interpret(f"meters/les-lilas/{meter}/load-curve".encode(), payload, RECEIVED_AT)
    slow = decode("", payload, RECEIVED_AT)
    if isinstance(slow, Refusal):
        assert isinstance(quick, Refused)
        assert (quick.reason, quick.detail) == (slow.reason, slow.detail)
    elif isinstance(quick, Refused):
        assert quick.reason is Reason.DECODER_FAULT, "the register's name does not fit the contract"
    else:
        said = [(one.register_, one.instant, one.value_milli, one.step_s, one.unit) for one in quick.readings]
        assert said == [(v.register, v.instant, v.value_milli, v.step_s, v.unit) for v in slow]
