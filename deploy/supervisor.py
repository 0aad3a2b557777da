"""Keeps engines and rooms running: one process each, restarted when it dies, drained at the end."""

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from types import FrameType
from typing import Any

from prometheus_client import multiprocess

from deploy.engines import Engine, EngineError, Engines
from deploy.engines.child import write_pid
from deploy.room_process import run_room

_LOG = logging.getLogger(__name__)
_POLL_SECONDS = 0.2
_DRAIN_SECONDS = 5.5
_ENGINES_SECONDS = 3.0
"""Together with the drain within the ten seconds that a service manager commonly waits."""


class Stopping(BaseException):
    """SIGTERM or SIGINT has come."""


@dataclass
class Backoff:
    """Waits between restarts: short at first, doubling up to half a minute, forgotten after a calm one."""

    first_seconds: float = 0.1
    longest_seconds: float = 30.0
    calm_seconds: float = 60.0
    deaths: int = 0
    started_at: float = 0.0
    due_at: float = 0.0

    def started(self, now: float) -> None:
        self.started_at = now

    def died(self, now: float) -> float:
        """Seconds until the next start."""
        if now - self.started_at >= self.calm_seconds:
            self.deaths = 0
        pause = min(self.first_seconds * 2.0**self.deaths, self.longest_seconds)
        self.deaths += 1
        self.due_at = now + pause
        return pause


class RoomProcess:
    """One room's process, forked from the preloaded server."""

    def __init__(self, name: str, settings: dict[str, Any], http: tuple[str, int], run_dir: Path) -> None:
        self.name = name
        self.backoff = Backoff()
        self.process: ForkServerProcess | None = None
        self._arguments = (name, settings, http)
        self._pid_file = run_dir / f"{name}.pid"
        self._ready_file = run_dir / f"{name}.ready"

    @property
    def is_ready(self) -> bool:
        return self.process is not None and self.process.is_alive() and self._ready_file.exists()

    def start(self) -> None:
        self._ready_file.unlink(missing_ok=True)
        context = multiprocessing.get_context("forkserver")
        self.process = context.Process(target=run_room, args=self._arguments, name=f"palier-{self.name}")
        self.process.start()
        assert self.process.pid
        write_pid(self._pid_file, self.process.pid)
        self.backoff.started(time.monotonic())

    def forget(self) -> str:
        """Cleans up after a process that ended; returns how it ended."""
        assert self.process is not None
        assert self.process.pid is not None
        self.process.join()
        code = self.process.exitcode
        with suppress(OSError):
            multiprocess.mark_process_dead(self.process.pid)  # type: ignore[no-untyped-call]
        self.process.close()
        self.process = None
        self._ready_file.unlink(missing_ok=True)
        self._pid_file.unlink(missing_ok=True)
        return signal.Signals(-code).name if code and code < 0 else f"exit {code}"


class Supervisor:
    """Runs `rooms` until told to stop. Engines may be None: then they belong to somebody else."""

    def __init__(self, engines: Engines | None, rooms: Sequence[RoomProcess], run_dir: Path) -> None:
        self._engines = engines
        self._rooms = list(rooms)
        self._engine_backoffs = {engine.name: Backoff() for engine in self._embedded}
        self._run_dir = run_dir
        self._stopping = False
        self._may_interrupt = False

    @property
    def _embedded(self) -> list[Engine]:
        return self._engines.embedded if self._engines else []

    def readiness(self) -> dict[str, bool]:
        """Each engine and room by name; for the operations port."""
        engines = {engine.name: engine.is_healthy() for engine in self._embedded}
        return engines | {room.name: room.is_ready for room in self._rooms}

    @contextmanager
    def signals(self) -> Iterator[None]:
        """While inside, SIGTERM and SIGINT end the work (as `Stopping`) and then everything is drained."""
        before = {
            number: signal.signal(number, self._on_signal) for number in (signal.SIGTERM, signal.SIGINT)
        }
        write_pid(self._run_dir / "supervisor.pid", os.getpid())
        try:
            with suppress(Stopping):
                yield
        finally:
            self._stopping = True
            self._may_interrupt = False
            self._drain()
            (self._run_dir / "supervisor.pid").unlink(missing_ok=True)
            for number, handler in before.items():
                signal.signal(number, handler)

    def start_engines(self) -> None:
        if self._engines:
            with self.interruptible():
                self._engines.start()

    def add(self, rooms: Sequence[RoomProcess]) -> None:
        """Rooms to run, known once the engines have their addresses."""
        self._rooms += rooms

    def start_rooms(self, timeout_seconds: float) -> list[str]:
        """Starts all rooms and watches them until all are ready. Returns the names of those that are not."""
        for room in self._rooms:
            room.start()
        deadline = time.monotonic() + timeout_seconds
        while waiting := [room.name for room in self._rooms if not room.is_ready]:
            if time.monotonic() > deadline:
                return waiting
            self.tend(0.02)
        return []

    def run(self, also: Callable[[], None] = lambda: None) -> None:
        """Watches for ever; leaves by `Stopping`."""
        while True:
            self.tend(_POLL_SECONDS)
            also()

    def tend(self, wait_seconds: float) -> None:
        """Waits a little for a death, then restarts what is dead and due."""
        self._stop_if_told()
        with self.interruptible():
            wait([room.process.sentinel for room in self._rooms if room.process], timeout=wait_seconds)
        for engine in self._embedded:
            if engine.pid is None:
                self._tend_engine(engine, self._engine_backoffs[engine.name])
        for room in self._rooms:
            if room.process is not None and not room.process.is_alive():
                how = room.forget()
                self._stop_if_told()
                pause = room.backoff.died(time.monotonic())
                _LOG.error(
                    "%s died (%s); restart in %.1f s", room.name, how, pause, extra={"dead": room.name}
                )
            elif room.process is None and time.monotonic() >= room.backoff.due_at:
                room.start()

    def _tend_engine(self, engine: Engine, backoff: Backoff) -> None:
        now = time.monotonic()
        if now < backoff.due_at:
            return
        _LOG.error("%s died; starting it again", engine.name, extra={"dead": engine.name})
        pause = backoff.died(now)
        try:
            with self.interruptible():
                engine.start()
            backoff.started(time.monotonic())
            backoff.due_at = 0.0
        except EngineError as error:
            _LOG.error("%s; next try in %.1f s", error, pause)

    def _drain(self) -> None:
        """Rooms first, together; engines last."""
        running = [room for room in self._rooms if room.process is not None and room.process.is_alive()]
        for room in running:
            assert room.process
            room.process.terminate()
        deadline = time.monotonic() + _DRAIN_SECONDS
        for room in running:
            assert room.process
            room.process.join(max(0.0, deadline - time.monotonic()))
            if room.process.is_alive():
                _LOG.warning("%s did not drain in time and is killed", room.name)
                room.process.kill()
        for room in self._rooms:
            if room.process is not None:
                room.forget()
        if self._engines:
            self._engines.stop(_ENGINES_SECONDS)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """While inside, a signal ends the wait at once instead of at the next look."""
        self._stop_if_told()
        self._may_interrupt = True
        try:
            yield
        finally:
            self._may_interrupt = False

    def _stop_if_told(self) -> None:
        if self._stopping:
            raise Stopping

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        first, self._stopping = not self._stopping, True
        if first:
            _LOG.info("stopping on %s", signal.Signals(number).name)
        if first and self._may_interrupt and threading.current_thread() is threading.main_thread():
            raise Stopping
