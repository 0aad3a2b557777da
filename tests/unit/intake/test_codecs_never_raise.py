"""Whatever a device sends, a codec answers with readings or with a refusal: it never raises."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.codes import Reason
from services.intake.codecs import CODECS, Refusal, Value
from services.intake.codecs.base import refusing
from services.intake.message import Accepted, Refused, interpret, rejection
from services.kit.ids import new_id
from tests.unit.intake.senml_pack import RECEIVED_AT, T

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=6), inner, max_size=5),
    max_leaves=20,
)
NAMES = st.sampled_from(
    ["energy_import", "flat/energy_import", "power", "volume", "energy_import.hp", "voltage", "", "x:"]
)
ALMOST: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "n": NAMES | JSON,
        "bn": NAMES | JSON,
        "u": st.sampled_from(["Wh", "kWh", "J", "W", "m3", "V"]) | JSON,
        "t": st.integers(T - 10**6, T + 10**4) | JSON,
        "bt": st.integers(T - 10**6, T) | JSON,
        "v": st.integers(0, 10**9) | st.floats() | JSON,
        "bv": st.integers(0, 10**9) | JSON,
        "bver": st.just(10) | JSON,
        "vs": JSON,
        "x_": JSON,
    },
)
CURVES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "start": st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat) | st.text() | JSON,
        "step": st.sampled_from(["PT1M", "PT30M", "P1D", "P", "PT0S"]) | JSON,
        "quantity": NAMES | JSON,
        "unit": st.sampled_from(["Wh", "kWh", "W", "kW", "m3"]) | JSON,
        "values": st.lists(st.none() | st.integers() | st.floats(), max_size=5) | JSON,
    },
)
PAYLOADS = (
    st.binary(max_size=200)
    | st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass"))
    | (JSON | ALMOST | st.lists(ALMOST, max_size=4) | CURVES).map(lambda value: json.dumps(value).encode())
)


@pytest.mark.parametrize("codec", sorted(CODECS))
@settings(max_examples=400, deadline=None)
@given(payload=PAYLOADS, tail=st.text(max_size=30))
def test_any_bytes_are_readings_or_a_refusal(codec: str, payload: bytes, tail: str):
    outcome = CODECS[codec](tail, payload, RECEIVED_AT)
    if isinstance(outcome, Refusal):
        assert outcome.reason != Reason.DECODER_FAULT, "a refusal of its own, not a bug that was caught"
        assert outcome.detail.isprintable()
    else:
        assert outcome or codec not in ("senml", "load-curve"), (
            "devices' other messages hold nothing to store"
        )
        assert all(isinstance(value, Value) for value in outcome)


METER, GATEWAY = "mtr_" + "0" * 25 + "1", "gtw_" + "0" * 25 + "2"  # in test names: the same in every worker
TOPICS = (
    st.binary(max_size=60)
    | st.sampled_from(
        [f"meters/les-lilas/{METER}/", f"gateways/les-lilas/{GATEWAY}/", "meters/les-lilas/x/", "meters//"]
    ).flatmap(lambda head: st.text(max_size=40).map(lambda t: (head + t).encode("utf-8", "surrogatepass")))
    | st.sampled_from(["senml", "senml/\x00", "senml/flat", "load-curve/flat", "load-curve"]).flatmap(
        lambda tail: st.sampled_from([f"meters/c/{METER}/{tail}", f"gateways/c/{GATEWAY}/{tail}"]).map(
            str.encode
        )
    )
)


@settings(max_examples=400, deadline=None)
@given(topic=TOPICS, payload=PAYLOADS)
def test_any_message_can_be_batched_or_quarantined(topic: bytes, payload: bytes):
    outcome = interpret(topic, payload, RECEIVED_AT)
    if isinstance(outcome, Accepted):
        for reading in outcome.readings:
            assert (reading.meter is None) != (reading.gateway is None)
            reading.model_dump_json(by_alias=True).encode()
        return
    assert isinstance(outcome, Refused)
    rejected = rejection(outcome, payload, RECEIVED_AT, new_id("rej"), 1 << 20)
    body = rejected.model_dump_json()
    assert type(rejected).model_validate_json(body) == rejected
    assert "\\u0000" not in body, "PostgreSQL stores no NUL in text"


def test_a_bug_in_a_codec_is_a_refusal_of_its_own():
    @refusing
    def broken(topic_tail: str, payload: bytes, received_at: datetime) -> list[Value]:
        raise KeyError("no such thing")

    outcome = broken("", b"", RECEIVED_AT)
    assert isinstance(outcome, Refusal)
    assert outcome.reason == Reason.DECODER_FAULT
