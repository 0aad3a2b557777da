"""What is remembered of a device's messages never changes what a message means."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from services.intake import message
from services.intake.message import Accepted, interpret, interpret_fully
from services.kit.ids import new_id
from tests.unit.intake.senml_pack import RECEIVED_AT, T, pack

METER = f"meters/les-lilas/{new_id('mtr')}/senml".encode()
GATEWAY = f"gateways/les-lilas/{new_id('gtw')}/senml".encode()
TOPICS = [METER, GATEWAY, GATEWAY + b"/flat-12", METER + b"/x", METER[:-5] + b"load-curve", b"elsewhere"]

NAMES = st.sampled_from(
    [
        "energy_import",
        "energy_import.hp",
        "power",
        "volume",
        "urn:dev:mac:01/",
        "a/power",
        "",
        "é",
        'q"q',
        "\\",
    ]
)
UNITS = st.sampled_from(["Wh", "kWh", "J", "W", "kW", "m3", "V", "stone"])
NUMBERS = st.one_of(
    st.integers(-5, 10**16),
    st.sampled_from(
        [
            "0",
            "0.0",
            "007",
            "1.5",
            "0.0005",
            "0.0015",
            "1e3",
            "-1",
            "-0",
            "12.34567891234",
            "1.",
            "999999999999999.9",
        ]
    ),
)
TIMES = st.one_of(
    st.integers(T - 10**6, T + 10**4),
    st.sampled_from(
        [0, 2**28, 946_684_799, 946_684_800, T + 4_199, T + 4_200, T + 4_201, T * 1000, f"{T}.5", f"0{T}"]
    ),
)
FIELDS = st.lists(
    st.one_of(
        st.tuples(st.just("n"), NAMES),
        st.tuples(st.sampled_from(["bn", "n"]), NAMES),
        st.tuples(st.sampled_from(["u", "bu"]), UNITS),
        st.tuples(st.sampled_from(["x", "vs", "bver", "ut", "bt", "must_", "t", "v"]), NAMES),
    ),
    max_size=4,
)


def _written(fields: list[tuple[str, str]], when: Any, value: Any, space: str) -> bytes:
    texts = [f'"{name}":{space}"{text}"' for name, text in fields]
    said = f",{space}".join([*texts, f'"t":{space}{when}', f'"v":{space}{value}'])
    return f"[{{{said}}}]".encode()


@given(st.sampled_from(TOPICS), FIELDS, TIMES, NUMBERS, st.sampled_from(["", " ", "  "]))
@example(METER, [("n", "energy_import"), ("u", "J")], T, 5_400, "")
@example(GATEWAY, [("bn", "a/"), ("n", "power"), ("u", "kW")], T, "1.25", " ")
def test_a_remembered_shape_reads_as_the_full_reading(topic, fields, when, value, space):
    payload = _written(fields, when, value, space)
    assert interpret(topic, payload, RECEIVED_AT) == interpret_fully(topic, payload, RECEIVED_AT)


def test_the_usual_message_is_remembered(monkeypatch):
    def say(when: int, value: object) -> bytes:
        return _written([("bn", "urn:dev:mac:7/"), ("n", "energy_import"), ("u", "kWh")], when, value, " ")

    assert isinstance(interpret(METER, say(T, 1), RECEIVED_AT), Accepted)
    monkeypatch.setattr(message, "interpret_fully", None)
    outcome = interpret(METER, say(T - 60, "2.5"), RECEIVED_AT)
    assert isinstance(outcome, Accepted)
    (reading,) = outcome.readings
    assert (reading.value_milli, reading.instant) == (2_500_000, datetime.fromtimestamp(T - 60, UTC))


def test_readings_of_one_shape_are_apart():
    first, second = (
        interpret(METER, pack({"n": "energy_import", "u": "Wh", "t": T - n, "v": n}), RECEIVED_AT)
        for n in (1, 2)
    )
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert (first.readings[0].value_milli, second.readings[0].value_milli) == (1_000, 2_000)


def test_a_remembered_reading_is_a_whole_one():
    payload = pack({"n": "power", "u": "W", "t": T, "v": 7})
    usual, full = interpret(METER, payload, RECEIVED_AT), interpret_fully(METER, payload, RECEIVED_AT)
    assert isinstance(usual, Accepted)
    assert isinstance(full, Accepted)
    one, other = usual.readings[0], full.readings[0]
    assert one.model_dump_json(by_alias=True) == other.model_dump_json(by_alias=True)
    assert one.model_copy(update={"value_milli": 1}).value_milli == 1
    assert (hash(one), repr(one)) == (hash(other), repr(other))
