"""The load under which processes are killed: meters publish, and a desk opens requests and moves them."""

import http.client
import random
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from simulators.api import PASSING, Api, ApiError
from simulators.fleet import Fleet
from simulators.meter import HalfHour
from simulators.publications import Device, Publication, load_curve, senml
from tests.faults.accounts import ReadingLedger
from tests.house import Home

FIRST = datetime(2023, 12, 31, 23, tzinfo=UTC)
"""Midnight of the first of January 2024 in Paris: what is published is history, so that days close."""
ZONE = "Europe/Paris"
HALF_HOUR = timedelta(minutes=30)
ROUND_SECONDS = 0.04
REQUEST_SECONDS = 0.12
DRAIN_SECONDS = 60.0
ANSWER_SECONDS = 60.0

TO_THE_END = ("acknowledge", "qualify", "assign", "wait_parts", "resume", "start", "finish")
"""A legal path of a request in the hands of staff."""
SILENT = {"qualify"}
"""Of these the household is not written to."""


class Worker(threading.Thread, ABC):
    """Works in its own thread until told to stop; what went wrong is raised by `finish`."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.stopping = threading.Event()
        self.is_under_way = threading.Event()
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            self.work()
        except BaseException as error:
            self.failure = error

    @abstractmethod
    def work(self) -> None:
        """Until `stopping` is set."""

    def begin(self) -> None:
        """Start, and wait until the first work is done: devices have connected, the desk is answered."""
        self.start()
        self.is_under_way.wait(ANSWER_SECONDS)

    def finish(self) -> None:
        """Stop, and wait until everything begun has been answered."""
        self.stopping.set()
        self.join(DRAIN_SECONDS + ANSWER_SECONDS)
        assert not self.is_alive(), f"{self.name} does not end"
        if self.failure is not None:
            raise AssertionError(f"{self.name}: {self.failure}") from self.failure


@dataclass
class Feed:
    """One meter's readings so far, so that each trial goes on where the last one ended."""

    device: Device
    sends_curves: bool
    at: datetime = FIRST
    index_wh: int = 1_000_000

    def next(self, chance: random.Random) -> Publication:
        """The register at the end of one more half-hour, or a load curve of a dozen half-hours."""
        if not self.sends_curves:
            self.at += HALF_HOUR
            self.index_wh += chance.randrange(40, 600)
            return senml(self.device, [(self.at, self.index_wh)], [])
        halves = []
        for _ in range(12):
            energy = chance.randrange(40, 600)
            self.index_wh += energy
            halves.append(HalfHour(self.at, self.at + HALF_HOUR, energy, self.index_wh, energy * 2, self.at))
            self.at += HALF_HOUR
        return load_curve(self.device, halves[0].start, ZONE, halves)


class Meters(Worker):
    """All feeds over MQTT at QoS 1, each device on a connection of its own that comes back by itself."""

    def __init__(self, url: str, feeds: Sequence[Feed], ledger: ReadingLedger, seed: int) -> None:
        super().__init__("the meters")
        self._url, self._feeds, self._ledger = url, feeds, ledger
        self._chance = random.Random(seed)

    def work(self) -> None:
        with Fleet(self._url, [feed.device for feed in self._feeds], self._ledger) as fleet:
            while not self.stopping.is_set():
                for feed in self._feeds:
                    if not feed.sends_curves or self._chance.random() < 0.1 or not self.is_under_way.is_set():
                        fleet.publish(feed.next(self._chance))
                fleet.idle(ROUND_SECONDS)
                self.is_under_way.set()
            fleet.drain(DRAIN_SECONDS)


@dataclass
class Request:
    """A request as its answer gave it, and the actions that were answered with 2xx since."""

    id: str
    description: str
    person: str
    actions: list[str] = field(default_factory=list)


@dataclass
class DeskLedger:
    """Everything the desk was answered with 2xx."""

    requests: dict[str, Request] = field(default_factory=dict)
    answers: int = 0
    repeats: int = 0
    """Requests sent again because no 2xx came."""


class Desk(Worker):
    """Staff at work: opens requests and moves each along a legal path, insisting until answered 2xx."""

    def __init__(self, api: Api, homes: Sequence[Home], ledger: DeskLedger, seed: int) -> None:
        super().__init__("the desk")
        self._api, self._homes, self._ledger = api, homes, ledger
        self._chance = random.Random(seed)

    def work(self) -> None:
        while not self.stopping.wait(REQUEST_SECONDS):
            self.is_under_way.set()
            under_way = [
                request
                for request in self._ledger.requests.values()
                if len(request.actions) < len(TO_THE_END)
            ]
            if not under_way or self._chance.random() < 0.3:
                self._open()
            else:
                self._move(self._chance.choice(under_way))

    def _open(self) -> None:
        home = self._chance.choice(self._homes)
        description = f"Fenêtre {self._chance.randrange(10**12)}"
        answer = self._insist(
            "/tickets",
            {
                "occupancy": home.occupancy,
                "place": "bedroom",
                "element": "window",
                "symptom": "loose",
                "description": description,
                "channel": "phone",
            },
        )
        assert answer["id"] not in self._ledger.requests, "one request was answered for another"
        self._ledger.requests[answer["id"]] = Request(answer["id"], description, home.person)

    def _move(self, request: Request) -> None:
        action = TO_THE_END[len(request.actions)]
        body: dict[str, Any] = {"action": action}
        self._insist(f"/tickets/{request.id}/actions", body)
        request.actions.append(action)

    def _insist(self, path: str, body: dict[str, Any]) -> Any:
        """POST until it is answered with 2xx, always with the same key. Only what passes is repeated."""
        key = str(UUID(int=self._chance.getrandbits(128)))
        end = time.monotonic() + ANSWER_SECONDS
        while True:
            try:
                answer = self._api.call("POST", path, body, key=key)
            except (OSError, http.client.HTTPException) as error:
                problem: Exception = error
            except ApiError as error:
                if error.status not in PASSING:  # a 500 is a bug even now
                    raise
                problem = error
            else:
                self._ledger.answers += 1
                return answer
            assert time.monotonic() < end, f"no 2xx within {ANSWER_SECONDS:.0f} s: {problem}"
            self._ledger.repeats += 1
            threading.Event().wait(0.2)
