"""Nothing is acknowledged before it is durable, and everything durable is, whatever the stream does."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from contracts.base import Event
from contracts.codes import Reason
from contracts.readings import ReadingsBatch, Rejected
from services.intake import batcher as module
from services.intake.batcher import (
    IN_FLIGHT,
    MAX_READINGS,
    MAX_REFUSED,
    MAX_REFUSED_BYTES,
    Batcher,
)
from services.intake.delivery import Delivery
from services.intake.message import Accepted, interpret
from services.kit.ids import new_id
from tests.unit.intake.senml_pack import RECEIVED_AT, T, pack, record


@dataclass
class Stream:
    """Stands for JetStream: takes, refuses or keeps waiting, as the test says."""

    taken: list[Event] = field(default_factory=list)
    tries: list[str] = field(default_factory=list)
    refuses: int = 0
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, event: Event, event_id: str) -> None:
        self.tries.append(event_id)
        await self.open.wait()
        if self.refuses:
            self.refuses -= 1
            raise TimeoutError
        self.taken.append(event)

    @property
    def batches(self) -> list[ReadingsBatch]:
        return [event for event in self.taken if isinstance(event, ReadingsBatch)]


@dataclass
class Bench:
    stream: Stream
    acknowledged: list[Delivery]
    batcher: Batcher
    received: int = 0

    def receive(self, readings: int = 1, coop: str = "les-lilas") -> Delivery:
        payload = pack(*(record(t=T - n) for n in range(readings)))
        outcome = interpret(f"meters/{coop}/{new_id('mtr')}/senml".encode(), payload, RECEIVED_AT)
        assert isinstance(outcome, Accepted)
        delivery = self._delivery()
        self.batcher.add(coop, outcome.points, delivery)
        return delivery

    def refuse(self, coop: str | None = None, payload_base64: str = "") -> Delivery:
        delivery = self._delivery()
        rejected = Rejected(
            coop=coop,
            id=new_id("rej"),
            received_at=RECEIVED_AT,
            topic="x",
            reason=Reason.EMPTY,
            detail="x",
            payload_base64=payload_base64,
        )
        self.batcher.reject(rejected, delivery)
        return delivery

    def _delivery(self) -> Delivery:
        self.received += 1
        return Delivery(self.received, 1, b"", b"", RECEIVED_AT)


@pytest.fixture
async def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(module, "RETRY_SECONDS", (0.0,))
    stream, acknowledged = Stream(), []
    stream.open.set()
    ids: Callable[[], str] = iter(map(str, range(10**6))).__next__

    def durable(deliveries: Sequence[Delivery]) -> None:
        acknowledged.extend(deliveries)

    made = Batcher(stream, durable, lambda: RECEIVED_AT, ids, linger_seconds=0.005)
    return Bench(stream, acknowledged, made)


async def test_messages_close_in_time_share_one_batch(bench: Bench):
    deliveries = [bench.receive() for _ in range(20)]
    assert not bench.stream.tries, "it lingers for more"
    await asyncio.sleep(0.05)
    (batch,) = bench.stream.batches
    assert (batch.messages, len(list(batch.all_readings())), batch.coop) == (20, 20, "les-lilas")
    assert bench.acknowledged == deliveries


async def test_a_full_batch_does_not_linger(bench: Bench):
    for _ in range(MAX_READINGS):
        bench.receive()
    await asyncio.sleep(0)
    assert len(bench.stream.tries) == 1


async def test_cooperatives_never_share_a_batch(bench: Bench):
    for coop in ("a", "b", "a", "c"):
        bench.receive(coop=coop)
    assert await bench.batcher.drain(1)
    assert sorted((batch.coop, len(list(batch.all_readings()))) for batch in bench.stream.batches) == [
        ("a", 2),
        ("b", 1),
        ("c", 1),
    ]


async def test_a_long_message_is_acknowledged_after_the_last_of_its_batches(bench: Bench):
    bench.stream.open.clear()
    short, long = bench.receive(), bench.receive(readings=1_200)
    await asyncio.sleep(0.02)
    assert long.waits_for == 3
    assert not bench.acknowledged
    bench.stream.open.set()
    assert await bench.batcher.drain(1)
    assert bench.acknowledged == [short, long]
    assert sum(len(list(batch.all_readings())) for batch in bench.stream.batches) == 1_201
    assert max(len(list(batch.all_readings())) for batch in bench.stream.batches) <= MAX_READINGS


async def test_what_the_stream_refuses_is_tried_again_under_the_same_id(bench: Bench):
    bench.stream.refuses = 5
    delivery = bench.receive()
    assert await bench.batcher.drain(1)
    assert len(bench.stream.tries) == 6
    assert len(set(bench.stream.tries)) == 1
    assert bench.acknowledged == [delivery]
    assert len(bench.stream.taken) == 1


async def test_nothing_is_acknowledged_while_the_stream_does_not_answer(bench: Bench):
    bench.stream.open.clear()
    for _ in range(30):
        bench.receive()
    bench.refuse()
    assert not await bench.batcher.drain(0.05)
    assert not bench.acknowledged
    bench.batcher.close()


async def test_a_message_that_holds_no_reading_is_acknowledged(bench: Bench):
    delivery = bench._delivery()
    bench.batcher.add("les-lilas", [], delivery)
    assert bench.acknowledged == [delivery]
    assert not bench.stream.tries


async def test_refused_messages_are_as_durable_as_readings(bench: Bench):
    bench.stream.refuses = 1
    delivery = bench.refuse()
    assert await bench.batcher.drain(1)
    assert isinstance(bench.stream.taken[0], Rejected)
    assert bench.acknowledged == [delivery]


async def test_a_fleet_gone_wrong_shares_publications(bench: Bench):
    bench.stream.open.clear()
    deliveries = [bench.refuse("les-lilas") for _ in range(IN_FLIGHT + MAX_REFUSED + 5)]
    await asyncio.sleep(0)
    bench.stream.open.set()
    assert await bench.batcher.drain(1)
    together = [list(event.each()) for event in bench.stream.taken if isinstance(event, Rejected)]
    assert [len(each) for each in together] == [1] * IN_FLIGHT + [MAX_REFUSED, 5]
    assert len({one.id for each in together for one in each}) == len(deliveries)
    assert {(one.coop, one.others, one.asked_at) for each in together for one in each} == {
        ("les-lilas", (), None)
    }
    assert sorted(one.mid for one in bench.acknowledged) == sorted(one.mid for one in deliveries)


async def test_what_is_refused_of_two_cooperatives_or_is_large_goes_apart(bench: Bench):
    bench.stream.open.clear()
    for _ in range(IN_FLIGHT):
        bench.refuse()
    large = "A" * (MAX_REFUSED_BYTES // 2)
    for coop, payload in (("a", ""), ("a", ""), (None, ""), ("b", large), ("b", large), ("b", "")):
        bench.refuse(coop, payload)
    bench.stream.open.set()
    assert await bench.batcher.drain(1)
    seen = [event for event in bench.stream.taken if isinstance(event, Rejected)][IN_FLIGHT:]
    assert [(event.coop, 1 + len(event.others)) for event in seen] == [
        ("a", 2),
        (None, 1),
        ("b", 1),
        ("b", 2),
    ]


async def test_behind_a_slow_stream_batches_fill_up_instead_of_multiplying(bench: Bench):
    bench.stream.open.clear()
    for _ in range(IN_FLIGHT):
        bench.receive()
        await asyncio.sleep(0.01)
    for _ in range(100):
        bench.receive()
        await asyncio.sleep(0.0005)
    assert len(bench.stream.tries) == IN_FLIGHT
    bench.stream.open.set()
    assert await bench.batcher.drain(1)
    assert len(bench.stream.batches) == IN_FLIGHT + 1
    assert len(bench.acknowledged) == IN_FLIGHT + 100


async def test_a_busy_cooperative_does_not_starve_a_quiet_one(bench: Bench):
    bench.stream.open.clear()
    for _ in range(IN_FLIGHT):
        bench.receive(readings=MAX_READINGS, coop="busy")
    bench.receive(coop="quiet")
    await asyncio.sleep(0.01)
    for _ in range(5):
        bench.receive(readings=MAX_READINGS, coop="busy")
    bench.stream.open.set()
    assert await bench.batcher.drain(1)
    assert [batch.coop for batch in bench.stream.batches].index("quiet") <= IN_FLIGHT


async def test_every_message_is_acknowledged_exactly_once_whatever_fails(bench: Bench):
    bench.stream.refuses = 40
    deliveries = [
        bench.refuse() if n % 7 == 0 else bench.receive(readings=1 + n * 13 % 700, coop="abc"[n % 3])
        for n in range(60)
    ]
    assert await bench.batcher.drain(5)
    assert sorted(d.mid for d in bench.acknowledged) == sorted(d.mid for d in deliveries)


async def test_what_fits_into_one_batch_is_not_torn_apart(bench: Bench):
    """The readings of a load curve are stored by the day: two halves would be stored one after the other."""
    bench.stream.open.clear()
    for _ in range(IN_FLIGHT):  # all publishers are busy
        bench.receive(MAX_READINGS)
    for _ in range(2 * MAX_READINGS // 48):
        bench.receive(48)
    bench.stream.open.set()
    assert await bench.batcher.drain(5.0)
    counts = [sum(1 for _ in batch.all_readings()) for batch in bench.stream.batches[IN_FLIGHT:]]
    assert sum(counts) == 48 * (2 * MAX_READINGS // 48)
    assert all(count % 48 == 0 for count in counts)
