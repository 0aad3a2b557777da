"""`kill -9` of any process under load: nothing acknowledged is lost, doubled or told twice.

Eight seeded trials, one a process; PALIER_FAULT_TRIALS=24 adds more, whose seeds choose victims and moments.
PALIER_FAULT_SEED=n starts at another seed, to play a failed one again.
"""

import asyncio
import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import pytest

from services.notifications.retries import TOGETHER_SECONDS
from simulators.api import Api
from tests.faults import stored
from tests.faults.accounts import ReadingLedger, compare, compare_letters
from tests.faults.load import SILENT, Desk, DeskLedger, Feed, Meters
from tests.house import Home, House, an_agent, eventually, move_in, open_coop, running

pytestmark = [pytest.mark.engines, pytest.mark.faults]

ONE_EACH = ("notifications", "metering", "intake", "nats", "postgres", "aftersales", "advice", "portal")
"""Notifications first: an e-mail whose worker died is repeated two minutes later, while others go on."""
ANY = (*ONE_EACH, "members", "timekeeper", "supervisor")
TRIALS = int(os.environ.get("PALIER_FAULT_TRIALS", "8"))
FIRST_SEED = int(os.environ.get("PALIER_FAULT_SEED", "1"))
HOMES = 6
READY_SECONDS = 30
DRAIN_SECONDS = 60
LEASE_SECONDS = 150


@dataclass(frozen=True)
class Trial:
    """What a seed decides."""

    seed: int
    victims: tuple[str, ...]
    after_seconds: float
    apart_seconds: float

    def __str__(self) -> str:
        return f"seed{self.seed}-{'+'.join(self.victims)}"


def trial(seed: int) -> Trial:
    chance = random.Random(seed)
    victims: tuple[str, ...] = (chance.choice(ANY),)
    if chance.random() < 0.4:
        victims = tuple(chance.sample(ANY[:-1], 2))
    if seed <= len(ONE_EACH):
        victims = (ONE_EACH[seed - 1],)
    after_seconds = chance.uniform(0.3, 1.5)
    if "notifications" in victims:
        after_seconds += TOGETHER_SECONDS  # before that no letter leaves
    return Trial(seed, victims, after_seconds, chance.uniform(0.0, 1.5))


@dataclass
class Scene:
    """One house, its load, and everything it ever promised."""

    house: House
    homes: list[Home]
    feeds: list[Feed]
    desk: Api
    readings: ReadingLedger = field(default_factory=ReadingLedger)
    requests: DeskLedger = field(default_factory=DeskLedger)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with running(tmp_path_factory.mktemp("faults")) as house:
        open_coop(house, "essais")
        homes = [
            move_in(house, "essais", f"E{n}", moved_in_on=date(2023, 6, 1), on_paper=True)
            for n in range(HOMES)
        ]
        feeds = [Feed(home.device, sends_curves=n % 3 == 2) for n, home in enumerate(homes)]
        yield Scene(house, homes, feeds, an_agent(house, "essais"))


@pytest.mark.parametrize("trial", [trial(FIRST_SEED + n) for n in range(TRIALS)], ids=str)
def test_nothing_promised_is_lost_or_doubled(scene: Scene, trial: Trial) -> None:
    meters = Meters(scene.house.endpoints["mqtt"], scene.feeds, scene.readings, trial.seed)
    desk = Desk(scene.desk, scene.homes, scene.requests, trial.seed)
    meters.begin()
    desk.begin()
    try:
        _wait(trial.after_seconds)
        killed = _kill(scene.house, trial)
        _until_recovered(scene.house, killed)
        answered, acked = scene.requests.answers, len(scene.readings.acked)
        eventually(
            lambda: len(scene.readings.acked) > acked and scene.requests.answers > answered,
            READY_SECONDS,
            "the load gets no answers",
        )
    finally:
        meters.stopping.set()
        desk.stopping.set()
    meters.finish()
    desk.finish()
    assert scene.readings.acked == scene.readings.sent, "after its drain the fleet waits for nothing"
    eventually(lambda: _readings_are_there(scene), DRAIN_SECONDS)
    _drained(scene.house)
    _readings_are_right(scene)
    _requests_are_right(scene)
    _notifications_are_right(scene)


def test_every_letter_came_and_none_twice(scene: Scene) -> None:
    """After the lease of the last dead worker: the whole mailbox beside the deliveries."""
    _drained(scene.house, LEASE_SECONDS, leases_too=True)
    with stored.opened(scene.house.endpoints["database"]) as store:
        found = compare_letters(store.handed_over(), stored.message_ids(scene.house.data_dir))
        assert not store.undelivered()
    assert not found, f"letters: {found}"


def test_the_comparison_would_see_one_reading_go(scene: Scene) -> None:
    """A negative control on the real database: the deletion is rolled back."""
    with stored.opened(scene.house.endpoints["database"]) as store:
        gone = random.Random(FIRST_SEED).choice(sorted(scene.readings.acked))
        store.connection.execute(
            "DELETE FROM metering.reading WHERE (meter, register, instant) = (%s, %s, %s)", gone
        )
        found = compare(scene.readings.acked, scene.readings.sent, store.readings())
    assert found.missing == [gone]


def _kill(house: House, trial: Trial) -> dict[str, int]:
    """Each victim's process id of before."""
    killed = {}
    for place, victim in enumerate(trial.victims):
        if place:
            _wait(trial.apart_seconds)
        killed[victim] = house.kill(victim)
    return killed


def _until_recovered(house: House, killed: dict[str, int]) -> None:
    if "supervisor" in killed:
        before = house.endpoints
        house.start_again()
        assert house.endpoints == before, "devices and people would not find it again"

    def is_back() -> bool:
        try:
            return all(house.pid(victim) != pid for victim, pid in killed.items()) and house.is_ready()
        except (OSError, ValueError):  # no pid file for a moment
            return False

    eventually(is_back, READY_SECONDS, f"{', '.join(killed)} did not come back")


def _readings_are_there(scene: Scene) -> None:
    """What intake had not taken over when it died is still the broker's, which gives it again."""
    with stored.opened(scene.house.endpoints["database"]) as store:
        found = compare(scene.readings.acked, scene.readings.sent, store.readings())
        assert not found.missing, f"readings: {found}"


def _drained(house: House, seconds: float = DRAIN_SECONDS, leases_too: bool = False) -> None:
    def is_quiet() -> None:
        waiting, dead = asyncio.run(stored.bus(house.endpoints["nats"]))
        assert not dead, f"{dead} dead letters"
        assert not waiting, f"undigested: {waiting}"
        with stored.opened(house.endpoints["database"]) as store:
            left = store.waiting(leases_too)
            assert not left, f"undigested: {left}"

    eventually(is_quiet, seconds)


def _readings_are_right(scene: Scene) -> None:
    ledger = scene.readings
    with stored.opened(scene.house.endpoints["database"]) as store:
        found = compare(ledger.acked, ledger.sent, store.readings())
        assert not found, f"readings: {found}"
        received, kept, duplicate, discarded = store.counts()
        assert (kept, discarded) == (len(ledger.acked), 0)
        assert received == kept + duplicate
        wanted = {meter: account.energy_wh for meter, account in ledger.meters.items()}
        assert store.settled_wh() == wanted, "the days do not add up to what the registers advanced"
    overview = scene.house.operator().get("/operations/overview")
    assert overview["readings_stored"] == kept
    assert overview["readings_received"] == received
    assert overview["readings_rejected"] == 0
    assert overview["dead_letters"] == 0


def _requests_are_right(scene: Scene) -> None:
    with stored.opened(scene.house.endpoints["database"]) as store:
        there = {id: description for id, description, _ in store.tickets()}
        wanted = {request.id: request.description for request in scene.requests.requests.values()}
        assert there == wanted, "each accepted request exists, and no other"
        assert len(set(there.values())) == len(there), "a request was opened twice"
        for request in scene.requests.requests.values():
            assert store.actions(request.id) == request.actions


def _notifications_are_right(scene: Scene) -> None:
    """Who should hear what follows from what was accepted; each thing is told once."""
    wanted: Counter[tuple[str, str, str, str | None]] = Counter(
        (home.person, "welcome", home.occupancy, None) for home in scene.homes
    )
    for request in scene.requests.requests.values():
        wanted[request.person, "ticket_opened", request.id, None] += 1
        for action in request.actions:
            if action not in SILENT:
                wanted[request.person, "ticket_changed", request.id, action] += 1
    with stored.opened(scene.house.endpoints["database"]) as store:
        there = Counter(intent for intent in store.intents() if intent[1] != "tip")
        tips = Counter(intent[2] for intent in store.intents() if intent[1] == "tip")
        assert there == wanted, f"not told: {wanted - there}; told too often: {there - wanted}"
        assert tips == Counter(store.tips())
        found = compare_letters(store.handed_over(), stored.message_ids(scene.house.data_dir))
    # What is still in hand of a worker that died comes with its lease's end: the last test waits for it.
    assert not found.missing, f"letters: {found}"
    assert not found.doubled, f"letters: {found}"


def _wait(seconds: float) -> None:
    """The moment of a fault is a matter of time, not of an event."""
    threading.Event().wait(seconds)
