"""Names of processes as `ps` and `top` show them, so that rooms of one instance can be told apart."""

import ctypes
from contextlib import suppress
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_NAME = 15  # linux/prctl.h
_SHORT_BYTES = 15
_ARGUMENTS = slice(47, 49)
"""arg_start and arg_end of /proc/self/stat, see proc(5)."""


def call_it(name: str, *, over_arguments: bool = True) -> None:
    """This process is `palier-NAME` for `ps -o comm` and `top` (cut after 15 letters), and whole in place of
    the command line. Call it before threads begin: they inherit the name. Elsewhere than on Linux it does
    nothing."""
    title = f"palier-{name}".encode()
    if hasattr(_LIBC, "prctl"):
        _LIBC.prctl(_PR_SET_NAME, ctypes.c_char_p(title[:_SHORT_BYTES]), 0, 0, 0)
    if over_arguments:
        with suppress(OSError, ValueError):
            _write_arguments(title)


def _write_arguments(title: bytes) -> None:
    """Over the command line that the fork server left, which every process forked from it shows; as long as
    it is, and no longer."""
    after_name = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    start, end = (int(field) for field in (["", "", *after_name])[_ARGUMENTS])
    if 0 < start < end and len(title) < end - start:
        ctypes.memset(start, 0, end - start)
        ctypes.memmove(start, title, len(title))
