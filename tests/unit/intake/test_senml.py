"""The `senml` codec: RFC 8428 packs become exact readings, or are refused whole with a closed reason."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import Kind, Quantity, Reason, Unit
from services.intake.codecs import Refusal
from services.intake.codecs.base import LARGEST_MILLI, Value
from services.intake.codecs.senml import decode
from tests.unit.intake.senml_pack import RECEIVED_AT, T, pack, record


def accepted(payload: bytes, tail: str = "") -> list[Value]:
    outcome = decode(tail, payload, RECEIVED_AT)
    assert not isinstance(outcome, Refusal), outcome
    return outcome


def refused(payload: bytes, tail: str = "") -> Refusal:
    outcome = decode(tail, payload, RECEIVED_AT)
    assert isinstance(outcome, Refusal), outcome
    assert outcome.detail
    return outcome


def test_a_register_is_read_as_it_stands():
    (value,) = accepted(pack(record(v=1_234.5)))
    assert value == Value(
        None, "energy_import", RECEIVED_AT, Quantity.ENERGY_IMPORT, Kind.REGISTER, 0, 1_234_500, Unit.WH
    )


@pytest.mark.parametrize(
    ("name", "unit", "amount", "expected_unit", "milli", "kind"),
    [
        ("energy_import", "Wh", "7", Unit.WH, 7_000, Kind.REGISTER),
        ("energy_import", "kWh", "12345.678", Unit.WH, 12_345_678_000, Kind.REGISTER),
        ("energy_export", "J", "3600", Unit.WH, 1_000, Kind.REGISTER),
        ("energy_import.hp", "kWh", "1", Unit.WH, 1_000_000, Kind.REGISTER),
        ("volume", "m3", "12.3456", Unit.L, 12_345_600, Kind.REGISTER),
        ("power", "W", "-120.5", Unit.W, -120_500, Kind.SAMPLE),
        ("power", "kW", "0.0011", Unit.W, 1_100, Kind.SAMPLE),
        ("apparent_power", "VA", "3e2", Unit.VA, 300_000, Kind.SAMPLE),
        ("voltage", "V", "230.15", Unit.V, 230_150, Kind.SAMPLE),
    ],
)
def test_units_are_converted_exactly(name, unit, amount, expected_unit, milli, kind):
    (value,) = accepted(f'[{{"n":"{name}","u":"{unit}","t":{T},"v":{amount}}}]'.encode())
    assert (value.register, value.unit, value.value_milli, value.kind) == (name, expected_unit, milli, kind)


@given(st.decimals(min_value=0, max_value=10**9, places=9), st.sampled_from(["Wh", "kWh", "J"]))
def test_a_value_is_the_nearest_thousandth_and_halves_go_to_the_even_one(amount: Decimal, unit: str):
    factor = {"Wh": Fraction(1), "kWh": Fraction(1_000), "J": Fraction(1, 3_600)}[unit]
    (value,) = accepted(f'[{{"n":"energy_import","u":"{unit}","t":{T},"v":{amount}}}]'.encode())
    assert value.value_milli == round(Fraction(amount) * factor * 1_000)


def test_without_a_unit_the_quantitys_own_is_meant():
    (value,) = accepted(pack(record(u=...)))
    assert value.value_milli == 1_234_000


def test_base_fields_hold_until_another_record_changes_them():
    payload = pack(
        {"bn": "urn:dev:mac:0024befffe804ff1:", "bt": T, "bu": "Wh", "bv": 1_000, "bver": 10}
        | {"n": "energy_import", "v": 1},
        {"n": "energy_import", "t": -60, "v": 0},
        {"n": "power", "u": "W", "v": -900},
        {"bn": "", "bt": T - 60, "n": "energy_export"},
    )
    values = accepted(payload)
    assert [(v.register, v.instant, v.value_milli) for v in values] == [
        ("energy_import", RECEIVED_AT, 1_001_000),
        ("energy_import", RECEIVED_AT - timedelta(seconds=60), 1_000_000),
        ("power", RECEIVED_AT, 100_000),
        ("energy_export", RECEIVED_AT - timedelta(seconds=60), 1_000_000),
    ]
    assert values[0].channel == "urn:dev:mac:0024befffe804ff1"
    assert values[3].channel is None


def test_a_record_of_base_fields_alone_says_nothing_itself():
    (value,) = accepted(pack({"bt": T, "bu": "kWh"}, {"n": "energy_import", "v": 2}))
    assert value.value_milli == 2_000_000


def test_fractions_of_a_second_are_kept_to_the_microsecond():
    (value,) = accepted(f'[{{"n":"power","u":"W","t":{T}.1234565,"v":1}}]'.encode())
    assert value.instant == RECEIVED_AT + timedelta(microseconds=123_456)


@pytest.mark.parametrize(
    ("tail", "name", "channel"),
    [
        ("", "energy_import", None),
        ("", "flat-12/energy_import", "flat-12"),
        ("", "hall:flat-12:energy_import", "hall:flat-12"),
        ("0x00158d/extra", "energy_import", "0x00158d"),
        ("0x00158d", "flat-12/energy_import", "0x00158d"),
    ],
)
def test_the_channel_is_the_topics_else_the_names(tail, name, channel):
    assert accepted(pack(record(n=name)), tail)[0].channel == channel


BAD_RECORDS = [
    (record(v=...), Reason.WRONG_SHAPE),
    (record(v="1234"), Reason.NOT_A_NUMBER),
    (record(v=True), Reason.NOT_A_NUMBER),
    (record(v=None), Reason.NOT_A_NUMBER),
    (record(v=[1]), Reason.NOT_A_NUMBER),
    (record(v=..., vs="1234"), Reason.NOT_A_NUMBER),
    (record(v=..., vb=True), Reason.NOT_A_NUMBER),
    (record(v=..., vd="AA"), Reason.NOT_A_NUMBER),
    (record(v=..., s=1), Reason.WRONG_SHAPE),
    (record(s="1"), Reason.NOT_A_NUMBER),
    (record(v=-1), Reason.NEGATIVE_REGISTER),
    (record(n="volume", u="m3", v=-0.001), Reason.NEGATIVE_REGISTER),
    (record(n="voltage", u="V", v=-230), Reason.OUT_OF_RANGE),
    (record(v=10**30), Reason.OUT_OF_RANGE),
    (record(v=LARGEST_MILLI), Reason.OUT_OF_RANGE),
    (record(u="kg"), Reason.WRONG_UNIT),
    (record(u="W"), Reason.WRONG_UNIT),
    (record(u="wh"), Reason.WRONG_UNIT),
    (record(u=5), Reason.WRONG_UNIT),
    (record(n="energy"), Reason.UNKNOWN_QUANTITY),
    (record(n="temperature", u="Cel"), Reason.UNKNOWN_QUANTITY),
    (record(n="power.l1", u="W"), Reason.UNKNOWN_QUANTITY),
    (record(n="energy_import."), Reason.UNKNOWN_QUANTITY),
    (record(n="energy_import.HP"), Reason.UNKNOWN_QUANTITY),
    (record(n="energy_import.hp.x"), Reason.UNKNOWN_QUANTITY),
    (record(n=...), Reason.WRONG_SHAPE),
    (record(n=7), Reason.WRONG_SHAPE),
    (record(n="énergie"), Reason.WRONG_SHAPE),
    (record(n="flat 12/energy_import"), Reason.WRONG_SHAPE),
    (record(n="\ud800/energy_import"), Reason.WRONG_SHAPE),
    (record(t=...), Reason.NO_TIME),
    (record(t="2026-01-05T12:00:00Z"), Reason.NOT_A_NUMBER),
    (record(t=0), Reason.RELATIVE_TIME),
    (record(t=-5), Reason.RELATIVE_TIME),
    (record(t=2**28 - 1), Reason.RELATIVE_TIME),
    (record(t=2**28), Reason.TOO_OLD),
    (record(t=946_684_799), Reason.TOO_OLD),
    (record(t=T + 70 * 60 + 1), Reason.IN_FUTURE),
    (record(t=T * 1_000), Reason.IN_FUTURE),
    (record(t=4_070_908_800), Reason.IN_FUTURE),
    (record(alarm_=1), Reason.UNKNOWN_FIELD),
    (record(bver=11), Reason.WRONG_SHAPE),
    (record(bver="10"), Reason.WRONG_SHAPE),
    (record(bt="x"), Reason.NOT_A_NUMBER),
    (record(bv=False), Reason.NOT_A_NUMBER),
    (record(bs={}), Reason.NOT_A_NUMBER),
    (record(bn=1), Reason.WRONG_SHAPE),
    (record(bu=1), Reason.WRONG_SHAPE),
    ("energy_import", Reason.WRONG_SHAPE),
]


@pytest.mark.parametrize(("bad", "reason"), BAD_RECORDS, ids=lambda case: str(case)[:60])
def test_a_bad_record_refuses_its_whole_pack(bad, reason):
    refusal = refused(pack(record(t=T - 1), bad))
    assert refusal.reason == reason
    assert "record 2" in refusal.detail, "a person must find the place"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", Reason.EMPTY),
        (b" \n", Reason.EMPTY),
        (b"[]", Reason.EMPTY),
        (pack({"bt": T}), Reason.EMPTY),
        (b"{}", Reason.WRONG_SHAPE),
        (b"12.5", Reason.WRONG_SHAPE),
        (b"\xff\xfe[]", Reason.NOT_UTF8),
        ("[]".encode("utf-16"), Reason.NOT_UTF8),
        (b'[{"n":"energy_import"', Reason.NOT_JSON),
        (b"\xef\xbb\xbf[]", Reason.NOT_JSON),
        (b"energy_import 5", Reason.NOT_JSON),
        (f'[{{"n":"energy_import","u":"Wh","t":{T},"v":NaN}}]'.encode(), Reason.NOT_A_NUMBER),
        (f'[{{"n":"energy_import","u":"Wh","t":{T},"v":-Infinity}}]'.encode(), Reason.NOT_A_NUMBER),
        (f'[{{"n":"energy_import","u":"Wh","t":{T},"v":1e999999}}]'.encode(), Reason.OUT_OF_RANGE),
        (f'[{{"n":"energy_import","u":"Wh","t":{T},"v":1e{"9" * 30}}}]'.encode(), Reason.OUT_OF_RANGE),
        (b'[{"n":"energy_import","u":"Wh","t":1e999999,"v":1}]', Reason.IN_FUTURE),
        (f'[{{"n":"energy_import","u":"Wh","t":{T},"v":{"9" * 5_000}}}]'.encode(), Reason.OUT_OF_RANGE),
        (f'[{{"n":"energy_import","u":"Wh","t":{T},"v":1,"v":2}}]'.encode(), Reason.WRONG_SHAPE),
        (b"[" * 100_000, Reason.WRONG_SHAPE),
        (b'{"a":' * 100_000, Reason.WRONG_SHAPE),
        (b" " * (1 << 20) + b"[]", Reason.TOO_LARGE),
        (pack(record(), record()), Reason.WRONG_SHAPE),
    ],
    ids=lambda case: str(case)[:60],
)
def test_what_is_no_pack_is_refused_with_its_reason(payload, reason):
    assert refused(payload).reason == reason


def test_an_instant_at_the_edges_of_the_window_is_taken():
    for seconds in (946_684_800, T + 70 * 60):
        (value,) = accepted(pack(record(t=seconds)))
        assert value.instant == datetime.fromtimestamp(seconds, UTC)


def test_the_words_of_a_refusal_tell_no_value():
    refusal = refused(pack(record(v="my neighbour's 9876")))
    assert "9876" not in refusal.detail


def test_a_tiny_number_rounds_to_nothing_or_is_refused_but_never_takes_long():
    outcome = decode("", f'[{{"n":"power","u":"W","t":{T},"v":1e-999999}}]'.encode(), RECEIVED_AT)
    assert isinstance(outcome, Refusal) or outcome[0].value_milli == 0


@given(st.permutations(range(6)))
def test_the_order_of_records_does_not_matter_when_each_is_complete(order: list[int]):
    records = [record(t=T - n, v=n) for n in range(6)]
    values = accepted(json.dumps([records[n] for n in order]).encode())
    assert set(values) == set(accepted(json.dumps(records).encode()))
