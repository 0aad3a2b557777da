"""One engine process: started so that it cannot outlive its starter, found by its pid file, ended surely."""

import contextlib
import ctypes
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from deploy.words import _

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class EngineError(RuntimeError):
    """An engine that cannot run; the message says what a person can do about it."""


class Child:
    """A process with its log and pid file. `death_signal` reaches it when its starter dies, even by kill -9.

    Start it from the main thread: the kernel watches the starting *thread*, so a child of a short-lived
    thread would be killed with it (from other threads the watch is therefore left out).
    """

    def __init__(self, name: str, data_dir: Path, death_signal: signal.Signals) -> None:
        self.name = name
        self.log = data_dir / "logs" / f"{name}.out"
        self.pid_file = data_dir / "run" / f"{name}.pid"
        self._death_signal = death_signal
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self, command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> int:
        for folder in (self.log.parent, self.pid_file.parent):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own binaries
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(env) if env is not None else None,
                start_new_session=True,  # a terminal's Ctrl-C reaches the supervisor only
                preexec_fn=_watch_parent(self._death_signal),
            )
        write_pid(self.pid_file, self._process.pid)
        return self._process.pid

    def exit_code(self) -> int | None:
        return self._process.poll() if self._process else None

    def wait_until(self, ready: Callable[[], bool], timeout_seconds: float) -> None:
        """Returns when `ready()`; EngineError with the log's end when the process ends or time is up."""
        deadline = time.monotonic() + timeout_seconds
        while not ready():
            if self.exit_code() is not None:
                raise EngineError(
                    _("{name} ended at start (exit {code}): {words}").format(
                        name=self.name, code=self.exit_code(), words=self.last_words()
                    )
                )
            if time.monotonic() > deadline:
                raise EngineError(
                    _("{name} is not ready after {seconds} s: {words}").format(
                        name=self.name, seconds=f"{timeout_seconds:.0f}", words=self.last_words()
                    )
                )
            time.sleep(0.02)

    def stop(self, polite: signal.Signals, patience_seconds: float) -> None:
        """Asks with `polite`, then kills. Safe to repeat."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(polite)
            try:
                self._process.wait(patience_seconds)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self.pid_file.unlink(missing_ok=True)

    def last_words(self, lines: int = 8) -> str:
        with contextlib.suppress(OSError):
            return " | ".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        return "(no log)"


def without_settings() -> dict[str, str]:
    """Our environment for a process that needs none of our settings: some of them are secrets."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PALIER_")}


def write_pid(path: Path, pid: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(path, f"{pid}\n")


def write_private(path: Path, text: str) -> None:
    """Replaces the file in one step, readable by its owner only."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def die_with_parent(death_signal: signal.Signals) -> None:
    """Asks Linux to send this process `death_signal` when its parent ends. Elsewhere it does nothing."""
    if hasattr(_LIBC, "prctl"):
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)


def end_leftovers(is_ours: Callable[[psutil.Process], bool], patience_seconds: float = 5.0) -> None:
    """Waits for processes of an earlier run to leave, and kills those that do not."""
    leftovers = [process for process in psutil.process_iter() if _safely(is_ours, process)]
    _, staying = psutil.wait_procs(leftovers, timeout=patience_seconds)
    for process in staying:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(staying, timeout=patience_seconds)


def _safely(is_ours: Callable[[psutil.Process], bool], process: psutil.Process) -> bool:
    try:
        return process.pid != os.getpid() and is_ours(process)
    except (psutil.Error, OSError):
        return False


def _watch_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    if threading.current_thread() is not threading.main_thread():
        return None
    parent = os.getpid()

    def watch() -> None:
        die_with_parent(death_signal)
        if os.getppid() != parent:  # the parent died between fork and prctl
            os._exit(1)

    return watch
