"""The bench's messages are what a meter sends, and its figures say what they claim."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from contracts.readings import Reading
from deploy.bench.measure import Run
from deploy.bench.packets import STEP_S, Encoder, PackEncoder, Sender
from deploy.bench.publisher import Published
from deploy.bench.report import table
from services.intake.message import Accepted, interpret
from services.kit.ids import new_id

EPOCH_S = 1_790_000_000
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def a_sender(number: int = 5) -> Sender:
    meter = new_id("mtr")
    return Sender(number, meter, meter, "secret", f"meters/bench/{meter}/senml")


def read(sender: Sender, payload: bytes) -> Reading:
    outcome = interpret(sender.topic.encode(), payload, NOW)
    assert isinstance(outcome, Accepted), outcome
    (reading,) = outcome.readings
    return reading


def test_each_packet_carries_one_reading_that_intake_accepts() -> None:
    sender = a_sender()
    encoder = Encoder(sender, EPOCH_S)
    first, second = read(sender, encoder.payload(0)), read(sender, encoder.payload(1))
    assert 92 <= len(encoder.payload(0)) <= 120
    assert (second.instant - first.instant).total_seconds() == STEP_S
    assert (first.value_milli, second.value_milli) == (10_000_005_000, 10_000_012_000)


def test_packets_are_well_formed_and_number_themselves_without_zero() -> None:
    sender = a_sender()
    encoder = Encoder(sender, EPOCH_S)
    size = len(encoder.packets(0, 1))
    mids = set()
    for reading in (0, 1, 65_534, 65_535, 200_000):
        packet = encoder.packets(reading, 1)
        assert len(packet) == size
        assert packet[0] == 0x32
        length, body = packet[1] & 0x7F | packet[2] << 7, packet[3:]
        assert length == len(body)
        topic_end = 2 + int.from_bytes(body[:2], "big")
        assert body[2:topic_end].decode() == sender.topic
        mids.add(int.from_bytes(body[topic_end : topic_end + 2], "big"))
        assert body[topic_end + 2 :] == encoder.payload(reading)
    assert 0 not in mids
    assert encoder.packets(3, 2) == encoder.packets(3, 1) + encoder.packets(4, 1)


def test_a_pack_is_a_load_curve_of_the_next_half_hours() -> None:
    sender = a_sender()
    sender = replace(sender, topic=sender.topic.replace("senml", "load-curve"))
    encoder = PackEncoder(sender, EPOCH_S)
    outcomes = [interpret(sender.topic.encode(), encoder.payload(pack), NOW) for pack in (0, 1)]
    first, second = (outcome.readings for outcome in outcomes if isinstance(outcome, Accepted))
    assert len(first) == len(second) == PackEncoder.SLOTS
    assert second[0].instant - first[-1].instant == timedelta(minutes=30)
    assert [reading.value_milli for reading in first] == [1000 * (100 + slot) for slot in range(48)]
    packet = encoder.packets(0, 1)
    length, body = packet[1] & 0x7F | packet[2] << 7, packet[3:]
    assert length == len(body)
    assert body.endswith(encoder.payload(0))


def test_figures_are_per_message_taken() -> None:
    published = Published((600, 400), 10.0, 14.0, 3.0, 0.5, 1000)
    run = Run(published.messages, 5.0, published, {"intake": 0.02})
    assert run.rate == 200
    assert run.held_share == 0.75
    assert run.cpu_per_1000() == {"intake": 0.02, "publisher": 0.5}


@pytest.mark.parametrize(("ratio", "word"), [(0.82, "holds"), (0.61, "FAILS")])
def test_the_table_says_whether_the_bound_holds(ratio: float, word: str) -> None:
    latency = {"load_rate": 9000, "probes": 300, "p50_ms": 90.0, "p99_ms": 210.0}
    verified = {
        "published": 10, "rows": 10, "lost": 0, "stored_twice": 0, "rejected": 0, "values_are_exact": True,
    }  # fmt: skip
    report = {
        "ratio": ratio, "bound": 0.7, "holds": ratio >= 0.7, "do_nothing_rate": 20_000,
        "pipeline_rate": 16_000, "publisher_alone_rate": 90_000, "publisher_held_share": 0.8,
        "pairs": [{"ratio": ratio}], "latency": latency, "cpu_seconds_per_1000": {"intake": 0.02},
        "cpu_seconds_per_1000_do_nothing": {"subscriber": 0.024}, "memory_mb": {"intake": 80.0},
        "durability": {"postgres fsync": "on"}, "verified": verified,
        "embedded_broker": {
            "pipeline_rate": 5_000, "latency": latency, "cpu_seconds_per_1000": {}, "verified": verified,
        },
    }  # fmt: skip
    text = table({"single": report, "machine": {"cores": 2}})
    assert word in text
    assert "20,000" in text
    assert "postgres fsync" in text
