"""The messages of one replay on their way, at their speed, followed and led by the replay's row."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from deploy.operator_token import operator_token
from deploy.player_scripts import Script, instants
from deploy.replay_places import Place
from deploy.replaying import Pace
from services.kit.secrets import Secrets
from services.kit.settings import Settings
from services.metering.replays.states import Ranges, State, message_at, with_range
from services.metering.replays.work import Command, Work
from simulators.api import Api
from simulators.fleet import Fleet
from simulators.ledger import Ledger
from simulators.publications import Publication

LOOK_S = 0.3
"""How often it is asked what the operator wants, and told how far it is."""


@dataclass(frozen=True)
class House:
    """The instance that is played into."""

    settings: Settings
    secrets: Secrets
    http: str
    stopping: threading.Event

    def operator(self) -> Api:
        return Api(self.http, operator_token(self.secrets))


class Leaving(Exception):
    """This process is told to end; another one goes on."""


class Run:
    """The messages of one replay on their way, followed and led by its row."""

    def __init__(
        self,
        house: House,
        work: Work,
        row: dict[str, Any],
        script: Script,
        places: Sequence[Place],
        messages: list[Publication],
    ) -> None:
        self._house, self._work, self._id, self._script = house, work, row["id"], script
        self._places, self._messages, self._instants = places, messages, instants(messages)
        self._at: int = min(row["at_message"], len(messages))
        self._since = self._at
        self._sent: Ranges = with_range(row["sent"], 0, 0)
        self._counts: dict[str, int] = {"messages": 0, "readings": 0, "unreadable": 0} | row["counts"]
        self._before = dict(self._counts)
        self._speed: float | None = row["speed"]
        self._told_day: object = None

    def play(self) -> State:
        """Until all is sent (`CHECKING`) or the operator wants something else."""
        assert self._house.settings.mqtt_url
        devices = [place.device for place in self._places]
        with Fleet(self._house.settings.mqtt_url, devices, Ledger()) as fleet:
            command = self._follow(fleet)
            pace, looked = self._pace(), time.monotonic()
            while command.state is State.PLAYING:
                now = time.monotonic()
                if now - looked >= LOOK_S or self._at == len(self._messages):
                    is_complete = self._at == len(self._messages)
                    before = (self._at, self._speed)
                    command, looked = self._follow(fleet), now
                    if before != (self._at, self._speed):
                        pace = self._pace()
                    elif (
                        is_complete
                        and command.state is State.PLAYING
                        and self._work.move(self._id, State.PLAYING, State.CHECKING)
                    ):
                        return State.CHECKING
                    continue
                wait_s = pace.wait_seconds(self._instants[self._at], now)
                if wait_s > 0:
                    fleet.idle(min(wait_s, LOOK_S))
                    continue
                self._publish(fleet)
            return command.state

    def account(self) -> dict[str, Any]:
        """What of it all was acknowledged."""
        return {"sent": self._sent, "counts": self._counts, "at_message": self._at}

    def _publish(self, fleet: Fleet) -> None:
        at = self._instants[self._at]
        # At full speed the clock need not follow: the sandbox lives at the end of its feed from the start.
        if (
            self._speed is not None
            and (day := at.astimezone(ZoneInfo(self._script.zone)).date()) != self._told_day
        ):
            self._told_day = day
            self._places[0].tell_clock(at)
        fleet.publish(self._messages[self._at])
        self._at += 1

    def _follow(self, fleet: Fleet) -> Command:
        """All that was sent is acknowledged and told; then what the operator wants is done."""
        fleet.drain()
        self._sent = with_range(self._sent, self._since, self._at)
        self._since = self._at
        ledger = fleet.ledger
        self._counts = self._before | {
            "messages": self._before["messages"] + ledger.messages,
            "readings": self._before["readings"] + ledger.readings,
            "unreadable": self._before["unreadable"] + sum(one.garbage for one in ledger.meters.values()),
        }
        position = min(self._instants[self._at - 1], self._script.until) if self._at else None
        command = self._work.tell(self._id, self._at, position, self._sent, self._counts)
        if self._house.stopping.is_set():
            raise Leaving
        if command.seek_to is not None:
            self._at = self._since = message_at(self._instants, command.seek_to)
            self._work.sought(self._id, command.seek_to)
            self._told_day = None
        if command.speed != self._speed and command.speed is None:
            self._places[0].tell_clock(self._script.until)
        self._speed = command.speed
        return command

    def _pace(self) -> Pace:
        return Pace(self._speed, time.monotonic())
