"""Mosquitto as the bench needs it: on loopback, with its own users, nothing dropped, persistence on."""

import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from deploy.engines.child import Child, EngineError, write_private
from deploy.engines.ports import Ports

INSTALL = ("apt-get", "install", "--yes", "--no-install-recommends", "mosquitto")
BENCH_USER = "bench"
BENCH_TOPICS = "bench"
"""Where messages for the do-nothing subscriber go: intake does not listen there."""


class Mosquitto:
    """A broker in a folder of its own, ended with its starter."""

    name = "mosquitto"

    def __init__(self, folder: Path, intake: tuple[str, str], bench_password: str) -> None:
        """`intake`: user and password of the room that takes readings in."""
        self._folder = folder / "mosquitto"
        self._users = {intake[0]: intake[1], BENCH_USER: bench_password}
        self._intake = intake[0]
        self.port = Ports(folder).take(self.name)
        self._child = Child(self.name, folder, death_signal=signal.SIGTERM)

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        return self._child.pid

    def start(self) -> None:
        server, hasher = binary("mosquitto"), binary("mosquitto_passwd")
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        passwords = self._folder / "passwords"
        write_private(passwords, "".join(f"{user}:{password}\n" for user, password in self._users.items()))
        subprocess.run([hasher, "-U", passwords], check=True, capture_output=True)  # noqa: S603
        write_private(self._folder / "acl", _ACL.format(intake=self._intake))
        configuration = self._folder / "mosquitto.conf"
        write_private(configuration, self._configuration())
        self._child.start([server, "-c", configuration])
        self._child.wait_until(self._is_open, 10)

    def stop(self) -> None:
        self._child.stop(signal.SIGTERM, 10)

    def settings(self) -> dict[str, str]:
        """What bears on durability and flow, as configured."""
        lines = (line.split(" ", 1) for line in self._configuration().splitlines() if " " in line)
        told = {"persistence", "autosave_interval", "max_inflight_messages", "max_queued_messages"}
        return {name: value for name, value in lines if name in told} | {"version": version()}

    def _configuration(self) -> str:
        text = _CONFIGURATION.format(port=self.port, folder=self._folder)
        return text + ("user root\n" if os.geteuid() == 0 else "")

    def _is_open(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def install() -> None:
    """By apt, as root. Raises EngineError where that is not possible."""
    if os.geteuid() != 0 or shutil.which(INSTALL[0]) is None:
        raise EngineError(f"--install needs root and apt: run `sudo {' '.join(INSTALL)}`")
    done = subprocess.run(INSTALL, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise EngineError(f"apt could not install mosquitto: {done.stderr.strip()[-300:]}")


def binary(name: str) -> str:
    """Debian keeps the server where an ordinary user's PATH does not look."""
    found = shutil.which(
        name, path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
    )
    if found is None:
        raise EngineError(
            f"{name} is not installed, and the bench compares with it: "
            f"run `sudo {' '.join(INSTALL)}`, or `palier bench --install` as root"
        )
    return found


def version() -> str:
    said = subprocess.run([binary("mosquitto"), "-h"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    return said.partition("version ")[2].partition("\n")[0].strip() or "unknown"


_ACL = f"""\
user {{intake}}
topic read meters/#
topic read gateways/#

user {BENCH_USER}
topic write meters/#
topic readwrite {BENCH_TOPICS}/#
"""
_CONFIGURATION = """\
listener {port} 127.0.0.1
allow_anonymous false
password_file {folder}/passwords
acl_file {folder}/acl
max_inflight_messages 0
max_queued_messages 0
persistence true
persistence_location {folder}/
autosave_interval 1800
set_tcp_nodelay true
log_dest stderr
log_type error
log_type warning
"""
