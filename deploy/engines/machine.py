"""What the machine under the engines must give: a real disk with room, file handles, a right clock."""

import ctypes
import os
import resource
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import psutil

from deploy.engines.durability import Check, failed, ok, warning
from deploy.words import _

_GB = 10**9
_FILES = 4096
_CLOCK_UNSYNCHRONISED = 5  # TIME_ERROR of adjtimex(2)


def check_machine(data_dir: Path) -> list[Check]:
    return [
        *_data_folder(data_dir),
        _disk_space(data_dir),
        _file_system(data_dir),
        _files(),
        _clock(),
        _zones(),
    ]


def _data_folder(data_dir: Path) -> list[Check]:
    if not data_dir.exists():
        return [ok("data folder", _("{folder} will be made").format(folder=data_dir))]
    checks = []
    owner, mode = data_dir.stat().st_uid, data_dir.stat().st_mode & 0o777
    if owner != os.geteuid():
        checks.append(
            failed(
                "data folder",
                _("owner {owner}").format(owner=owner),
                _("run as user {owner}, or choose another --data-dir").format(owner=owner),
            )
        )
    elif mode & 0o077:
        checks.append(
            failed(
                "data folder",
                f"mode {mode:o}",
                _("others can read it: chmod 700 {folder}").format(folder=data_dir),
            )
        )
    else:
        checks.append(ok("data folder", f"{data_dir}, mode {mode:o}"))
    for name in ("secret", "endpoints.json", "nats/nats.conf"):
        path = data_dir / name
        if path.exists() and path.stat().st_mode & 0o077:
            found = f"mode {path.stat().st_mode & 0o777:o}"
            checks.append(
                failed(f"file {name}", found, _("it holds passwords: chmod 600 {path}").format(path=path))
            )
    return checks


def _disk_space(data_dir: Path) -> Check:
    free = psutil.disk_usage(str(_existing(data_dir))).free
    found = _("{gb} GB free").format(gb=f"{free / _GB:.1f}")
    if free < 1 * _GB:
        return failed("disk space", found, _("below 1 GB the engines soon refuse to write: make room"))
    if free < 5 * _GB:
        return warning("disk space", found, _("a hundred homes write about 1 GB a month: make room soon"))
    return ok("disk space", found)


def _file_system(data_dir: Path) -> Check:
    kind = file_system(data_dir)
    if kind in ("tmpfs", "ramfs"):
        return failed(
            "file system", kind, _("it is memory: a restart loses everything; use a disk for --data-dir")
        )
    if kind == "overlay":
        return warning("file system", kind, _("it goes with the container: mount a volume for --data-dir"))
    if kind.startswith(("nfs", "cifs", "9p", "fuse")):
        return warning("file system", kind, _("see that it keeps what fsync promised; a local disk is safer"))
    return ok("file system", kind)


def file_system(path: Path) -> str:
    """The type of the file system that holds `path`, e.g. `ext4`."""
    place = str(_existing(path).resolve())
    mounts = [
        part for part in psutil.disk_partitions(all=True) if Path(place).is_relative_to(part.mountpoint)
    ]
    return max(mounts, key=lambda part: len(part.mountpoint)).fstype if mounts else "unknown"


def _files() -> Check:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard not in (-1, resource.RLIM_INFINITY) and hard < _FILES:
        advice = _("each meter holds one: raise the hard limit to {n} or more").format(n=_FILES)
        return warning("open files", hard, advice)
    return ok("open files", _("unlimited") if hard in (-1, resource.RLIM_INFINITY) else hard)


def _clock() -> Check:
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "adjtimex"):
        return ok("clock", _("cannot be asked here"))
    state = libc.adjtimex(ctypes.create_string_buffer(512))  # struct timex with modes=0: only asks
    if state == _CLOCK_UNSYNCHRONISED:
        return warning(
            "clock",
            _("not synchronised"),
            _("readings more than 70 min ahead are refused: run an NTP client"),
        )
    return ok("clock", _("synchronised") if state >= 0 else _("cannot be asked here"))


def _zones() -> Check:
    try:
        return ok("time zones", ZoneInfo("Europe/Paris").key)
    except ZoneInfoNotFoundError:
        return failed("time zones", _("no Europe/Paris"), _("install the package tzdata: run `make install`"))


def _existing(path: Path) -> Path:
    path = path.absolute()
    while not path.exists():
        path = path.parent
    return path
