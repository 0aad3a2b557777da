"""Whatever becomes of a real payload on its way: readings, nothing to store, or a refusal in words."""

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.codes import Reason
from services.intake.codecs import CODECS, Refusal
from services.intake.codecs.base import LARGEST_MILLI
from services.intake.message import Accepted, Refused, interpret
from tests.unit.intake.devices import GATEWAY, METER, NOON, PARIS, telegram
from tests.unit.intake.test_codecs_never_raise import JSON
from tests.unit.intake.test_dsmr_reader import SAID
from tests.unit.intake.test_shelly import CIRCUIT, notified, records
from tests.unit.intake.test_wmbusmeters import HEAT, POWER, WATER

EM = {"id": 0, "total_act_power": 594.006, "total_aprt_power": 960.806, "n_current": None, "errors": []}
EMDATA = {"id": 0, "a_total_act_energy": 115973.75, "total_act": 345628.03, "total_act_ret": 1247.42}
DOCUMENTS: list[tuple[str, str, Any]] = [
    ("shelly", "events/rpc", notified(em__0=EM, emdata__0=EMDATA, em1__1={"id": "1", "act_power": 3})),
    ("shelly", "events/rpc", records("emdata:0", CIRCUIT * 3)),
    ("shelly", "events/rpc", records("em1data:2", CIRCUIT, CIRCUIT)),
    ("shelly", "status/em:0", EM),
    ("shelly", "status/emdata:0", EMDATA),
    ("dsmr-reader", "json", SAID),
    ("dsmr-reader", "consumption/gas/json", {"read_at": "2026-01-05T10:00:00Z", "delivered": "981.443"}),
    ("wmbusmeters", "", WATER),
    ("wmbusmeters", "", HEAT),
    ("wmbusmeters", "x/y", POWER),
]
HOSTILE = st.sampled_from(
    [
        None, "", "0", 0, -1, True, [], {}, "NaN", 1e308, -1e308, 10**400, 65535, -32768, 2**63, "9" * 400,
        "2026-03-29T02:30:00", "2026-10-25T02:30:00", "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "١٢٣", "1_000", "\x00", "em:0",
    ]
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, str, bytes]:
    """A real document of which some places say something else, or nothing."""
    codec, tail, document = draw(st.sampled_from(DOCUMENTS))
    document = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 4))):
        place, key = None, None
        node: Any = document
        while isinstance(node, (dict, list)) and node:
            key = draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
            place, node = node, node[key]
            if draw(st.integers(0, 3)) == 0:
                break
        if place is None:
            break
        if draw(st.booleans()):
            place[key] = draw(HOSTILE | JSON)
        else:
            del place[key]
    text = json.dumps(document)
    if draw(st.integers(0, 9)) == 0:
        text = text[: draw(st.integers(0, len(text)))]
    return codec, tail, text.encode("utf-8", "surrogatepass")


@settings(max_examples=600, deadline=None)
@given(mutated())
def test_a_mutated_document_is_read_or_refused_in_words(said: tuple[str, str, bytes]):
    _check(*said)


LINES = st.lists(
    st.sampled_from(
        [
            "1-0:1.8.1(000004.426*kWh)", "1-0:1.8.0(000004426*Wh)", "1-0:2.8.2(1*kWh)",
            "1-0:1.7.0(00.244*kW)",
            "1-0:2.7.0(00.100*kW)", "0-1:24.2.1(260105115500W)(00000.107*m3)", "0-1:24.2.1()",
            "0-2:24.2.1(x)(y)",
            "0-1:24.3.0(260105110000)(00)(60)(1)(0-1:24.2.1)(m3)", "(00000.107)",
            "1-0:32.7.0(0000.0*V)", "1-0:1.8.1",
        ]
    )
    | st.text(max_size=20)
    | st.from_regex(r"[0-2]-[0-9]:(1\.7|1\.8|2\.8|24\.2|24\.3)\.[0-9](\([^()]{0,12}\)){0,7}", fullmatch=True),
    max_size=8,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(LINES, st.none() | st.sampled_from(["260105115955W", "260105115955S", "", "x"]) | st.text(max_size=13))
def test_any_lines_in_a_sound_telegram(lines: list[str], time: str | None):
    _check("p1", "", telegram(*(line.encode("utf-8", "replace").decode() for line in lines), time=None))
    _check("dsmr-reader", "raw", telegram(*lines[:2], time="260105115955W") if not lines else b"/" + b"\n!")


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["shelly", "dsmr-reader", "wmbusmeters", "p1"]),
    st.sampled_from(
        ["", "json", "raw", "reading/electricity_delivered_1", "events/rpc", "status/em:0", "emeter/0/total",
         "consumption/gas/json", "online"]
    ),
    st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()),
)  # fmt: skip
def test_any_bytes_anywhere(codec: str, tail: str, payload: bytes):
    _check(codec, tail, payload)


def _check(codec: str, tail: str, payload: bytes) -> None:
    outcome = CODECS[codec](tail, payload, NOON)
    if isinstance(outcome, Refusal):
        assert outcome.reason != Reason.DECODER_FAULT, outcome.detail
        assert outcome.detail.isprintable()
    else:
        assert all(abs(value.value_milli) <= LARGEST_MILLI for value in outcome)
    for topic in (f"meters/c/{METER}/{codec}/{tail}", f"gateways/c/{GATEWAY}/{codec}/{tail}"):
        answered = interpret(topic.encode(), payload, NOON, PARIS)
        assert isinstance(answered, Accepted) or (
            isinstance(answered, Refused) and answered.reason != Reason.DECODER_FAULT
        ), answered
