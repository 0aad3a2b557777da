"""The player: a process beside the rooms that reads feeds and plays replays, as a device and operator would.

It keeps nothing itself. What it does stands in the rows of metering; killed, it goes on where they say.
"""

import asyncio
import logging
import signal
import threading
import time
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg

from deploy.player_feeds import script_of
from deploy.player_run import House
from deploy.player_scripts import ScriptError
from deploy.player_session import Session
from services.kit import clock, logs
from services.kit import secrets as kit_secrets
from services.kit.database import Database, conninfo
from services.kit.ids import new_id
from services.kit.settings import Settings
from services.kit.unit import work_unit
from services.metering.replays import recording
from services.metering.replays.problems import Why, kept
from services.metering.replays.work import Work
from simulators.api import ApiError

_LOG = logging.getLogger(__name__)
MOST_AT_ONCE = 8
"""Replays that play at the same time, in one process; paused ones do not count."""
TURN_S = 1.0
"""Between two looks when nobody is told to look."""
SWEEP_S = 5.0
LAST_S = 4.0
"""For what is in hand when the process is told to end."""


def serve(settings: dict[str, Any], http: str) -> None:
    """Play until SIGTERM; `http` is where the portal answers."""
    chosen = Settings.model_validate(settings)
    logs.setup("player", chosen.log_level)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    house = House(chosen, kit_secrets.load(chosen), http, stopping)
    ready = chosen.data_dir / "run" / "player.ready"
    ready.parent.mkdir(parents=True, exist_ok=True)
    ready.touch()
    _LOG.info("ready")
    Player(house).run()
    ready.unlink(missing_ok=True)


class Player:
    """Takes what waits, a thread each."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._name = new_id("ply")
        assert house.settings.database_url
        self._conninfo = conninfo(house.settings.database_url, house.secrets, "metering_work")
        self._sessions: dict[str, threading.Thread] = {}
        self._chores: threading.Thread | None = None

    def run(self) -> None:
        """Until told to stop; an engine that is away is waited for."""
        pause_s = TURN_S
        while not self._house.stopping.is_set():
            try:
                with psycopg.connect(self._conninfo, connect_timeout=10):
                    pass
                self._take_turns()
            except (psycopg.Error, OSError):
                _LOG.warning("the database is away", exc_info=True)
                self._house.stopping.wait(pause_s)
                pause_s = min(pause_s * 2, 10.0)
        end = time.monotonic() + LAST_S
        for thread in self._sessions.values():
            thread.join(max(0.0, end - time.monotonic()))

    def _take_turns(self) -> None:
        work = Work(self._conninfo, self._name)
        swept = 0.0
        try:
            while not self._house.stopping.is_set():
                self._sessions = {id: one for id, one in self._sessions.items() if one.is_alive()}
                work.renew(list(self._sessions))
                is_due = time.monotonic() - swept > SWEEP_S
                is_free = self._chores is None or not self._chores.is_alive()
                if is_free and (is_due or work.has_unread_feed()):
                    swept = time.monotonic() if is_due else swept
                    self._chores = self._start("chores", partial(self._do_chores, is_due=is_due))
                while len(self._sessions) < MOST_AT_ONCE and (row := work.claim()) is not None:
                    self._play(row)
                work.wait(TURN_S)
        finally:
            work.close()

    def _play(self, row: dict[str, Any]) -> None:
        self._sessions[row["id"]] = self._start(row["id"], lambda work: Session(self._house, work, row).run())

    def _start(self, name: str, task: Callable[[Work], None]) -> threading.Thread:
        def body() -> None:
            try:
                work = Work(self._conninfo, self._name)
                try:
                    task(work)
                finally:
                    work.close()
            except Exception:  # a thread that dies says why; its lease runs out and it is done again
                _LOG.warning("the player could not go on", exc_info=True, extra={"work": name})

        thread = threading.Thread(target=body, name=f"player-{name}", daemon=True)
        thread.start()
        return thread

    def _do_chores(self, work: Work, *, is_due: bool) -> None:
        while self._read_a_feed(work) and not self._house.stopping.is_set():
            pass
        if is_due:
            if over := work.recordings_over():
                asyncio.run(self._end_recordings(over))
            for replay, coop in work.expired_sandboxes():
                self._drop(work, replay, coop)

    def _read_a_feed(self, work: Work) -> bool:
        """Read one feed that nobody has read; False when there is none."""
        with work.unread_feed() as held:
            if held.row is None:
                return False
            if held.is_given_up:
                held.told(None, kept(Why.ENDED_AGAIN))
                return True
            try:
                script = script_of(work, held.row)
            except ScriptError as error:
                held.told(None, error.problem)
            except Exception as error:
                # A file nobody thought of: its own trouble, not that of the feeds behind it. What the error
                # says may quote the file, so that only its name and place are told.
                kind, place = type(error).__name__, traceback.extract_tb(error.__traceback__)[-1]
                at = f"{place.filename.rpartition('/')[2]}:{place.lineno}"
                _LOG.warning(
                    "a feed could not be read", extra={"feed": held.row["id"], "error": kind, "at": at}
                )
                held.told(None, kept(Why.FAILED, kind))
            else:
                held.told(script.summary, None)
            return True

    def _drop(self, work: Work, replay: str, coop: str) -> None:
        try:
            self._house.operator().delete(f"/coops/{coop}")
        except ApiError as error:
            if error.status != 404:
                _LOG.warning("a kept sandbox could not be dropped", exc_info=True, extra={"coop": coop})
                return
        work.forget_sandbox(replay)

    async def _end_recordings(self, feeds: list[str]) -> None:
        assert self._house.settings.database_url
        database = Database(self._house.settings.database_url, self._house.secrets, "metering_work", 1)
        try:
            for feed in feeds:
                async with work_unit(database, "metering", clock.system) as unit:
                    await recording.end(unit, feed)
        finally:
            await database.close()
